"""`tf.contrib.seq2seq`: decoders of sequences, attention, and beam search."""
