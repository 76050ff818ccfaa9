"""Ops of the family sparse."""
