"""Functions of images: `tf.image`.

An image is `[height, width, channels]`; most functions take a batch of them, `[batch, height, width, channels]`, as well.  What
is one op has a row in `api.simple_ops`; what is more stands here.
"""
