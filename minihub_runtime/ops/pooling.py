"""Ops of the family pooling."""
