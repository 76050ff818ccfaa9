"""What a model function is called for.

Source: tensorflow/python/saved_model/model_utils/mode_keys.py.
"""

from __future__ import annotations

from minihub_runtime.public import public

__all__ = ["ModeKeys"]


@public("estimator.ModeKeys")
class ModeKeys:
    """What a model function is called for.

    Attributes:
        TRAIN: training.
        EVAL: evaluation.
        PREDICT: prediction.
    """

    TRAIN = "train"
    EVAL = "eval"
    PREDICT = "infer"
