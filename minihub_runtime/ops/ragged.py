"""Ops of the family ragged."""
