"""Ops of the family tensor_list."""
