"""Samples of `ops/tensor_list.py`."""

from __future__ import annotations

import dataclasses
from typing import Any

from tests.samples import Call, Sample, Step, b, f32, i32, i64, normal

L = Step("l")
F = "float32"
# TensorFlow wants to know the scalar -1 before it runs.
UNKNOWN = Step("unknown")
MINUS_ONE = Call("Const", {}, dict(value=i32(-1), dtype="int32"))
SCALAR, PAIR = i32([]), i32([2])
ROW, ROW2, OTHER = f32([1, 2]), f32([3, 4]), f32([1, 2, 3])


def empty(shape: Any = PAIR, limit: int = -1, dtype: str = F) -> Call:
    inputs = dict(element_shape=shape, max_num_elements=i32(limit))
    return Call("EmptyTensorList", inputs, dict(element_dtype=dtype))


def reserve(count: Any = 3, shape: Any = PAIR, dtype: str = F) -> Call:
    inputs = dict(element_shape=shape, num_elements=i32(count))
    return Call("TensorListReserve", inputs, dict(element_dtype=dtype))


def rows(tensor: Any, shape: Any = PAIR) -> Call:
    return Call("TensorListFromTensor", dict(tensor=tensor, element_shape=shape))


def stack(shape: Any = PAIR, dtype: str = F, **attrs: Any) -> Call:
    inputs = dict(input_handle=L, element_shape=shape)
    return Call("TensorListStack", inputs, dict(element_dtype=dtype, **attrs))


def get(index: int, shape: Any = PAIR, dtype: str = F) -> Call:
    inputs = dict(input_handle=L, index=i32(index), element_shape=shape)
    return Call("TensorListGetItem", inputs, dict(element_dtype=dtype))


def put(index: int, item: Any, **attrs: Any) -> Call:
    return Call("TensorListSetItem", dict(input_handle=L, index=i32(index), item=item), attrs)


def push(tensor: Any) -> Call:
    return Call("TensorListPushBack", dict(input_handle=L, tensor=tensor))


def pop(shape: Any = PAIR, dtype: str = F) -> Call:
    inputs = dict(input_handle=L, element_shape=shape)
    return Call("TensorListPopBack", inputs, dict(element_dtype=dtype))


def length() -> Call:
    return Call("TensorListLength", dict(input_handle=L))


def shape_of(kind: str = "int32") -> Call:
    return Call("TensorListElementShape", dict(input_handle=L), dict(shape_type=kind))


def gather(indices: Any, shape: Any = PAIR, dtype: str = F) -> Call:
    inputs = dict(input_handle=L, indices=i32(indices), element_shape=shape)
    return Call("TensorListGather", inputs, dict(element_dtype=dtype))


def scatter(tensor: Any, indices: Any, shape: Any = PAIR) -> Call:
    inputs = dict(tensor=tensor, indices=i32(indices), element_shape=shape)
    return Call("TensorListScatter", inputs)


def scatter_v2(tensor: Any, indices: Any, count: int = -1, shape: Any = PAIR) -> Call:
    inputs = dict(tensor=tensor, indices=i32(indices), element_shape=shape, num_elements=i32(count))
    return Call("TensorListScatterV2", inputs)


def scatter_into(tensor: Any, indices: Any) -> Call:
    inputs = dict(input_handle=L, tensor=tensor, indices=i32(indices))
    return Call("TensorListScatterIntoExistingList", inputs)


def concat(dtype: str = F, **attrs: Any) -> Call:
    return Call("TensorListConcat", dict(input_handle=L), dict(element_dtype=dtype, **attrs))


def concat_v2(shape: Any, leading: Any = (), dtype: str = F) -> Call:
    inputs = dict(input_handle=L, element_shape=shape, leading_dims=i64(leading))
    return Call("TensorListConcatV2", inputs, dict(element_dtype=dtype))


def split(tensor: Any, lengths: Any, shape: Any = UNKNOWN) -> Call:
    inputs = dict(tensor=tensor, element_shape=shape, lengths=i64(lengths))
    return Call("TensorListSplit", inputs)


def resize(size: Any) -> Call:
    return Call("TensorListResize", dict(input_handle=L, size=i32(size)))


