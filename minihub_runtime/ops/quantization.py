"""Ops of the family quantization."""
