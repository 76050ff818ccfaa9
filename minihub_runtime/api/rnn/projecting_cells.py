"""`tf.contrib.rnn`: cells that embed or project what goes into another cell, or project what comes out.

Source: tensorflow/contrib/rnn/python/ops/core_rnn_cell.py of TensorFlow 1.15.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from minihub_runtime.api import logger
from minihub_runtime.api.contexts import device
from minihub_runtime.api.initializers import RandomUniform
from minihub_runtime.api.layout import reshape
from minihub_runtime.api.nn.embedding import embedding_lookup
from minihub_runtime.api.rnn.combined_cells import CellAround
from minihub_runtime.api.rnn.linear import Linear
from minihub_runtime.api.variables.scopes import get_variable_scope
from minihub_runtime.api.variables.store import get_variable
from minihub_runtime.public import public

__all__ = ["EmbeddingWrapper", "InputProjectionWrapper", "OutputProjectionWrapper"]


@public("contrib.rnn.EmbeddingWrapper")
class EmbeddingWrapper(CellAround):
    """A cell whose inputs are numbers of symbols: another gets the rows of `embedding` [classes, size] for them.

    Args:
        cell: the cell.
        embedding_classes: the number of symbols.
        embedding_size: the size of a row.
        initializer: of the rows; by default that of the scope, or numbers of variance 1.
        reuse: whether variables of the scope are used again.

    Raises:
        TypeError: the cell is none.
        ValueError: a size is not positive.
    """

    def __init__(
        self,
        cell: Any,
        embedding_classes: int,
        embedding_size: int,
        initializer: Any = None,
        reuse: bool | None = None,
    ) -> None:
        super().__init__(cell, _reuse=reuse)
        if embedding_classes <= 0 or embedding_size <= 0:
            raise ValueError(
                "Both embedding_classes and embedding_size must be > 0: "
                f"{embedding_classes}, {embedding_size}."
            )
        self._embedding_classes = embedding_classes
        self._embedding_size = embedding_size
        self._initializer = initializer

    def call(self, inputs: Any, state: Any) -> Any:
        """Output and state of the cell inside, for the rows of `inputs` [batch]."""
        with device("/cpu:0"):
            initializer = self._initializer or get_variable_scope().initializer
            embedding = get_variable(
                "embedding",
                [self._embedding_classes, self._embedding_size],
                initializer=initializer or RandomUniform(-math.sqrt(3), math.sqrt(3)),
                dtype=(state[0] if isinstance(state, tuple) else state).dtype,
            )
            return self.cell(embedding_lookup(embedding, reshape(inputs, [-1])), state)


@public("contrib.rnn.InputProjectionWrapper")
class InputProjectionWrapper(CellAround):
    """A cell that gives another its inputs after a linear map.

    Args:
        cell: the cell.
        num_proj: the size of what it gets.
        activation: a function of that.
        input_size: has no effect.
        reuse: whether variables of the scope are used again.

    Raises:
        TypeError: the cell is none.
    """

    def __init__(
        self,
        cell: Any,
        num_proj: int,
        activation: Callable[[Any], Any] | None = None,
        input_size: Any = None,
        reuse: bool | None = None,
    ) -> None:
        super().__init__(cell, _reuse=reuse)
        if input_size is not None:
            logger.warn("%s: The input_size parameter is deprecated.", self)
        self._num_proj = num_proj
        self._activation = activation
        self._linear: Linear | None = None

    def call(self, inputs: Any, state: Any) -> Any:
        """Output and state of the cell inside."""
        if self._linear is None:
            self._linear = Linear(inputs, self._num_proj, True)
        projected = self._linear(inputs)
        if self._activation:
            projected = self._activation(projected)
        return self.cell(projected, state)


@public("contrib.rnn.OutputProjectionWrapper")
class OutputProjectionWrapper(CellAround):
    """A cell that gives the outputs of another after a linear map.

    Args:
        cell: the cell.
        output_size: the size of what it gives.
        activation: a function of that.
        reuse: whether variables of the scope are used again.

    Raises:
        TypeError: the cell is none.
        ValueError: the size is not positive.
    """

    def __init__(
        self,
        cell: Any,
        output_size: int,
        activation: Callable[[Any], Any] | None = None,
        reuse: bool | None = None,
    ) -> None:
        super().__init__(cell, _reuse=reuse)
        if output_size < 1:
            raise ValueError(f"Parameter output_size must be > 0: {output_size}.")
        self._output_size = output_size
        self._activation = activation
        self._linear: Linear | None = None

    @property
    def output_size(self) -> Any:
        """The size of the map's results."""
        return self._output_size

    def call(self, inputs: Any, state: Any) -> Any:
        """The output after the map, and the state of the cell inside."""
        output, new_state = self.cell(inputs, state)
        if self._linear is None:
            self._linear = Linear(output, self._output_size, True)
        projected = self._linear(output)
        if self._activation:
            projected = self._activation(projected)
        return projected, new_state