def sample(label: str, *calls: Call, error: str | None = None, after: Any = ()) -> Sample:
    """Calls one after the other, each on the list that the last call with a list as its result made."""
    *first, last = calls
    before: dict[str, Call] = {"unknown": MINUS_ONE}
    current: Step | None = None

    def on_current(call: Call) -> Call:
        inputs = {k: (current if v is L else v) for k, v in call.inputs.items()}
        return Call(call.op, inputs, call.attrs)

    for i, call in enumerate(first):
        before[f"b{i}"] = on_current(call)
        current = Step(f"b{i}")
    done = on_current(last)
    current = Step("sampled")
    later = {} if error else {f"c{i}": on_current(call) for i, call in enumerate(after)}
    return Sample(done.op, label, done.inputs, done.attrs, error, before=before, after=later)


PUSHED = empty(), push(ROW), push(ROW2)
LISTS = dict(a=empty(), b=empty())
WIDE = f32([[1, 2], [3, 4], [5, 6]])


def joined(label: str, *lists: Call, error: str | None = None, dtype: str = F) -> Sample:
    """Two lists joined, and what they make."""
    a, b = lists
    return Sample(
        "TensorListConcatLists",
        label,
        dict(input_a=Step("a"), input_b=Step("b")),
        dict(element_dtype=dtype),
        error,
        before=dict(a=a, b=b),
        after={}
        if error
        else dict(
            stack=Call(
                "TensorListStack",
                dict(input_handle=Step("sampled"), element_shape=PAIR),
                dict(element_dtype=dtype),
            )
        ),
    )


