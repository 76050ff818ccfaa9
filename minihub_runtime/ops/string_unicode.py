"""Ops of the family string_unicode."""
