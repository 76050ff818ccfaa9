"""Ops of the family special."""
