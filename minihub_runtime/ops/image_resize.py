"""Ops of the family image_resize."""
