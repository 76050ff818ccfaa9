"""Ops of the family normalization."""
