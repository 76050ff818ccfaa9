"""Ops of the family scan."""
