"""`tf.layers`: layers with variables, as functions and as classes."""
