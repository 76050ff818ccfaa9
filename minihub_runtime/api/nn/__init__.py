"""`tf.nn`: neural network functions of the TF1-style API, made of the ops below."""
