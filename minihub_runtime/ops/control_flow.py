"""Ops of the family control_flow."""
