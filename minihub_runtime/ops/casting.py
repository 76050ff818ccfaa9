"""Ops of the family casting."""
