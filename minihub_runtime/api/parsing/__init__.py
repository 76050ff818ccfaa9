"""Training data read from bytes: `tf.io.parse_example` and its like, `tf.io.decode_raw` and its like.

Reading order: `features` (what is expected), `parameters` (the arguments of the ops that follow from it), `partitions` (ragged
features), `examples` (the functions).
"""
