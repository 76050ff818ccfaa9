"""Ops of the family non_max_suppression."""
