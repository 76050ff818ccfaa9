"""What programs use of `tf.contrib`, which left TensorFlow with version 2: layers, arg_scope, variables.

The successor tf_slim has the same functions.
"""
