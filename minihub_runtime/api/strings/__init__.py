"""Functions of text: `tf.strings` and its older names.

What is one op has a row in `api.simple_ops`; what is more, or takes ragged tensors, stands here.
"""
