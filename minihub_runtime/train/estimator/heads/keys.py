"""What metrics, predictions and signatures are called.

Source: tensorflow_estimator/python/estimator/canned/metric_keys.py, prediction_keys.py.
"""

from __future__ import annotations

from minihub_runtime.train.saved_model import constants

__all__ = [
    "CLASSIFY_KEY",
    "PREDICT_KEY",
    "REGRESS_KEY",
    "SERVING_KEY",
    "MetricKeys",
    "PredictionKeys",
]

#: What signatures are called.
CLASSIFY_KEY, REGRESS_KEY, PREDICT_KEY = "classification", "regression", "predict"
SERVING_KEY = constants.DEFAULT_SERVING_SIGNATURE_DEF_KEY


class MetricKeys:
    """What metrics are called."""

    LOSS = "loss"
    LOSS_MEAN = "average_loss"
    LOSS_REGULARIZATION = "regularization_loss"
    ACCURACY = "accuracy"
    PRECISION = "precision"
    RECALL = "recall"
    #: What always saying the same class would reach.
    ACCURACY_BASELINE = "accuracy_baseline"
    AUC = "auc"
    AUC_PR = "auc_precision_recall"
    LABEL_MEAN = "label/mean"
    PREDICTION_MEAN = "prediction/mean"
    ACCURACY_AT_THRESHOLD = "accuracy/positive_threshold_%g"
    PRECISION_AT_THRESHOLD = "precision/positive_threshold_%g"
    RECALL_AT_THRESHOLD = "recall/positive_threshold_%g"
    #: Those of one class, by its number or by its name.
    PROBABILITY_MEAN_AT_CLASS = "probability_mean/class%d"
    AUC_AT_CLASS = "auc/class%d"
    AUC_PR_AT_CLASS = "auc_precision_recall/class%d"
    PROBABILITY_MEAN_AT_NAME = "probability_mean/%s"
    AUC_AT_NAME = "auc/%s"
    AUC_PR_AT_NAME = "auc_precision_recall/%s"


class PredictionKeys:
    """What predictions are called."""

    CLASSES = "classes"
    CLASS_IDS = "class_ids"
    ALL_CLASSES = "all_classes"
    ALL_CLASS_IDS = "all_class_ids"
    LOGISTIC = "logistic"
    LOGITS = "logits"
    PREDICTIONS = "predictions"
    PROBABILITIES = "probabilities"
