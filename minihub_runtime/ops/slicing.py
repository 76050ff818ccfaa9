"""Ops of the family slicing."""
