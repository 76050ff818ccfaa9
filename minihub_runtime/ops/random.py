"""Ops of the family random."""
