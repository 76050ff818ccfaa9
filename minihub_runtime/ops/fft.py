"""Ops of the family fft."""
