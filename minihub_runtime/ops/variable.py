"""Ops of the family variable."""
