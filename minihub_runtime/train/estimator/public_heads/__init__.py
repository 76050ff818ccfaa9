"""The public heads of `tf.estimator`: what a model ends with, chosen by who writes it.

    Head                        the interface; programs may write heads of their own
    ├─ SingleHead               what those with logits of their own have in common
    │  ├─ BinaryClassHead       two classes, one logit
    │  ├─ MultiClassHead        more classes, of which an example has one
    │  ├─ MultiLabelHead        classes of which an example has any number
    │  └─ RegressionHead        numbers
    │     ├─ PoissonRegressionHead   counts
    │     └─ LogisticRegressionHead  chances
    └─ MultiHead                several heads at once

`reductions` makes one loss of many, `steps` makes the step of training and its summaries. What these share with the
heads of the ready-made classifiers and regressors, such as checks and predictions, is in `heads`.

Source: tensorflow_estimator/python/estimator/head/.
"""
