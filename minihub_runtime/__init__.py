"""A small dataflow-graph engine for TensorFlow 1 graphs, on NumPy."""
