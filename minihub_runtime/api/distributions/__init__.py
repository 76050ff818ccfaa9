"""`tf.distributions`: random variables that can be drawn from, with their densities, moments and divergences."""
