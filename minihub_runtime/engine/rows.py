"""Which kernels treat the examples of a batch one by one, so that parts of a batch give parts of the result.

What a value has to do with the batch is a `Kind`: FREE of it, its SIZE, or so many rows for each example, which lie together
along the first axis in the order of the batch.  A rule says what kind a result is of, from the kinds and values of one call;
there is none for ops that mix examples, draw numbers, or have a state.

    Softmax(x: rows)          → rows, if there is an axis besides that of the rows
    MatMul(x: rows, w: free)  → rows, if x is not transposed
    Mean(x: rows, axes: free) → rows, if 0 is none of the axes
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np

from minihub_runtime.ops.pointwise import POINTWISE, reduced_axes

__all__ = ["FREE", "RULES", "SIZE", "KernelCall", "Kind", "kind_of_result"]

#: FREE, SIZE, or how many rows an example has.
Kind: TypeAlias = int
FREE: Kind = 0
SIZE: Kind = -1


@dataclasses.dataclass(frozen=True)
class KernelCall:
    """One call of a kernel in a run of the whole batch.

    Attributes:
        attrs: attributes of the node, defaults included.
        kinds: of the inputs.
        inputs: their values.
        results: what it gave.
        consulted: places of the inputs whose numbers a rule has looked at: it holds as long as they are the same.
    """

    attrs: Mapping[str, Any]
    kinds: Sequence[Kind]
    inputs: Sequence[Any]
    results: Sequence[Any]
    consulted: set[int] = dataclasses.field(default_factory=set)

    def is_rows(self, place: int) -> bool:
        """Whether an input has rows of each example."""
        return self.kinds[place] > 0

    def are_free(self, places: slice) -> bool:
        """Whether some inputs do not depend on the batch."""
        return all(kind == FREE for kind in self.kinds[places])

    def numbers(self, place: int) -> list[int] | None:
        """An input that holds integers, where it does not depend on the batch."""
        if self.kinds[place] != FREE:
            return None
        self.consulted.add(place)
        return [int(number) for number in np.asarray(self.inputs[place]).ravel()]

    def rank(self, place: int) -> int:
        """The rank of an input."""
        rank: int = self.inputs[place].ndim
        return rank


#: What a rule says: whether the results have rows of each example.
Rule: TypeAlias = Callable[[KernelCall], bool]


def kind_of_result(op: str, call: KernelCall, batch: int) -> list[Kind] | None:
    """The kinds of what a kernel gave; None where the parts of a batch do not give the parts of it.

    Args:
        op: whose kernel it is; not all of its inputs are FREE.
        call: the call.
        batch: how many examples there were.
    """
    if any(kind < SIZE for kind in call.kinds):
        return None
    if SIZE in call.kinds and op in _ON_SIZES and not any(kind > 0 for kind in call.kinds):
        call.consulted.update(place for place, kind in enumerate(call.kinds) if kind == FREE)
        return [SIZE] * len(call.results)
    if op in ("Shape", "ShapeN", "Size"):
        return [SIZE] * len(call.results)
    rule = RULES.get(op)
    # Rules may take it that there are results, with axes; a branch that was not taken has none.
    first = call.results[0] if call.results else None
    if rule is None or not isinstance(first, np.ndarray) or not first.ndim or not rule(call):
        return None
    kinds = []
    for place, result in enumerate(call.results):
        if place and op in _FREE_BUT_FIRST:
            kinds.append(FREE)
            continue
        if not isinstance(result, np.ndarray) or not len(result) or len(result) % batch:
            return None
        kinds.append(len(result) // batch)
    return kinds


def _outermost(axis: int, rank: int) -> bool:
    """Whether an axis is the one of the rows."""
    return axis in (0, -rank)


def _elementwise(call: KernelCall) -> bool:
    """Rows meet rows, and what is free is the same for all."""
    result = call.results[0]
    for kind, value in zip(call.kinds, call.inputs, strict=True):
        if kind == SIZE or not isinstance(value, np.ndarray):
            return False
        if kind > 0 and (value.ndim != result.ndim or len(value) != len(result)):
            return False
        if kind == FREE and value.ndim == result.ndim and len(value) != 1:
            return False
    return True


def _pointwise(call: KernelCall) -> bool:
    """As `_elementwise`; what a program reduces are axes besides that of the rows."""
    rank = call.results[0].ndim
    axes = reduced_axes(tuple(call.attrs["program"]))
    return _elementwise(call) and not any(_outermost(axis, rank) for axis in axes)


def _select(call: KernelCall) -> bool:
    """As `_elementwise`; a vector of conditions chooses whole rows."""
    if all(kind > 0 for kind in call.kinds):
        return len({len(value) for value in call.inputs}) == 1
    return _elementwise(call)


def _on_first(call: KernelCall) -> bool:
    """The first input has the rows, the others are what is done to each."""
    return call.is_rows(0) and call.are_free(slice(1, None))


def _gated(call: KernelCall) -> bool:
    """As `_on_first`; each image has a gate, or all have one."""
    images, gates = call.kinds[:2]
    shared = gates == FREE and len(call.inputs[1]) == 1
    return images > 0 and (shared or gates == images) and call.are_free(slice(2, None))


def _summed(call: KernelCall) -> bool:
    """As `_on_first`; what is added has the rows of the result, or is the same for all."""
    images, filter, kind = call.kinds
    addend, result = call.inputs[2], call.results[0]
    if images <= 0 or filter != FREE or result.ndim != call.rank(0):
        return False
    if kind == FREE:
        return addend.ndim < result.ndim or len(addend) == 1
    return kind > 0 and addend.ndim == result.ndim and len(addend) == len(result)


def _within_rows(call: KernelCall) -> bool:
    """As `_on_first`, along axes besides that of the rows."""
    return _on_first(call) and call.rank(0) > 1


def _inference(call: KernelCall) -> bool:
    return _on_first(call) and not call.attrs["is_training"]


def _mat_mul(call: KernelCall) -> bool:
    return _on_first(call) and not call.attrs["transpose_a"]


def _batch_mat_mul(call: KernelCall) -> bool:
    """Matrices of rows meet matrices of rows, or one matrix for all; rows of one matrix meet one matrix."""
    result = call.results[0]
    if result.ndim > 2:
        return _elementwise(call)
    return _on_first(call) and not call.attrs["adj_x"]


def _attention(call: KernelCall) -> bool:
    """Heads of rows meet heads of rows."""
    return call.results[0].ndim > 2 and _elementwise(call)


def _pick_rows(call: KernelCall) -> bool:
    """Groups of rows are within examples; their length is not that of the batch."""
    *rows, sizes = call.kinds
    if not all(call.is_rows(place) for place in range(len(rows))):
        return False
    asked = call.inputs[-1] if sizes == SIZE else call.numbers(len(rows))
    length = 0 if asked is None else int(asked[1])
    return length > 0 and not any(kind % length for kind in rows)


def _self_attention(call: KernelCall) -> bool:
    """As `_on_first`; the sizes of heads have that of the batch, and what is done to scores has one part for each example."""
    kinds, inputs = call.kinds, call.inputs
    if not call.is_rows(0) or not call.are_free(slice(1, 5)):
        return False
    for place in range(5, 9):
        asked = None if kinds[place] == SIZE else call.numbers(place)
        if kinds[place] != SIZE and (not asked or asked[0] != -1):
            return False
    positions = int(inputs[5][1])
    if positions < 1 or kinds[0] % positions:
        # A sequence would have rows of several examples.
        return False
    examples = len(inputs[0]) // positions
    return all(
        isinstance(operand, np.ndarray)
        and kind != SIZE
        and (
            operand.ndim == 4 and len(operand) == examples
            if kind > 0
            else operand.ndim < 4 or len(operand) == 1
        )
        for kind, operand in zip(kinds[9:], inputs[9:], strict=True)
    )


def _einsum(call: KernelCall) -> bool:
    """Rows have the label in front that the result has in front, and what is free has it nowhere."""
    before, _, after = str(call.attrs["equation"]).replace(" ", "").partition("->")
    if "." in before or not after or after.count(after[0]) > 1:
        return False
    for labels, kind in zip(before.split(","), call.kinds, strict=True):
        if kind == SIZE or (after[0] in labels) != (kind > 0):
            return False
        if kind > 0 and (labels[0] != after[0] or labels.count(after[0]) > 1):
            return False
    return True


def _reduction(call: KernelCall) -> bool:
    if not _on_first(call):
        return False
    axes = call.numbers(1)
    return bool(axes) and not any(_outermost(axis, call.rank(0)) for axis in axes or ())


def _reshape(call: KernelCall) -> bool:
    """The elements of an example lie together, whatever the shape; a size that is written out must not be that of the rows."""
    if not call.is_rows(0):
        return False
    if call.kinds[1] == SIZE:
        return True
    target = call.numbers(1)
    return bool(target) and target is not None and target[0] == -1


def _squeeze(call: KernelCall) -> bool:
    axes = call.attrs["squeeze_dims"]
    return not any(_outermost(axis, call.rank(0)) for axis in axes)


def _expand_dims(call: KernelCall) -> bool:
    axis = call.numbers(1) if call.is_rows(0) else None
    return axis is not None and not _outermost(axis[0], call.rank(0) + 1)


def _transpose(call: KernelCall) -> bool:
    order = call.numbers(1) if call.is_rows(0) else None
    return bool(order) and order is not None and order[0] == 0


def _pad(call: KernelCall) -> bool:
    if not _on_first(call):
        return False
    amounts = call.numbers(1)
    return amounts is not None and amounts[:2] == [0, 0]


def _concat(call: KernelCall) -> bool:
    axis = call.numbers(len(call.inputs) - 1)
    return (
        axis is not None
        and all(kind > 0 for kind in call.kinds[:-1])
        and not _outermost(axis[0], call.results[0].ndim)
    )


def _pack(call: KernelCall) -> bool:
    axis = call.attrs["axis"]
    return all(kind > 0 for kind in call.kinds) and not _outermost(axis, call.results[0].ndim)


def _unpack(call: KernelCall) -> bool:
    return not _outermost(call.attrs["axis"], call.rank(0))


def _split(call: KernelCall) -> bool:
    axis = call.numbers(0)
    return axis is not None and call.is_rows(1) and not _outermost(axis[0], call.rank(1))


def _split_sizes(call: KernelCall) -> bool:
    axis = call.numbers(2)
    return axis is not None and _on_first(call) and not _outermost(axis[0], call.rank(0))


def _slice(call: KernelCall) -> bool:
    if not _on_first(call):
        return False
    begin, size = call.numbers(1), call.numbers(2)
    return bool(begin) and bool(size) and (begin or [1])[0] == 0 and (size or [0])[0] == -1


def _strided_slice(call: KernelCall) -> bool:
    """All rows are taken, in order."""
    if not _on_first(call):
        return False
    attrs = call.attrs
    if attrs["ellipsis_mask"] & 1:
        # It stands for the axes that no other place is for; where that is none, the place after it is for the rows.
        places = len(call.inputs[1])
        others = places - 1 - (attrs["new_axis_mask"] >> 1 & (1 << places - 1) - 1).bit_count()
        return bool(call.rank(0) > others)
    if attrs["shrink_axis_mask"] & 1 or attrs["new_axis_mask"] & 1:
        return False
    strides = call.numbers(3)
    return bool(attrs["begin_mask"] & attrs["end_mask"] & 1) and (strides or [0])[0] == 1


def _gather(call: KernelCall) -> bool:
    """Rows of indices, into what is free."""
    indexed = call.kinds[0] == FREE and call.is_rows(1)
    return indexed and not call.attrs.get("batch_dims", 0)


def _gather_along(call: KernelCall) -> bool:
    return _gather(call) and call.numbers(2) == [0]


def _one_hot(call: KernelCall) -> bool:
    return _on_first(call) and not _outermost(call.attrs["axis"], call.rank(0) + 1)


def _fill(call: KernelCall) -> bool:
    return call.kinds[0] == SIZE and call.kinds[1] == FREE


def _broadcast_to(call: KernelCall) -> bool:
    result = call.results[0]
    if call.kinds[1] != SIZE or call.kinds[0] == SIZE:
        return False
    if call.is_rows(0):
        return bool(call.rank(0) == result.ndim and len(call.inputs[0]) == len(result))
    return bool(call.rank(0) < result.ndim or len(call.inputs[0]) == 1)


def _tile(call: KernelCall) -> bool:
    multiples = call.numbers(1) if call.is_rows(0) else None
    return bool(multiples) and multiples is not None and multiples[0] == 1


def _transposed_convolution(call: KernelCall) -> bool:
    """The shape of the result depends on the size of the batch, and the images have the rows."""
    kinds = call.kinds
    return kinds[0] == SIZE and kinds[1] == FREE and kinds[2] > 0 and call.are_free(slice(3, None))


#: Ops that compute sizes from sizes.
_ON_SIZES = frozenset(
    [
        "Add",
        "AddV2",
        "Cast",
        "ConcatV2",
        "ExpandDims",
        "FloorDiv",
        "GatherV2",
        "Identity",
        "Maximum",
        "Minimum",
        "Mul",
        "Pack",
        "Prod",
        "Reshape",
        "Slice",
        "Split",
        "SplitV",
        "Squeeze",
        "StridedSlice",
        "Sub",
        "Unpack",
    ]
)

#: Ops whose first result alone has rows.
_FREE_BUT_FIRST = frozenset({"FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3"})

_ELEMENTWISE = {
    *POINTWISE,
    *[
        "Abs",
        "Acos",
        "Acosh",
        "Add",
        "AddN",
        "AddV2",
        "Asin",
        "Asinh",
        "Atan",
        "Atan2",
        "Atanh",
        "BitwiseAnd",
        "BitwiseOr",
        "BitwiseXor",
        "Cast",
        "Ceil",
        "ClipByValue",
        "Cos",
        "Cosh",
        "Digamma",
        "Div",
        "DivNoNan",
        "Elu",
        "Equal",
        "Erf",
        "Erfc",
        "Exp",
        "Expm1",
        "Floor",
        "FloorDiv",
        "FloorMod",
        "Greater",
        "GreaterEqual",
        "Identity",
        "Inv",
        "Invert",
        "IsFinite",
        "IsInf",
        "IsNan",
        "LeakyRelu",
        "Less",
        "LessEqual",
        "Lgamma",
        "Log",
        "Log1p",
        "LogicalAnd",
        "LogicalNot",
        "LogicalOr",
        "Maximum",
        "Minimum",
        "Mod",
        "Mul",
        "MulNoNan",
        "Neg",
        "NotEqual",
        "OnesLike",
        "Pow",
        "PreventGradient",
        "RealDiv",
        "Reciprocal",
        "Relu",
        "Relu6",
        "Rint",
        "Round",
        "Rsqrt",
        "SelectV2",
        "Selu",
        "Sigmoid",
        "Sign",
        "Sin",
        "Sinh",
        "Snapshot",
        "Softplus",
        "Softsign",
        "Sqrt",
        "Square",
        "SquaredDifference",
        "StopGradient",
        "Sub",
        "Tan",
        "Tanh",
        "TruncateDiv",
        "TruncateMod",
        "Xdivy",
        "Xlogy",
        "ZerosLike",
        "_Affine",
    ],
}

_ON_FIRST = [
    "AvgPool",
    "AvgPool3D",
    "BiasAdd",
    "Conv2D",
    "Conv3D",
    "DepthToSpace",
    "DepthwiseConv2dNative",
    "LRN",
    "MaxPool",
    "MaxPool3D",
    "MaxPoolV2",
    "ResizeArea",
    "ResizeBicubic",
    "ResizeBilinear",
    "ResizeNearestNeighbor",
    "SpaceToDepth",
    "_AffineConv2D",
    "_AffineConv3D",
    "_AffineDepthwiseConv2dNative",
    "_Clamped",
    "_Excitation",
    "_PreparedConv2D",
    "_PreparedConv3D",
    "_SeparableConv2D",
]

_REDUCTIONS = [
    "All",
    "Any",
    "ArgMax",
    "ArgMin",
    "Cumprod",
    "Cumsum",
    "Max",
    "Mean",
    "Min",
    "Prod",
    "ReverseV2",
    "Sum",
]

#: Op → what it does with rows.
RULES: dict[str, Rule] = {
    **dict.fromkeys(_ELEMENTWISE, _elementwise),
    **dict.fromkeys(_ON_FIRST, _on_first),
    **dict.fromkeys(_REDUCTIONS, _reduction),
    **dict.fromkeys(("FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3"), _inference),
    **dict.fromkeys(("LogSoftmax", "Softmax", "TopKV2"), _within_rows),
    **dict.fromkeys(
        ("MatMul", "_AffineMatMul", "_ChainedMatMul", "_PreparedMatMul", "_PreparedMatMuls"),
        _mat_mul,
    ),
    **dict.fromkeys(("BatchMatMul", "BatchMatMulV2"), _batch_mat_mul),
    **dict.fromkeys(("Conv2DBackpropInput", "_TransposedConv2D"), _transposed_convolution),
    **dict.fromkeys(("MirrorPad", "Pad", "PadV2"), _pad),
    **dict.fromkeys(("Gather", "ResourceGather"), _gather),
    "BroadcastTo": _broadcast_to,
    "ConcatV2": _concat,
    "Einsum": _einsum,
    "ExpandDims": _expand_dims,
    "Fill": _fill,
    "GatherV2": _gather_along,
    "OneHot": _one_hot,
    "Pack": _pack,
    "Reshape": _reshape,
    "Select": _select,
    "Slice": _slice,
    "Split": _split,
    "SplitV": _split_sizes,
    "Squeeze": _squeeze,
    "StridedSlice": _strided_slice,
    "Tile": _tile,
    "Transpose": _transpose,
    "Unpack": _unpack,
    "_Attention": _attention,
    "_GatedConv2D": _gated,
    "_PickRows": _pick_rows,
    "_Pointwise": _pointwise,
    "_SelfAttention": _self_attention,
    **dict.fromkeys(("_SummedConv2D", "_SummedSeparableConv2D"), _summed),
}
