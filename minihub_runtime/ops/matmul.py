"""Ops of the family matmul."""
