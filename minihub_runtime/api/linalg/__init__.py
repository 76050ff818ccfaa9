"""`tf.linalg`: functions of (batches of) matrices that are made of several operations; those of one are in `api.simple_ops`."""
