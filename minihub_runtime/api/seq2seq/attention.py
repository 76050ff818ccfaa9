"""`tf.contrib.seq2seq`: how much a query attends to each step of a memory.

Source: tensorflow/contrib/seq2seq/python/ops/attention_wrapper.py of TensorFlow 1.15.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from minihub_runtime.api import nest
from minihub_runtime.api.building import build
from minihub_runtime.api.checks.values import assert_positive
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.elements import Tensor
from minihub_runtime.api.encoding import one_hot, sequence_mask
from minihub_runtime.api.filling import ones, ones_like
from minihub_runtime.api.gathering import where
from minihub_runtime.api.graph import control_dependencies, name_scope
from minihub_runtime.api.initializers import ONES, ZEROS, Constant
from minihub_runtime.api.joining import concat
from minihub_runtime.api.layers.base import Layer
from minihub_runtime.api.layers.core import Dense
from minihub_runtime.api.layout import expand_dims, reshape, squeeze
from minihub_runtime.api.matmul import matmul
from minihub_runtime.api.nn.activation import softmax
from minihub_runtime.api.reduction import argmax, reduce_sum
from minihub_runtime.api.rnn.states import zero_state_tensors
from minihub_runtime.api.sizes import rank, shape
from minihub_runtime.api.variables.scopes import variable_scope
from minihub_runtime.api.variables.store import get_variable
from minihub_runtime.dtypes import as_dtype, float32, int32
from minihub_runtime.public import public

__all__ = [
    "AttentionMechanism",
    "BahdanauAttention",
    "BahdanauScore",
    "BaseAttentionMechanism",
    "LuongAttention",
    "LuongScore",
    "bias_free",
    "hardmax",
    "known_or_tensor",
]


def known_or_tensor(tensor: Tensor, axis: int) -> Any:
    """A size of a tensor: a number if it is known."""
    return tensor.shape[axis].value or shape(tensor)[axis]


@public("contrib.seq2seq.hardmax")
def hardmax(logits: Any, name: str | None = None) -> Tensor:
    """Ones where the last dimension is largest, else zeros."""
    with name_scope(name, "Hardmax", [logits]):
        logits = convert_to_tensor(logits, name="logits")
        depth = known_or_tensor(logits, -1)
        return one_hot(argmax(logits, -1), depth, dtype=logits.dtype)


@public("contrib.seq2seq.AttentionMechanism")
class AttentionMechanism:
    """A function of a query and the state of the attention that gives alignments and the next state."""

    @property
    def alignments_size(self) -> Any:
        """The number of steps of the memory."""
        raise NotImplementedError

    @property
    def state_size(self) -> Any:
        """The sizes of the state."""
        raise NotImplementedError


def bias_free(units: int, name: str, dtype: Any) -> Dense:
    """A layer of queries or of memory."""
    return Dense(units, name=name, use_bias=False, dtype=float32 if dtype is None else dtype)


class BaseAttentionMechanism(AttentionMechanism):
    """A mechanism that keeps its memory, and a layer's view of it.

    Args:
        query_layer: a layer of `tf.layers` for queries, or None.
        memory: `[batch, time, …]`.
        probability_fn: a function of scores and state that gives alignments.
        memory_sequence_length: int32 [batch]; what lies behind is not attended to.
        memory_layer: a layer of `tf.layers` that makes keys of the memory.
        check_inner_dims_defined: whether all sizes of the memory but batch and time must be known.
        score_mask_value: the score of what lies behind, minus infinity by default.
        custom_key_value_fn: a function of keys and values that gives others.
        name: wanted name of the scope.

    Raises:
        TypeError: a layer is none, or `probability_fn` no function.
        ValueError: a size of the memory is not known.
    """

    def __init__(
        self,
        query_layer: Any,
        memory: Any,
        probability_fn: Callable[[Any, Any], Any],
        memory_sequence_length: Any = None,
        memory_layer: Any = None,
        check_inner_dims_defined: bool = True,
        score_mask_value: Any = None,
        custom_key_value_fn: Callable[[Any, Any], Any] | None = None,
        name: str | None = None,
    ) -> None:
        for what, layer in (("query_layer", query_layer), ("memory_layer", memory_layer)):
            if layer is not None and not isinstance(layer, Layer):
                raise TypeError(f"{what} is not a Layer: {type(layer).__name__}")
        if not callable(probability_fn):
            raise TypeError(
                f"probability_fn must be callable, saw type: {type(probability_fn).__name__}"
            )
        self._query_layer = query_layer
        self._memory_layer = memory_layer
        self.dtype = memory_layer.dtype
        if score_mask_value is None:
            score_mask_value = as_dtype(self.dtype).as_numpy_dtype(-np.inf)
        self._name = name

        def probabilities(score: Any, state: Any) -> Any:
            masked = _masked_score(score, memory_sequence_length, score_mask_value)
            return probability_fn(masked, state)

        self._probability_fn = probabilities
        with name_scope(name, "BaseAttentionMechanismInit", nest.flatten(memory)):
            self._values = _masked_memory(memory, memory_sequence_length, check_inner_dims_defined)
            self._keys = memory_layer(self._values) if memory_layer else self._values
            if custom_key_value_fn is not None:
                self._keys, self._values = custom_key_value_fn(self._keys, self._values)
            self._batch_size = known_or_tensor(self._keys, 0)
            self._alignments_size = known_or_tensor(self._keys, 1)

    @property
    def memory_layer(self) -> Any:
        """The layer that makes keys of the memory."""
        return self._memory_layer

    @property
    def query_layer(self) -> Any:
        """The layer of queries, or None."""
        return self._query_layer

    @property
    def values(self) -> Any:
        """What is attended to: the memory with zeros behind the ends of its sequences."""
        return self._values

    @property
    def keys(self) -> Any:
        """What queries are compared with."""
        return self._keys

    @property
    def batch_size(self) -> Any:
        """The number of sequences."""
        return self._batch_size

    @property
    def alignments_size(self) -> Any:
        """The number of steps of the memory."""
        return self._alignments_size

    @property
    def state_size(self) -> Any:
        """That of the alignments, which are the state."""
        return self._alignments_size

    def initial_alignments(self, batch_size: Any, dtype: Any) -> Any:
        """The alignments before the first step: zeros."""
        return zero_state_tensors(self._alignments_size, batch_size, dtype)

    def initial_state(self, batch_size: Any, dtype: Any) -> Any:
        """The state before the first step: the alignments."""
        return self.initial_alignments(batch_size, dtype)

    def _score(self, query: Any) -> Any:
        """The scores of a query, `[batch, time]`."""
        raise NotImplementedError

    def __call__(self, query: Any, state: Any) -> Any:
        """Attend to the memory.

        Args:
            query: `[batch, depth]`.
            state: the state, `[batch, time]`.

        Returns:
            The alignments, `[batch, time]`, and the next state, which is the same.
        """
        alignments = self._probability_fn(self._score(query), state)
        return alignments, alignments


def _masked_memory(memory: Any, lengths: Any, check_inner_dims_defined: bool) -> Any:
    """A memory, a tensor or a structure of such, with zeros behind the ends of its sequences."""
    memory = nest.map_structure(lambda part: convert_to_tensor(part, name="memory"), memory)
    if lengths is not None:
        lengths = convert_to_tensor(lengths, name="memory_sequence_length")
    for part in nest.flatten(memory):
        if check_inner_dims_defined and not part.shape[2:].is_fully_defined():
            raise ValueError(
                f"Expected memory {part.name} to have fully defined inner dims, but saw shape: "
                f"{part.shape}"
            )
    if lengths is None:
        return memory
    first = nest.flatten(memory)[0]
    mask = sequence_mask(lengths, maxlen=shape(first)[1], dtype=first.dtype)

    def masked(part: Tensor) -> Any:
        dimensions = rank(part) if part.shape.ndims is None else part.shape.ndims
        sizes = concat((shape(mask), ones([dimensions - 2], dtype=int32)), 0)
        return part * reshape(mask, sizes)

    return nest.map_structure(masked, memory)


def _masked_score(score: Any, lengths: Any, value: Any) -> Any:
    """Scores with `value` behind the ends of the sequences."""
    if lengths is None:
        return score
    message = "All values in memory_sequence_length must be greater than zero."
    with control_dependencies([assert_positive(lengths, message=message)]):
        mask = sequence_mask(lengths, maxlen=shape(score)[1])
    return where(mask, score, value * ones_like(score))


class LuongScore:
    """The product of query and keys, perhaps scaled by a variable; what it reads is in a scope of its own."""

    _keys: Any
    _scale: bool

    def _product(self, query: Any) -> Any:
        """The scores of a query, `[batch, time]`.

        Raises:
            ValueError: query and keys have other depths, as far as these are known.
        """
        factor = None
        if self._scale:
            factor = get_variable("attention_g", dtype=query.dtype, initializer=ONES, shape=())
        depth, units = (tensor.shape[-1] for tensor in (query, self._keys))
        if depth != units:
            raise ValueError(
                "Incompatible or unknown inner dimensions between query and keys.  Query "
                f"({query}) has units: {depth}.  Keys ({self._keys}) have units: {units}.  Perhaps "
                f"you need to set num_units to the keys' dimension ({units})?"
            )
        score = matmul(expand_dims(query, 1), self._keys, transpose_b=True)
        score = squeeze(score, [1])
        return score if factor is None else factor * score


class BahdanauScore:
    """The weighted sum of a hyperbolic tangent of query plus keys."""

    _keys: Any
    _query_layer: Any
    _num_units: int
    _normalize: bool

    def _sum(self, query: Any) -> Any:
        """The scores of a query, `[batch, time]`."""
        processed = self._query_layer(query) if self._query_layer else query
        weights = get_variable("attention_v", [self._num_units], dtype=query.dtype)
        if not self._normalize:
            inner = self._keys + expand_dims(processed, 1)
            return reduce_sum(weights * build("Tanh", x=inner), [2])
        factor = get_variable(
            "attention_g",
            dtype=query.dtype,
            initializer=Constant(math.sqrt(1.0 / self._num_units)),
            shape=(),
        )
        bias = get_variable("attention_b", [self._num_units], dtype=query.dtype, initializer=ZEROS)
        inner = self._keys + expand_dims(processed, 1) + bias
        length = build("Rsqrt", x=reduce_sum(build("Square", x=weights)))
        return reduce_sum(factor * weights * length * build("Tanh", x=inner), [2])


@public("contrib.seq2seq.LuongAttention")
class LuongAttention(LuongScore, BaseAttentionMechanism):
    """Attention by the product of query and keys, Luong et al. 2015.

    Args:
        num_units: the depth of the keys, which is that of the query.
        memory: `[batch, time, …]`.
        memory_sequence_length: int32 [batch]; what lies behind is not attended to.
        scale: whether a variable scales the scores.
        probability_fn: a function of scores that gives alignments, `tf.nn.softmax` by default.
        score_mask_value: the score of what lies behind, minus infinity by default.
        dtype: the type of the layer of the memory.
        custom_key_value_fn: a function of keys and values that gives others.
        name: wanted name of the scope.

    Raises:
        TypeError: `probability_fn` is no function.
        ValueError: a size of the memory is not known.
    """

    def __init__(
        self,
        num_units: int,
        memory: Any,
        memory_sequence_length: Any = None,
        scale: bool = False,
        probability_fn: Callable[[Any], Any] | None = None,
        score_mask_value: Any = None,
        dtype: Any = None,
        custom_key_value_fn: Callable[[Any, Any], Any] | None = None,
        name: str | None = "LuongAttention",
    ) -> None:
        function = probability_fn or softmax
        super().__init__(
            query_layer=None,
            memory_layer=bias_free(num_units, "memory_layer", dtype),
            memory=memory,
            probability_fn=lambda score, _: function(score),
            memory_sequence_length=memory_sequence_length,
            score_mask_value=score_mask_value,
            custom_key_value_fn=custom_key_value_fn,
            name=name,
        )
        self._num_units = num_units
        self._scale = scale

    def _score(self, query: Any) -> Any:
        with variable_scope(None, "luong_attention", [query]):
            return self._product(query)


@public("contrib.seq2seq.BahdanauAttention")
class BahdanauAttention(BahdanauScore, BaseAttentionMechanism):
    """Attention by a small network of query and keys, Bahdanau et al. 2015.

    Args:
        num_units: the depth of the network.
        memory: `[batch, time, …]`.
        memory_sequence_length: int32 [batch]; what lies behind is not attended to.
        normalize: whether weights are normalised, and a bias is added.
        probability_fn: a function of scores that gives alignments, `tf.nn.softmax` by default.
        score_mask_value: the score of what lies behind, minus infinity by default.
        dtype: the type of the layers of query and memory.
        custom_key_value_fn: a function of keys and values that gives others.
        name: wanted name of the scope.

    Raises:
        TypeError: `probability_fn` is no function.
        ValueError: a size of the memory is not known.
    """

    def __init__(
        self,
        num_units: int,
        memory: Any,
        memory_sequence_length: Any = None,
        normalize: bool = False,
        probability_fn: Callable[[Any], Any] | None = None,
        score_mask_value: Any = None,
        dtype: Any = None,
        custom_key_value_fn: Callable[[Any, Any], Any] | None = None,
        name: str | None = "BahdanauAttention",
    ) -> None:
        function = probability_fn or softmax
        super().__init__(
            query_layer=bias_free(num_units, "query_layer", dtype),
            memory_layer=bias_free(num_units, "memory_layer", dtype),
            memory=memory,
            probability_fn=lambda score, _: function(score),
            memory_sequence_length=memory_sequence_length,
            score_mask_value=score_mask_value,
            custom_key_value_fn=custom_key_value_fn,
            name=name,
        )
        self._num_units = num_units
        self._normalize = normalize

    def _score(self, query: Any) -> Any:
        with variable_scope(None, "bahdanau_attention", [query]):
            return self._sum(query)
