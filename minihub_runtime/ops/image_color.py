"""Ops of the family image_color."""
