"""What signatures say of inputs and outputs."""

from __future__ import annotations

from typing import Any

import pytest

from minihub.tensor_info import parse_infos, parse_tensor_info
from minihub_runtime.api.type_spec import RaggedTensorSpec, SparseTensorSpec, TensorSpec
from minihub_runtime.dtypes import float32, int32, int64, string
from minihub_runtime.errors import InvalidArgumentError
from minihub_runtime.graph.ir import Ref
from minihub_runtime.protos import TensorInfo, TensorShapeProto


def dense(name: str = "x:0", dtype: int = 1, sizes: Any = (-1, 3)) -> Any:
    proto = TensorInfo(name=name, dtype=dtype)
    if sizes is None:
        proto.tensor_shape.unknown_rank = True
    else:
        proto.tensor_shape.SetInParent()
        for size in sizes:
            proto.tensor_shape.dim.add(size=size)
    return proto


def ragged(ragged_rank: int = 1, components: int = 2, splits: int = 9, rank: int = -1) -> Any:
    proto = TensorInfo(dtype=7)
    spec = proto.composite_tensor.type_spec
    spec.type_spec_class, spec.type_spec_class_name = 3, "RaggedTensorSpec"
    state = spec.type_state.tuple_value.values
    shape = state.add().tensor_shape_value
    shape.unknown_rank = rank < 0
    shape.dim.extend(TensorShapeProto.Dim(size=-1) for _ in range(rank))
    state.add().tensor_dtype_value = 7
    state.add().int64_value = ragged_rank
    state.add().tensor_dtype_value = splits
    for i in range(components):
        proto.composite_tensor.components.add(name=f"part{i}:0", dtype=7 if not i else splits)
    return proto


def inside(part: Any) -> Any:
    """A ragged tensor whose values are no tensor."""
    proto = ragged()
    part.composite_tensor.SetInParent()
    proto.composite_tensor.components[0].CopyFrom(part)
    return proto


def test_a_dense_tensor() -> None:
    info = parse_tensor_info(dense("a/b:1"))
    assert (info.kind, info.dtype, info.shape, info.refs) == (
        "dense",
        float32,
        (None, 3),
        (Ref("a/b", 1),),
    )
    assert info.get_shape().as_list() == [None, 3]
    assert not info.is_sparse
    assert not info.is_composite
    assert info.is_supported_type
    assert info.type_spec == TensorSpec((None, 3), float32)
    assert repr(info) == "<hub.ParsedTensorInfo shape=(?, 3) dtype=float32 is_sparse=False>"
    assert repr(info.type_spec) == "TensorSpec(shape=(?, 3), dtype=tf.float32, name=None)"


@pytest.mark.parametrize(
    ("sizes", "text"), [(None, "<unknown>"), ((), "()"), ((2,), "(2,)"), ((-1,), "(?,)")]
)
def test_shapes_in_the_text(sizes: Any, text: str) -> None:
    info = parse_tensor_info(dense("x", 3, sizes))
    assert repr(info) == f"<hub.ParsedTensorInfo shape={text} dtype=int32 is_sparse=False>"


def test_a_sparse_tensor() -> None:
    proto = dense()
    proto.ClearField("name")
    proto.coo_sparse.indices_tensor_name = "i:0"
    proto.coo_sparse.values_tensor_name = "v:0"
    proto.coo_sparse.dense_shape_tensor_name = "s:0"
    info = parse_tensor_info(proto)
    assert (info.kind, info.refs) == ("sparse", (Ref("i"), Ref("v"), Ref("s")))
    assert info.is_sparse
    assert info.is_composite
    assert info.type_spec == SparseTensorSpec((None, 3), float32)
    assert repr(info) == "<hub.ParsedTensorInfo shape=(?, 3) dtype=float32 is_sparse=True>"


