"""`tf.contrib.seq2seq`: a decoder of a cell and a helper.

Source: tensorflow/contrib/seq2seq/python/ops/basic_decoder.py of TensorFlow 1.15.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from minihub_runtime.api import nest
from minihub_runtime.api.graph import name_scope
from minihub_runtime.api.layers.base import Layer
from minihub_runtime.api.rnn.combined_cells import assert_like_rnncell
from minihub_runtime.api.seq2seq.decoding import Decoder, output_size_of
from minihub_runtime.api.seq2seq.helpers import Helper
from minihub_runtime.public import public

__all__ = ["BasicDecoder", "BasicDecoderOutput", "check_output_layer"]


def check_output_layer(output_layer: Any) -> None:
    """Raise TypeError if what shall lie behind a cell is no layer."""
    if output_layer is not None and not isinstance(output_layer, Layer):
        raise TypeError(f"output_layer must be a Layer, received: {type(output_layer)}")


@public("contrib.seq2seq.BasicDecoderOutput")
class BasicDecoderOutput(NamedTuple):
    """What a BasicDecoder gives.

    Attributes:
        rnn_output: the outputs of the cell, or of the layer behind it.
        sample_id: the samples of the helper.
    """

    rnn_output: Any
    sample_id: Any


@public("contrib.seq2seq.BasicDecoder")
class BasicDecoder(Decoder):
    """A decoder that runs a cell on what a helper makes of its outputs.

    Args:
        cell: the cell.
        helper: the helper.
        initial_state: the state of the cell before the first step.
        output_layer: a layer of `tf.layers` behind the cell, such as `tf.layers.Dense`.

    Raises:
        TypeError: an argument is of another kind.
    """

    def __init__(
        self, cell: Any, helper: Any, initial_state: Any, output_layer: Any = None
    ) -> None:
        assert_like_rnncell("cell", cell)
        if not isinstance(helper, Helper):
            raise TypeError(f"helper must be a Helper, received: {type(helper)}")
        check_output_layer(output_layer)
        self._cell = cell
        self._helper = helper
        self._initial_state = initial_state
        self._output_layer = output_layer

    @property
    def batch_size(self) -> Any:
        """That of the helper."""
        return self._helper.batch_size

    def _rnn_output_size(self) -> Any:
        return output_size_of(self._cell, self._output_layer)

    @property
    def output_size(self) -> BasicDecoderOutput:
        """The sizes of outputs and samples."""
        return BasicDecoderOutput(self._rnn_output_size(), self._helper.sample_ids_shape)

    @property
    def output_dtype(self) -> BasicDecoderOutput:
        """The type of the state for the outputs, and that of the samples."""
        dtype = nest.flatten(self._initial_state)[0].dtype
        outputs = nest.map_structure(lambda _: dtype, self._rnn_output_size())
        return BasicDecoderOutput(outputs, self._helper.sample_ids_dtype)

    def initialize(self, name: str | None = None) -> Any:
        """What the helper gives, and the state."""
        return (*self._helper.initialize(), self._initial_state)

    def step(self, time: Any, inputs: Any, state: Any, name: str | None = None) -> Any:
        """One step of the cell."""
        with name_scope(name, "BasicDecoderStep", (time, inputs, state)):
            outputs, cell_state = self._cell(inputs, state)
            if self._output_layer is not None:
                outputs = self._output_layer(outputs)
            sample_ids = self._helper.sample(time=time, outputs=outputs, state=cell_state)
            finished, next_inputs, next_state = self._helper.next_inputs(
                time=time, outputs=outputs, state=cell_state, sample_ids=sample_ids
            )
        return BasicDecoderOutput(outputs, sample_ids), next_state, next_inputs, finished