# TensorFlow dies of negative indices in TensorListScatterIntoExistingList.  TensorListLength and TensorListElementShape refuse nothing but variants that hold no list.
SAMPLES = [
    sample("plain", empty(), after=[length(), shape_of()]),
    sample("unknown_shape", empty(UNKNOWN), after=[shape_of()]),
    sample("part_of_the_shape", empty(i32([-1, 2])), after=[shape_of("int64")]),
    sample("int64_shape", empty(i64([2])), after=[shape_of()]),
    sample("scalar_shape", empty(i32(2)), error="-1"),
    sample("matrix_shape", empty(i32([[2]])), error="vector"),
    sample("negative_shape", empty(i32([-2])), error="-1"),
    sample("plain", reserve(), after=[length(), stack()]),
    sample("none", reserve(0), after=[stack()]),
    sample("negative", reserve(-1), error="non negative"),
    sample("vector", reserve([1]), error="scalar"),
    sample("unknown_shape", reserve(2, UNKNOWN), after=[length()]),
    sample("rows", rows(WIDE), after=[stack(), get(1), length()]),
    sample("scalars", rows(f32([1, 2]), SCALAR), after=[stack(SCALAR)]),
    sample("empty", rows(f32([]).reshape(0, 2)), after=[stack()]),
    sample("scalar", rows(f32(1)), error="at least a vector"),
    sample("other_shape", rows(WIDE, i32([3])), error="list with shape"),
    sample("strings", rows(b(["x", ""]), SCALAR), after=[stack(SCALAR, "string")]),
    sample("all", *PUSHED, stack()),
    sample("unknown", empty(UNKNOWN), push(ROW), stack(UNKNOWN)),
    sample("not_set", reserve(), put(1, ROW), stack()),
    sample("not_set_unknown", reserve(3, UNKNOWN), put(1, ROW), stack(UNKNOWN)),
    sample("none_set_unknown", reserve(3, UNKNOWN), stack(UNKNOWN), error="non-fully-defined"),
    sample("empty_unknown", empty(UNKNOWN), stack(UNKNOWN), error="non-fully-defined"),
    sample("empty_known_to_the_op", empty(UNKNOWN), stack(PAIR)),
    sample("shape_conflict", *PUSHED, stack(i32([3])), error="shape"),
    sample("item_conflict", empty(UNKNOWN), push(ROW), push(OTHER), stack(UNKNOWN), error="shape"),
    sample("number", *PUSHED, stack(num_elements=2)),
    sample("other_number", *PUSHED, stack(num_elements=3), error="expected a list with 3"),
    sample("other_type", *PUSHED, stack(dtype="int32"), error="Invalid data types"),
    sample("strings_not_set", reserve(2, PAIR, "string"), stack(dtype="string")),
    sample("item", *PUSHED, get(1)),
    sample("not_set", reserve(), get(1)),
    sample("not_set_op_knows", reserve(3, UNKNOWN), get(1)),
    sample("not_set_unknown", reserve(3, UNKNOWN), get(1, UNKNOWN), error="not fully defined"),
    sample("not_set_others_known", reserve(3, UNKNOWN), put(0, ROW), get(1, UNKNOWN)),
    sample("too_large", *PUSHED, get(2), error="list with 2 elements"),
    sample("negative", *PUSHED, get(-1), error="list with 2 elements"),
    sample("other_type", *PUSHED, get(0, dtype="int32"), error="Invalid data types"),
    sample("item", *PUSHED, put(0, ROW2), after=[stack()]),
    sample("too_large", *PUSHED, put(2, ROW2), error="list with 2 elements"),
    sample("negative", *PUSHED, put(-1, ROW2), error="element -1"),
    sample("grows", *PUSHED, put(3, ROW, resize_if_index_out_of_bounds=True), after=[stack()]),
    sample("other_shape", *PUSHED, put(0, OTHER), error="incompatible shape"),
    sample("other_type", *PUSHED, put(0, i32([1, 2])), error="Invalid data types"),
    sample("plain", empty(), push(ROW), after=[stack(), length()]),
    sample("full", empty(limit=1), push(ROW), push(ROW), error="full list"),
    sample("other_shape", empty(), push(OTHER), error="incompatible shape"),
    sample("other_type", empty(), push(i32([1, 2])), error="Invalid data types"),
    sample("last", *PUSHED, pop(), after=[length()]),
    sample("not_set", reserve(2), pop()),
    sample("empty", empty(), pop(), error="empty list"),
    sample("other_type", *PUSHED, pop(dtype="int32"), error="Invalid data types"),
    sample(
        "not_set_unknown", reserve(2, UNKNOWN), pop(UNKNOWN), error="non-fully-defined|not fully"
    ),
    sample("plain", *PUSHED, length()),
    sample("plain", *PUSHED, shape_of()),
    sample("some", *PUSHED, gather([1, 1, 0])),
    sample("none", *PUSHED, gather([])),
    sample("not_set", reserve(), put(1, ROW), gather([2, 1])),
    sample("too_large", *PUSHED, gather([2]), error="list with 2 elements"),
    sample("unknown", empty(UNKNOWN), push(ROW), gather([0], UNKNOWN)),
    sample("none_unknown", empty(UNKNOWN), gather([], UNKNOWN), error="non-fully-defined"),
    sample(
        "only_the_chosen_agree",
        empty(UNKNOWN),
        push(ROW),
        push(OTHER),
        gather([0], UNKNOWN),
    ),
    sample("order", scatter(WIDE, [2, 0, 4]), after=[stack(), length()]),
    sample("none", scatter(f32([]).reshape(0, 2), []), after=[length()]),
    sample("twice", scatter(WIDE, [0, 0, 1]), after=[stack()]),
    sample("negative", scatter(WIDE, [-1, 0, 1]), error="non-negative"),
    sample("other_count", scatter(WIDE, [0, 1]), error="indices"),
    sample("other_shape", scatter(WIDE, [0, 1, 2], i32([3])), error="shape"),
    sample("scalar", scatter(f32(1), [0]), error="shape|indices"),
    sample("order", scatter_v2(WIDE, [2, 0, 4]), after=[stack()]),
    sample("longer", scatter_v2(WIDE, [2, 0, 1], 5), after=[stack(), length()]),
    sample("shorter", scatter_v2(WIDE, [2, 0, 1], 2), error="list with size 2|scatter"),
    sample("negative_count", scatter_v2(WIDE, [2, 0, 1], -2), error="num_elements"),
    sample("some", reserve(), scatter_into(f32([[1, 2]]), [1]), after=[stack()]),
    dataclasses.replace(
        sample("longer", reserve(), scatter_into(f32([[1, 2]]), [4]), after=[length()]),
        differs="TensorFlow puts the row at place 3",
    ),
    sample("other_shape", reserve(), scatter_into(f32([[1, 2, 3]]), [1])),
    sample("other_type", reserve(), scatter_into(i32([[1, 2]]), [1]), error="Invalid data types"),
    sample("vectors", empty(i32([-1])), push(ROW), push(OTHER), concat()),
    sample("unknown", empty(UNKNOWN), push(f32([[1, 2]])), push(WIDE), concat()),
    sample(
        "attr_shape",
        empty(UNKNOWN),
        push(f32([[1, 2]])),
        push(WIDE),
        concat(element_shape=[None, 2]),
    ),
    sample("empty", empty(i32([-1, 2])), concat(element_shape=[None, 2])),
    sample("empty_known_to_the_list", empty(i32([-1, 2])), concat(), error="fully defined"),
    sample("empty_unknown", empty(UNKNOWN), concat(), error="fully defined"),
    sample("scalars", empty(SCALAR), push(f32(1)), concat(), error="rank|scalar|vector"),
    sample(
        "differing", empty(UNKNOWN), push(f32([[1, 2]])), push(f32([[1]])), concat(), error="shape"
    ),
    sample("other_type", *PUSHED, concat("int32"), error="Invalid data types"),
    sample("vectors", empty(UNKNOWN), push(ROW), push(OTHER), concat_v2(i32([-1]))),
    sample("not_set", reserve(3, i32([-1, 2])), put(1, WIDE), concat_v2(i32([-1, 2]), [1, 3, 2])),
    sample(
        "not_set_no_lengths",
        reserve(3, i32([-1, 2])),
        put(1, WIDE),
        concat_v2(i32([-1, 2])),
    ),
    sample("empty", empty(UNKNOWN), concat_v2(i32([-1, 2]))),
    sample(
        "known_lengths",
        reserve(2, i32([2, 2])),
        put(1, f32([[1, 2], [3, 4]])),
        concat_v2(i32([2, 2])),
    ),
    sample("conflict", empty(UNKNOWN), push(ROW), concat_v2(i32([-1, 2])), error="shape"),
    sample(
        "pieces",
        split(f32([1, 2, 3]), [1, 0, 2]),
        after=[get(2, UNKNOWN), get(1, UNKNOWN), length()],
    ),
    sample("matrix", split(WIDE, [2, 1], i32([-1, 2])), after=[get(0, UNKNOWN)]),
    sample("other_sum", split(WIDE, [2, 2]), error="add up"),
    sample("negative", split(WIDE, [4, -1]), error="negative|add up"),
    sample("scalar", split(f32(1), [1]), error="at least a vector"),
    sample("matrix_lengths", split(WIDE, [[3]]), error="vector"),
    sample("other_shape", split(WIDE, [3], i32([-1, 3])), error="shape"),
    sample("longer", *PUSHED, resize(3), after=[stack()]),
    sample("shorter", *PUSHED, resize(1), after=[stack()]),
    sample("negative", *PUSHED, resize(-1), error="non-negative"),
    joined("two", rows(WIDE), rows(f32([[7, 8]]))),
    joined("empty", empty(), rows(f32([[7, 8]]))),
    joined("other_shape", rows(WIDE), empty(i32([3])), error="shape"),
    joined("other_type", rows(WIDE), rows(i32([[7, 8]])), error="Invalid data types"),
    Sample(
        "TensorListPushBackBatch",
        "one",
        dict(input_handles=Step("v"), tensor=f32([[9, 9]])),
        before=dict(l=rows(WIDE), v=Call("Pack", dict(values=[L]))),
        after=dict(
            one=Call("Unpack", dict(value=Step("sampled")), dict(num=1)),
            stack=Call(
                "TensorListStack",
                dict(input_handle=Step("one"), element_shape=PAIR),
                dict(element_dtype=F),
            ),
        ),
    ),
    Sample(
        "TensorListPushBackBatch",
        "other_count",
        dict(input_handles=Step("v"), tensor=f32([[9, 9], [8, 8]])),
        error="begin with shape",
        before=dict(l=rows(WIDE), v=Call("Pack", dict(values=[L]))),
    ),
    Sample(
        "ZerosLike",
        "list",
        dict(x=L),
        before=dict(l=rows(WIDE)),
        after=dict(
            stack=Call(
                "TensorListStack",
                dict(input_handle=Step("sampled"), element_shape=PAIR),
                dict(element_dtype=F),
            )
        ),
    ),
    Sample(
        "ZerosLike",
        "list_not_set",
        dict(x=L),
        before=dict(l=reserve(2)),
        after=dict(length=Call("TensorListLength", dict(input_handle=Step("sampled")))),
    ),
    *(
        Sample(
            "AddN",
            label,
            dict(inputs=[Step("first"), Step("second"), Step("first")]),
            {},
            error,
            before=dict(first=first, second=second),
            after=dict(
                stacked=Call(
                    "TensorListStack",
                    dict(input_handle=Step("sampled"), element_shape=PAIR),
                    dict(element_dtype=F),
                )
            ),
        )
        for label, first, second, error in (
            ("lists", rows(normal(3, 2)), rows(normal(3, 2, seed=1)), None),
            ("lists_half_set", rows(normal(3, 2)), reserve(), None),
            ("lists_of_other_lengths", rows(normal(3, 2)), rows(normal(2, 2)), "different lengths"),
            (
                "lists_of_other_types",
                rows(normal(3, 2)),
                reserve(dtype="int32"),
                "different dtypes",
            ),
        )
    ),
]
