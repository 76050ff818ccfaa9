"""Ops of the family random_stateless."""
