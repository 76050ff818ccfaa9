"""Ops of the family string."""
