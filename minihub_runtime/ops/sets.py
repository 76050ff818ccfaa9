"""Ops of the family sets."""
