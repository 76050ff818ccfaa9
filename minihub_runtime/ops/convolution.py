"""Ops of the family convolution."""
