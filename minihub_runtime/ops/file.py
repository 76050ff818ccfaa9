"""Ops of the family file."""
