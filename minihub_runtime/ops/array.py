"""Ops of the family array."""
