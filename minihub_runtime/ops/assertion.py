"""Ops of the family assertion."""
