"""Ops of the family image_codec."""
