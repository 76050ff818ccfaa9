"""`tf.nn.rnn_cell`, and the loops that run cells over time."""
