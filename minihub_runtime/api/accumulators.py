"""`tf.ConditionalAccumulator` and `tf.SparseConditionalAccumulator`: gradients that are summed until there are enough.

Source: tensorflow/python/ops/data_flow_ops.py.
"""

from __future__ import annotations

from typing import Any

from minihub_runtime.api.building import build
from minihub_runtime.api.casting import cast
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.graph import Operation, Tensor
from minihub_runtime.api.indexed_slices import IndexedSlices
from minihub_runtime.api.tensor_shape import TensorShape
from minihub_runtime.dtypes import DType, int64
from minihub_runtime.public import public

__all__ = ["ConditionalAccumulator", "ConditionalAccumulatorBase", "SparseConditionalAccumulator"]


@public("ConditionalAccumulatorBase")
class ConditionalAccumulatorBase:
    """An accumulator; what both kinds have in common.

    Gradients computed at an earlier time step than the accumulator's are dropped.  Where TensorFlow waits for another run to
    apply more, there is an error here.

    Args:
        dtype: of the gradients.
        shape: of the gradients.
        accumulator_ref: the handle.

    Attributes:
        dtype, accumulator_ref: see above.
        name: of the operation that makes the handle, without its scope.
    """

    #: What the ops on such a handle begin with.
    _prefix = "Resource"

    def __init__(self, dtype: Any, shape: Any, accumulator_ref: Any) -> None:
        self._dtype = dtype
        self._shape = TensorShape(shape)
        self._accumulator_ref = accumulator_ref
        self._name: str = accumulator_ref.op.name.split("/")[-1]

    @property
    def accumulator_ref(self) -> Any:
        """The handle."""
        return self._accumulator_ref

    @property
    def name(self) -> str:
        """The name of the operation that makes the handle, without its scope."""
        return self._name

    @property
    def dtype(self) -> DType:
        """The type of the gradients."""
        kind: DType = self._dtype
        return kind

    def num_accumulated(self, name: str | None = None) -> Tensor:
        """How many gradients are in the sum."""
        count: Tensor = build(
            f"{self._prefix}AccumulatorNumAccumulated",
            name=f"{self._name}_NumAccumulated" if name is None else name,
            handle=self._accumulator_ref,
        )
        return count

    def set_global_step(self, new_global_step: Any, name: str | None = None) -> Operation:
        """An operation that sets the time step."""
        operation: Operation = build(
            f"{self._prefix}AccumulatorSetGlobalStep",
            name=name,
            handle=self._accumulator_ref,
            new_global_step=_step(new_global_step),
        )
        return operation


def _step(value: Any) -> Any:
    return cast(convert_to_tensor(value), int64)


@public("ConditionalAccumulator")
class ConditionalAccumulator(ConditionalAccumulatorBase):
    """An accumulator of dense gradients.

    Args:
        dtype: of the gradients: float16, float32 or float64.
        shape: of the gradients, if it is known.
        shared_name: accumulators of one name are one.
        name: name of the operation.
        reduction_type: "MEAN" or "SUM".

    Raises:
        ValueError: `reduction_type` is something else.
    """

    def __init__(
        self,
        dtype: Any,
        shape: Any = None,
        shared_name: str | None = None,
        name: str = "conditional_accumulator",
        reduction_type: str = "MEAN",
    ) -> None:
        handle = _handle(
            "ResourceConditionalAccumulator", dtype, shape, shared_name, name, reduction_type
        )
        super().__init__(dtype, shape, handle)

    def apply_grad(self, grad: Any, local_step: Any = 0, name: str | None = None) -> Operation:
        """An operation that adds a gradient, unless the time step has passed at which it was computed.

        Args:
            grad: the gradient.
            local_step: the time step.
            name: name of the operation.

        Raises:
            ValueError: its shape does not fit.
        """
        gradient = convert_to_tensor(grad, self._dtype)
        gradient.get_shape().assert_is_compatible_with(self._shape)
        operation: Operation = build(
            "ResourceAccumulatorApplyGradient",
            name=name,
            handle=self._accumulator_ref,
            local_step=_step(local_step),
            gradient=gradient,
        )
        return operation

    def take_grad(self, num_required: Any, name: str | None = None) -> Tensor:
        """The mean or the sum of the gradients, of which there must be `num_required`; the next time step begins."""
        gradient: Tensor = build(
            "ResourceAccumulatorTakeGradient",
            name=name,
            handle=self._accumulator_ref,
            num_required=num_required,
            dtype=self._dtype,
        )
        gradient.set_shape(self._shape)
        return gradient


@public("SparseConditionalAccumulator", "sparse.SparseConditionalAccumulator")
class SparseConditionalAccumulator(ConditionalAccumulatorBase):
    """An accumulator of gradients that are rows, as of IndexedSlices; the mean of a row is over those that have it.

    Args:
        dtype: of the gradients: float16, float32 or float64.
        shape: of the whole, as far as it is known.
        shared_name: accumulators of one name are one.
        name: name of the operation.
        reduction_type: "MEAN" or "SUM".

    Raises:
        ValueError: `reduction_type` is something else.
    """

    _prefix = ""

    def __init__(
        self,
        dtype: Any,
        shape: Any = None,
        shared_name: str | None = None,
        name: str = "sparse_conditional_accumulator",
        reduction_type: str = "MEAN",
    ) -> None:
        handle = _handle(
            "SparseConditionalAccumulator", dtype, shape, shared_name, name, reduction_type
        )
        super().__init__(dtype, shape, handle)

    def apply_indexed_slices_grad(
        self, grad: Any, local_step: Any = 0, name: str | None = None
    ) -> Operation:
        """As `apply_grad`, for an IndexedSlices."""
        return self.apply_grad(grad.indices, grad.values, grad.dense_shape, local_step, name)

    def apply_grad(
        self,
        grad_indices: Any,
        grad_values: Any,
        grad_shape: Any = None,
        local_step: Any = 0,
        name: str | None = None,
    ) -> Operation:
        """An operation that adds rows, unless the time step has passed at which they were computed.

        Args:
            grad_indices: the place of each row, in ascending order.
            grad_values: the rows.
            grad_shape: the shape of the whole, if it is known.
            local_step: the time step.
            name: name of the operation.
        """
        step = _step(local_step)
        operation: Operation = build(
            "SparseAccumulatorApplyGradient",
            name=name,
            handle=self._accumulator_ref,
            local_step=step,
            gradient_indices=cast(grad_indices, int64),
            gradient_values=grad_values,
            gradient_shape=cast([] if grad_shape is None else grad_shape, int64),
            has_known_shape=grad_shape is not None,
        )
        return operation

    def take_grad(self, num_required: Any, name: str | None = None) -> Any:
        """Indices, values and shape of the mean or the sum, which must be of `num_required` gradients; the next time step begins."""
        return build(
            "SparseAccumulatorTakeGradient",
            name=name,
            handle=self._accumulator_ref,
            num_required=num_required,
            dtype=self._dtype,
        )

    def take_indexed_slices_grad(self, num_required: Any, name: str | None = None) -> IndexedSlices:
        """As `take_grad`, as an IndexedSlices."""
        taken = self.take_grad(num_required, name)
        return IndexedSlices(taken.values, taken.indices, taken.shape)


def _handle(
    op_name: str,
    dtype: Any,
    shape: Any,
    shared_name: str | None,
    name: str,
    reduction_type: str,
) -> Any:
    return build(
        op_name,
        name=name,
        dtype=dtype,
        shape=shape,
        shared_name=shared_name or "",
        reduction_type=reduction_type,
    )
