"""`tf.image`: functions of images that are made of several operations; those of one are in `api.simple_ops`.

An image is [height, width, channels], a batch of them has a dimension in front; most functions take either.  The functions give
TensorFlow's numbers by operations of their own choice: sizes that are known are checked at once, all others by the operations
themselves.  They are written with the public names they are made of: `tf` is `minihub_runtime`.
"""
