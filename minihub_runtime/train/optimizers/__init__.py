"""Optimisers: what changes variables so that a loss falls.

    base              Optimizer: gradients, slots, what subclasses implement
    slots             variables beside variables
    stepping          optimisers whose step on a variable is one op
    gradient_descent, momentum, adagrad, adagrad_da, adadelta, adam, rmsprop, ftrl, proximal
    weight_decay      Adam with weight decay, as BERT was trained

Names of slots and of operations are TensorFlow's, so that checkpoints written in the middle of training interchange.
"""

from __future__ import annotations

__all__: list[str] = []
