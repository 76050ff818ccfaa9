"""`tf.data`: datasets, the operations they are made of, and iterators over them.

The operations are TensorFlow's, so that a graph with an input pipeline means the same there.
"""
