"""TF1 Hub modules without TensorFlow."""
