"""`tf.profiler`: how many parameters a graph has, and how many operations on numbers it takes."""
