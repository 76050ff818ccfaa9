"""`tf.summary`: summaries of tensors in graphs, and the event files that TensorBoard reads."""
