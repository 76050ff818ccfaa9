"""`tf.contrib.seq2seq`: attention that never goes back, Raffel et al. 2017.

Source: tensorflow/contrib/seq2seq/python/ops/attention_wrapper.py of TensorFlow 1.15.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from minihub_runtime.api.building import build
from minihub_runtime.api.casting import cast
from minihub_runtime.api.clipping import clip_by_value
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.elements import Tensor
from minihub_runtime.api.encoding import one_hot
from minihub_runtime.api.filling import ones, zeros
from minihub_runtime.api.folding import scan
from minihub_runtime.api.graph import name_scope
from minihub_runtime.api.joining import concat
from minihub_runtime.api.layout import reshape, transpose
from minihub_runtime.api.random_ops import random_normal
from minihub_runtime.api.reduction import cumprod, cumsum
from minihub_runtime.api.seq2seq.attention import (
    BahdanauScore,
    BaseAttentionMechanism,
    LuongScore,
    bias_free,
    known_or_tensor,
)
from minihub_runtime.api.sizes import shape
from minihub_runtime.api.variables.scopes import variable_scope
from minihub_runtime.api.variables.store import get_variable
from minihub_runtime.dtypes import int32
from minihub_runtime.public import public

__all__ = [
    "BahdanauMonotonicAttention",
    "LuongMonotonicAttention",
    "monotonic_attention",
    "safe_cumprod",
]


@public("contrib.seq2seq.safe_cumprod")
def safe_cumprod(x: Any, *args: Any, **kwargs: Any) -> Tensor:
    """Products of all elements up to each, as sums of logarithms, which do not underflow.

    Args:
        x: numbers from 0 to 1.
        *args: those of `tf.cumsum`.
        **kwargs: those of `tf.cumsum`.
    """
    with name_scope(None, "SafeCumprod", [x]):
        x = convert_to_tensor(x, name="x")
        tiny = np.finfo(x.dtype.as_numpy_dtype).tiny
        logarithms = build("Log", x=clip_by_value(x, tiny, 1))
        made: Tensor = build("Exp", x=cumsum(logarithms, *args, **kwargs))
        return made


@public("contrib.seq2seq.monotonic_attention")
def monotonic_attention(p_choose_i: Any, previous_attention: Any, mode: str) -> Any:
    """The attention of a step, from that of the step before and how likely each place makes one stay.

    Args:
        p_choose_i: how likely one stays at a place, `[batch, time]`.
        previous_attention: `[batch, time]`; before the first step, 1 for the first place and 0 for the others.
        mode: "recursive", which is exact and slow; "parallel", in closed form, which loses digits where probabilities are
            near 0 or 1; or "hard", for probabilities that are all 0 or 1.

    Raises:
        ValueError: there is no such mode.
    """
    chosen = convert_to_tensor(p_choose_i, name="p_choose_i")
    before = convert_to_tensor(previous_attention, name="previous_attention")
    if mode == "recursive":
        batch_size = known_or_tensor(chosen, 0)
        # How likely one comes to a place: by going on from the last one, or from the step before.
        going_on = concat([ones((batch_size, 1)), 1 - chosen[:, :-1]], 1)
        coming = scan(
            lambda last, here: reshape(here[0] * last + here[1], (batch_size,)),
            [transpose(going_on), transpose(before)],
            zeros((batch_size,)),
        )
        return chosen * transpose(coming)
    if mode == "parallel":
        passed = safe_cumprod(1 - chosen, axis=1, exclusive=True)
        return chosen * passed * cumsum(before / clip_by_value(passed, 1e-10, 1.0), axis=1)
    if mode == "hard":
        # Only from the last place on, and of what makes one stay only the first.
        chosen = chosen * cumsum(before, axis=1)
        return chosen * cumprod(1 - chosen, axis=1, exclusive=True)
    raise ValueError("mode must be 'recursive', 'parallel', or 'hard'.")


def _monotonic_probability(
    score: Any, state: Any, sigmoid_noise: float, mode: str, seed: int | None
) -> Any:
    """The alignments of scores, which noise may push away from what is undecided."""
    if sigmoid_noise > 0:
        noise = random_normal(shape(score), dtype=score.dtype, seed=seed)
        score = score + sigmoid_noise * noise
    chosen = cast(score > 0, score.dtype) if mode == "hard" else build("Sigmoid", x=score)
    return monotonic_attention(chosen, state, mode)


class _MonotonicMechanism(BaseAttentionMechanism):
    """A mechanism that begins at the first place."""

    _score_bias_init: Any

    def initial_alignments(self, batch_size: Any, dtype: Any) -> Any:
        """1 for the first place, 0 for the others."""
        return one_hot(zeros((batch_size,), dtype=int32), self._alignments_size, dtype=dtype)

    def _biased(self, score: Any) -> Any:
        """Scores plus a variable."""
        return score + get_variable(
            "attention_score_bias", dtype=score.dtype, initializer=self._score_bias_init
        )


@public("contrib.seq2seq.BahdanauMonotonicAttention")
class BahdanauMonotonicAttention(BahdanauScore, _MonotonicMechanism):
    """Attention that never goes back, by a small network of query and keys.

    Args:
        num_units: the depth of the network.
        memory: `[batch, time, …]`.
        memory_sequence_length: int32 [batch]; what lies behind is not attended to.
        normalize: whether weights are normalised, and a bias is added.
        score_mask_value: the score of what lies behind, minus infinity by default.
        sigmoid_noise: the standard deviation of noise that is added to scores in training.
        sigmoid_noise_seed: the seed of the noise.
        score_bias_init: the first value of what is added to scores.
        mode: that of `monotonic_attention`.
        dtype: the type of the layers of query and memory.
        name: wanted name of the scope.

    Raises:
        ValueError: a size of the memory is not known.
    """

    def __init__(
        self,
        num_units: int,
        memory: Any,
        memory_sequence_length: Any = None,
        normalize: bool = False,
        score_mask_value: Any = None,
        sigmoid_noise: float = 0.0,
        sigmoid_noise_seed: int | None = None,
        score_bias_init: Any = 0.0,
        mode: str = "parallel",
        dtype: Any = None,
        name: str | None = "BahdanauMonotonicAttention",
    ) -> None:
        super().__init__(
            query_layer=bias_free(num_units, "query_layer", dtype),
            memory_layer=bias_free(num_units, "memory_layer", dtype),
            memory=memory,
            probability_fn=functools.partial(
                _monotonic_probability,
                sigmoid_noise=sigmoid_noise,
                mode=mode,
                seed=sigmoid_noise_seed,
            ),
            memory_sequence_length=memory_sequence_length,
            score_mask_value=score_mask_value,
            name=name,
        )
        self._num_units = num_units
        self._normalize = normalize
        self._score_bias_init = score_bias_init

    def _score(self, query: Any) -> Any:
        with variable_scope(None, "bahdanau_monotonic_attention", [query]):
            return self._biased(self._sum(query))


@public("contrib.seq2seq.LuongMonotonicAttention")
class LuongMonotonicAttention(LuongScore, _MonotonicMechanism):
    """Attention that never goes back, by the product of query and keys.

    Args:
        num_units: the depth of the keys, which is that of the query.
        memory: `[batch, time, …]`.
        memory_sequence_length: int32 [batch]; what lies behind is not attended to.
        scale: whether a variable scales the scores.
        score_mask_value: the score of what lies behind, minus infinity by default.
        sigmoid_noise: the standard deviation of noise that is added to scores in training.
        sigmoid_noise_seed: the seed of the noise.
        score_bias_init: the first value of what is added to scores.
        mode: that of `monotonic_attention`.
        dtype: the type of the layer of the memory.
        name: wanted name of the scope.

    Raises:
        ValueError: a size of the memory is not known.
    """

    def __init__(
        self,
        num_units: int,
        memory: Any,
        memory_sequence_length: Any = None,
        scale: bool = False,
        score_mask_value: Any = None,
        sigmoid_noise: float = 0.0,
        sigmoid_noise_seed: int | None = None,
        score_bias_init: Any = 0.0,
        mode: str = "parallel",
        dtype: Any = None,
        name: str | None = "LuongMonotonicAttention",
    ) -> None:
        super().__init__(
            query_layer=None,
            memory_layer=bias_free(num_units, "memory_layer", dtype),
            memory=memory,
            probability_fn=functools.partial(
                _monotonic_probability,
                sigmoid_noise=sigmoid_noise,
                mode=mode,
                seed=sigmoid_noise_seed,
            ),
            memory_sequence_length=memory_sequence_length,
            score_mask_value=score_mask_value,
            name=name,
        )
        self._num_units = num_units
        self._scale = scale
        self._score_bias_init = score_bias_init

    def _score(self, query: Any) -> Any:
        with variable_scope(None, "luong_monotonic_attention", [query]):
            return self._biased(self._product(query))
