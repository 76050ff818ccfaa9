"""Ops of the family bitwise."""
