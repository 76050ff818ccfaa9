"""Ops of the family clustering."""
