"""Ops of the family parsing."""
