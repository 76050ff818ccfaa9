"""Ops of the family lookup."""
