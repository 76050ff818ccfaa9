"""`tf.signal`: frames, windows, transforms and what is made of them.

The functions give TensorFlow's numbers by operations of their own choice, so that graphs differ from TensorFlow's in names.
They are written with the public names they are made of: `tf` is `minihub_runtime`.
"""
