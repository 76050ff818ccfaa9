"""Ops of the family audio."""
