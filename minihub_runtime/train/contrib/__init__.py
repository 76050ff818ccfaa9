"""What programs use of `tf.contrib` to train: losses optimised, slim's loops, evaluation and hyperparameters."""
