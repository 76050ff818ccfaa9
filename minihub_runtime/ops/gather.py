"""Ops of the family gather."""
