"""Ops of the family string_hash."""
