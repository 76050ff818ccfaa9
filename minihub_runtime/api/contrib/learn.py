"""`tf.contrib.learn.ModeKeys`.

Source: tensorflow/contrib/learn/python/learn/estimators/model_fn.py (release 1.15).
"""

from __future__ import annotations

from minihub_runtime.public import public

__all__ = ["ModeKeys"]


@public("contrib.learn.ModeKeys")
class ModeKeys:
    """What a model function is called for; the values are those of `tf.estimator.ModeKeys`.

    Attributes:
        TRAIN: training.
        EVAL: evaluation.
        INFER: prediction.
    """

    TRAIN = "train"
    EVAL = "eval"
    INFER = "infer"
