"""`tf.contrib.legacy_seq2seq`: models of sequences whose steps are operations of their own."""
