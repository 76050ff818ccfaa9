"""Ops of the family functional."""
