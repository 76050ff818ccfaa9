"""Ops of the family scatter."""
