"""Checks of values, ranks, types and shapes: at once where all is known, else in the run.

Source: tensorflow/python/ops/check_ops.py.
"""
