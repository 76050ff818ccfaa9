"""`tf.contrib.crf`: the steps of a conditional random field as cells, for loops of one's own.

Source: tensorflow/contrib/crf/python/ops/crf.py of TensorFlow 1.15.
"""

from __future__ import annotations

from typing import Any

from minihub_runtime.api.casting import cast
from minihub_runtime.api.elements import Tensor
from minihub_runtime.api.gathering_nd import gather_nd
from minihub_runtime.api.joining import stack
from minihub_runtime.api.layout import expand_dims, squeeze
from minihub_runtime.api.ranges import range as range_of
from minihub_runtime.api.reduction import argmax, reduce_logsumexp, reduce_max
from minihub_runtime.api.rnn.cells import RNNCell
from minihub_runtime.api.sizes import shape
from minihub_runtime.dtypes import int32
from minihub_runtime.public import public

__all__ = ["CrfDecodeBackwardRnnCell", "CrfDecodeForwardRnnCell", "CrfForwardRnnCell"]


class _ForwardCell(RNNCell):
    """A step forwards: the state has the score of each tag, `[batch, tags]`."""

    def __init__(self, transition_params: Any) -> None:
        super().__init__()
        self._transition_params = expand_dims(transition_params, 0)
        self._num_tags = transition_params.shape.as_list()[0]

    @property
    def state_size(self) -> int:
        """The number of tags."""
        return int(self._num_tags)

    @property
    def output_size(self) -> int:
        """The number of tags."""
        return int(self._num_tags)

    def _scores(self, state: Tensor) -> Any:
        """The scores of pairs of tags, `[batch, tags before, tags]`."""
        return expand_dims(state, 2) + self._transition_params


@public("contrib.crf.CrfForwardRnnCell")
class CrfForwardRnnCell(_ForwardCell):
    """A step of `crf_log_norm`: the scores of all ways to each tag.

    Args:
        transition_params: what pairs of tags score, `[tags, tags]`.
    """

    def __call__(self, inputs: Any, state: Any, scope: Any = None) -> Any:
        """Output and new state are the same.

        Args:
            inputs: what the tags of this step score, `[batch, tags]`.
            state: the scores before, `[batch, tags]`.
            scope: has no effect.
        """
        new = inputs + reduce_logsumexp(self._scores(state), [1])
        return new, new


@public("contrib.crf.CrfDecodeForwardRnnCell")
class CrfDecodeForwardRnnCell(_ForwardCell):
    """A step forwards of `crf_decode`: the scores of the best ways to each tag.

    Args:
        transition_params: what pairs of tags score, `[tags, tags]`.
    """

    def __call__(self, inputs: Any, state: Any, scope: Any = None) -> Any:
        """The best tag before each tag, int32 `[batch, tags]`, and the new scores.

        Args:
            inputs: what the tags of this step score, `[batch, tags]`.
            state: the scores before, `[batch, tags]`.
            scope: has no effect.
        """
        scores = self._scores(state)
        new_state = inputs + reduce_max(scores, [1])
        return cast(argmax(scores, 1), int32), new_state


@public("contrib.crf.CrfDecodeBackwardRnnCell")
class CrfDecodeBackwardRnnCell(RNNCell):
    """A step backwards of `crf_decode`: from a tag to the best tag before it.

    Args:
        num_tags: the number of tags.
    """

    def __init__(self, num_tags: int) -> None:
        super().__init__()
        self._num_tags = num_tags

    @property
    def state_size(self) -> int:
        """One tag."""
        return 1

    @property
    def output_size(self) -> int:
        """One tag."""
        return 1

    def __call__(self, inputs: Any, state: Any, scope: Any = None) -> Any:
        """Output and new state are the same.

        Args:
            inputs: the best tag before each tag, `[batch, tags]`.
            state: the tag, `[batch, 1]`.
            scope: has no effect.
        """
        places = stack([range_of(shape(inputs)[0]), squeeze(state, axis=[1])], axis=1)
        tags = expand_dims(gather_nd(inputs, places), axis=-1)
        return tags, tags
