"""Heads: what a model ends with, from logits to predictions, loss, metrics and signatures.

    Head              a step of training, an evaluation or predictions, from logits
    ├─ BinaryHead     two classes, one logit
    ├─ MultiClassHead more classes, a logit each
    └─ RegressionHead numbers

`checking` has what must hold of labels, weights and logits, `classes` what is said of classes, `predicting` what is
predicted and served, `metrics` the metrics, `keys` what all of it is called. The ready-made classifiers and regressors are
built on these; `public_heads` shares all but the metrics.

Source: tensorflow_estimator/python/estimator/canned/head.py.
"""
