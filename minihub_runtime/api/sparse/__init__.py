"""Functions of sparse tensors: `tf.sparse` and its older names."""