def test_a_sparse_tensor_as_a_composite_one() -> None:
    proto = TensorInfo(dtype=7)
    spec = proto.composite_tensor.type_spec
    spec.type_spec_class, spec.type_spec_class_name = 1, "SparseTensorSpec"
    shape = spec.type_state.tuple_value.values.add().tensor_shape_value
    shape.dim.add(size=4)
    shape.dim.add(size=-1)
    spec.type_state.tuple_value.values.add().tensor_dtype_value = 7
    for name, dtype in (("i", 9), ("v", 7), ("s", 9)):
        proto.composite_tensor.components.add(name=f"{name}:0", dtype=dtype)
    info = parse_tensor_info(proto)
    assert info.type_spec == SparseTensorSpec((4, None), string)
    assert info.type_name == "SparseTensor"
    assert info.refs == (Ref("i"), Ref("v"), Ref("s"))


def test_a_ragged_tensor() -> None:
    info = parse_tensor_info(ragged(2, 3, 3))
    assert info.type_spec == RaggedTensorSpec(None, string, 2, int32)
    assert info.refs == (Ref("part0"), Ref("part1"), Ref("part2"))
    assert info.is_composite
    assert not info.is_sparse
    assert repr(info) == (
        "<hub.ParsedTensorInfo type_spec=RaggedTensorSpec(TensorShape(None), tf.string, 2, tf.int32)>"
    )


def test_a_ragged_tensor_without_ragged_rows_is_dense() -> None:
    assert parse_tensor_info(ragged(0, 1)).type_spec == TensorSpec(None, string)


def test_other_composite_tensors_are_not_supported() -> None:
    proto = ragged()
    proto.composite_tensor.type_spec.type_spec_class = 2
    proto.composite_tensor.type_spec.type_spec_class_name = "IndexedSlicesSpec"
    info = parse_tensor_info(proto)
    assert (info.kind, info.type_name) == ("unsupported", "IndexedSlices")
    assert not info.is_supported_type
    assert info.is_composite
    assert repr(info) == "<hub.ParsedTensorInfo type_spec=IndexedSlices>"


def test_compatibility() -> None:
    spec = TensorSpec((None, 3), float32)
    assert spec.is_compatible_with(TensorSpec(None, float32))
    assert spec.is_compatible_with(TensorSpec((2, None), float32))
    assert not spec.is_compatible_with(TensorSpec((2, 4), float32))
    assert not spec.is_compatible_with(TensorSpec((3,), float32))
    assert not spec.is_compatible_with(TensorSpec((None, 3), int32))
    assert not spec.is_compatible_with(SparseTensorSpec((None, 3), float32))
    rows = RaggedTensorSpec(None, string, 1, int64)
    assert rows.is_compatible_with(RaggedTensorSpec((2, None), string, 1, int64))
    assert not rows.is_compatible_with(RaggedTensorSpec(None, string, 2, int64))
    assert not rows.is_compatible_with(RaggedTensorSpec(None, string, 1, int32))


@pytest.mark.parametrize(
    ("proto", "message"),
    [
        (TensorInfo(dtype=1), "Unsupported TensorInfo encoding None"),
        (TensorInfo(name="x:0"), "must have a dtype"),
        (TensorInfo(name="", dtype=1), "must be an input"),
        (TensorInfo(name="^x", dtype=1), "control input"),
        (ragged(2, 2), "3 components for ragged rank 2, not 2"),
        (ragged(1 << 40, 2), "not 2"),
        (
            ragged(1, 2, rank=1),
            r"must be a ragged tensor: Argument `ragged_rank` \(1\) must be less",
        ),
        (ragged(splits=1), "its row splits must be int32 or int64, not float32"),
        (ragged(splits=77), "77 must be the number of an element type"),
        (TensorInfo(name="x:0", dtype=77), "77 must be the number of an element type"),
        (inside(ragged()), "2 components for ragged rank 1, not 3"),
        (inside(TensorInfo()), "2 components for ragged rank 1, not 1"),
    ],
)
def test_malformed_protos(proto: Any, message: str) -> None:
    with pytest.raises(InvalidArgumentError, match=message):
        parse_tensor_info(proto)
    with pytest.raises(InvalidArgumentError, match=rf"output 'y': .*{message}") as raised:
        parse_infos({"y": proto}, "output %r")
    assert str(raised.value) == raised.value.args[0]


def test_infos_stand_in_the_order_of_names() -> None:
    assert list(parse_infos({"b": dense(), "a": dense()})) == ["a", "b"]
