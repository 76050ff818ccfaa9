"""`tf.contrib.slim.nets`: networks whose variables have the names of the checkpoints that were published for them."""
