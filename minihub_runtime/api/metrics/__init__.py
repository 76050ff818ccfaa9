"""`tf.metrics`: numbers that are gathered over many batches, in local variables."""
