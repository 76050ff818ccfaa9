"""Lookup tables: `tf.lookup`, and what was `tf.contrib.lookup`.

Reading order: `initializers` (what fills a table), `tables` (tables that are filled once), `vocabulary` (tables with buckets for
what they do not hold), `factories` (tables of vocabularies), `mutable` (tables that change).
"""
