"""Ops of the family tensor_array."""
