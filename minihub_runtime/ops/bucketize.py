"""Ops of the family bucketize."""
