"""Ops of the family reduction."""
