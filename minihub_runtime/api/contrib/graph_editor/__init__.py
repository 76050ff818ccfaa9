"""`tf.contrib.graph_editor`: finding, copying and reconnecting parts of a graph."""
