"""Ops of the family string_regex."""
