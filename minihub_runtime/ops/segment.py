"""Ops of the family segment."""
