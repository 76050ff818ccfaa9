"""Nested structures, and `tf.compat`."""

from __future__ import annotations

import collections
import importlib
from collections.abc import Callable
from typing import Any

import numpy as np

from tests.api.programs import message, program, results

Point = collections.namedtuple("Point", "x y")
Other = collections.namedtuple("Other", "x z")
Same = collections.namedtuple("Point", "x y")


def told(function: Callable[[], Any]) -> Any:
    """The result as text, or kind and text of the error."""
    try:
        return str(function())
    except (TypeError, ValueError, LookupError) as error:
        return [type(error).__name__, str(error)]


PAIRS: list[tuple[Any, Any]] = [
    ([1], 1), ([1], [1, 2]), ([1], (1,)), ({"a": 1}, {"b": 1}), ({"a": 1}, [1]), (Point(1, 2), Same(1, 2)),
    (Point(1, 2), Other(1, 2)), (Point(1, 2), (1, 2)), ([1, [2]], [1, 2]), ([1, [2]], [1, [2, 3]]),
    ({"a": [1]}, {"a": [1, 2]}), ({"a": 1}, collections.OrderedDict(a=1)), (None, [1]), (1, "x"),
    ({"a": 1}.keys(), [1]), ([1, 2], range(2)), ([], ()), ({"a": 1, "b": 2}, {"b": 3, "a": 4}),
]  # fmt: skip


@program
def same_structures(tf: Any) -> Any:
    return [
        told(lambda a=a, b=b, types=types: tf.nest.assert_same_structure(a, b, check_types=types))
        for a, b in PAIRS
        for types in (True, False)
    ]


@program
def flattening(tf: Any) -> Any:
    values: list[Any] = [
        [], (), {}, "x", b"x", bytearray(b"x"), range(3), {}.keys(), tf.TensorShape([1]), 1, None, Point(1, (2, 3)),
        {"b": 1, "a": [2, {"d": 1, "c": 0}]}, {"b": 1, "a": 2}.values(), {"b": 1, "a": 2}.items(), [[[]]],
    ]  # fmt: skip
    return [
        [tf.nest.is_nested(value) for value in values],
        [[str(leaf) for leaf in tf.nest.flatten(value)] for value in values],
        tf.nest.is_nested({1}),
    ]


@program
def packing(tf: Any) -> Any:
    structure = {"b": (1, [2]), "a": Point(3, {"z": 4, "c": 5})}
    pack = tf.nest.pack_sequence_as
    ordered = collections.OrderedDict([("b", 1), ("a", 2)])
    default = collections.defaultdict(list, b=1, a=2)
    return [
        str(pack(structure, list("abcde"))),
        [type(pack(ordered, [1, 2])).__name__, *pack(ordered, [1, 2]).items()],
        str(pack(default, [1, 2])),
        str(pack(range(2), [1, 2])),
        str(pack((), [])),
        str(pack(7, [1])),
        told(lambda: pack([1, [2]], [1])),
        told(lambda: pack([1, [2]], [1, 2, 3])),
        told(lambda: pack(1, [1, 2])),
        told(lambda: pack([1], 1)),
        told(lambda: pack("x" * 200, ["y" * 200, 1])),
    ]


@program
def mapping(tf: Any) -> Any:
    apply = tf.nest.map_structure
    return [
        str(apply(lambda x, y: x + y, {"a": [1, (2,)]}, {"a": [10, (20,)]})),
        str(apply(lambda x: x * 2, Point([1], 2))),
        str(apply(lambda x, y: (x, y), [1], (2,), check_types=False)),
        told(lambda: apply(lambda x, y: (x, y), [1], (2,))),
        told(lambda: apply(1, [1])),
        told(lambda: apply(max)),
        told(lambda: apply(max, [1], [2], other=1)),
    ]


@program
def composites(tf: Any) -> Any:
    sparse = tf.SparseTensor([[0, 0]], [1.0], [2, 2])
    flat = tf.SparseTensor([[0]], [1.0], [2])
    nest = tf.nest
    leaves = nest.flatten({"s": sparse, "x": 1}, expand_composites=True)
    packed = nest.pack_sequence_as([sparse], leaves[:3], expand_composites=True)
    return [
        leaves,
        [leaf is sparse for leaf in nest.flatten([sparse])],
        packed[0].shape.as_list(),
        nest.map_structure(lambda t: t, [flat], expand_composites=True)[0].values.name,
        nest.assert_same_structure([sparse], [flat], expand_composites=True),
        told(lambda: nest.assert_same_structure([sparse], [1], expand_composites=True)),
        nest.assert_same_structure([sparse], [1]),
    ]


@program
def specs(tf: Any) -> Any:
    x = tf.placeholder(tf.float32, [None, 3], "x")
    sparse = tf.sparse_placeholder(tf.float32, [None, 3])
    given = [
        tf.TensorSpec([None, 3], tf.float32), tf.TensorSpec(None, "int32", "n"), tf.TensorSpec([2, 3]),
        tf.SparseTensorSpec([None, 3]), tf.SparseTensorSpec(None, tf.string), tf.SparseTensorSpec([2, 3]),
        tf.RaggedTensorSpec([None, None]), tf.RaggedTensorSpec(None, tf.float32, 1, tf.int32),
        tf.RaggedTensorSpec([2, 3], tf.float32, 0), tf.RaggedTensorSpec([2, None, 3], "float32", 1),
        tf.type_spec_from_value(x), tf.type_spec_from_value(sparse), tf.type_spec_from_value([1, 2]),
        tf.TensorSpec.from_tensor(x), tf.TensorSpec.from_tensor(x, "y"), tf.TensorSpec.from_spec(tf.TensorSpec([1]), "z"),
    ]  # fmt: skip
    return [
        [repr(spec) for spec in given],
        [[a.is_compatible_with(b) for b in given] for a in given],
        [[a == b for b in given] for a in given],
        [[a.is_subtype_of(b) for b in given] for a in given],
        [told(lambda a=a, b=b: repr(a.most_specific_compatible_type(b))) for a in given[:10] for b in given[:10]],
        [a.is_compatible_with(x) for a in given],
        [a.is_compatible_with(sparse) for a in given],
        [a.value_type.__name__ for a in given],
        [hash(given[0]) == hash(tf.TensorSpec([None, 3])), given[6].ragged_rank, given[6].row_splits_dtype],
        [str(leaf) for a in given for leaf in tf.nest.flatten(a, expand_composites=True)],
        told(tf.RaggedTensorSpec),
        told(lambda: tf.RaggedTensorSpec([2, 3], tf.float32, 2)),
        told(lambda: tf.RaggedTensorSpec([2, 3], tf.float32, "x")),
        told(lambda: tf.RaggedTensorSpec([2, 3], None)),
        told(lambda: tf.TensorSpec.from_tensor(1)),
        message(lambda: tf.type_spec_from_value(tf.no_op).name)[:30],
    ]  # fmt: skip


@program
def texts(tf: Any) -> Any:
    compat = tf.compat
    values: list[Any] = ["é", b"\xc3\xa9", bytearray(b"x"), 1]
    return [
        [told(lambda v=v: compat.as_bytes(v)) for v in values],
        [told(lambda v=v: compat.as_text(v)) for v in [*values[:2], 1]],
        [told(lambda v=v: compat.as_str(v)) for v in values[:2]],
        [told(lambda v=v: compat.as_str_any(v)) for v in values],
        told(lambda: compat.as_bytes("é", "latin-1")),
        told(lambda: compat.as_text(b"\xe9", "latin-1")),
        told(lambda: compat.as_text("x", "none-such")),
        compat.path_to_str("x"),
        isinstance(1, compat.integral_types),
        isinstance(1.5, compat.real_types),
        isinstance(1j, compat.complex_types),
        isinstance("x", compat.bytes_or_text_types),
        [compat.dimension_value(v) for v in (tf.Dimension(3), tf.Dimension(None), 2, None)],
        [compat.dimension_at_index(s, 1).value for s in (tf.TensorShape([1, 2]), tf.TensorShape(None))],
        [compat.forward_compatible(2023, 10, day) for day in (9, 10, 11)],
    ]  # fmt: skip


@program
def horizons(tf: Any) -> Any:
    compat = tf.compat
    with compat.forward_compatibility_horizon(2030, 1, 1):
        inside = compat.forward_compatible(2029, 1, 1)
    return [inside, compat.forward_compatible(2029, 1, 1)]


def deep(tf: Any) -> Any:
    """`tf.contrib.framework.nest`, or the module that TensorFlow has without `tf.contrib`."""
    if hasattr(tf, "contrib"):
        return tf.contrib.framework.nest
    return importlib.import_module("tensorflow.python.util.nest")


@program
def shallow_structures(tf: Any) -> Any:
    n = deep(tf)
    shallow, tree = {"b": [0, 0], "a": 0}, {"b": [(1, 2), [3]], "a": Point(4, {"c": 5})}
    return [
        told(lambda: n.flatten_up_to(shallow, tree)),
        told(lambda: n.flatten_with_tuple_paths_up_to(shallow, tree)),
        told(lambda: n.map_structure_up_to(shallow, lambda a, b: [a, b], tree, tree)),
        told(lambda: n.map_structure_with_tuple_paths_up_to(shallow, lambda *a: a, tree)),
        told(lambda: n.assert_shallow_structure(shallow, tree)),
        told(lambda: n.get_traverse_shallow_structure(lambda s: not isinstance(s, tuple), tree)),
        [
            told(lambda a=a, b=b: n.flatten_with_tuple_paths_up_to(a, b))[:1]
            for a, b in [([0], 0), ([0], (1,)), ([0], [1, 2]), ({"a": 0}, {"b": 0}), (0, [1])]
        ],
    ]


@program
def paths_of_leaves(tf: Any) -> Any:
    n = deep(tf)
    tree = {"b": [(1, 2), [3]], "a": Point(4, {"c": 5})}
    return [
        told(lambda: list(n.yield_flat_paths(tree))),
        told(lambda: list(n.yield_flat_paths(1))),
        told(lambda: n.flatten_with_tuple_paths(tree)),
        told(lambda: n.flatten_with_joined_string_paths(tree, separator=".")),
        told(lambda: n.map_structure_with_paths(lambda path, a, b: (path, a + b), tree, tree)),
        told(lambda: n.map_structure_with_paths(lambda path, a: path, 3)),
        told(lambda: n.map_structure_with_tuple_paths(lambda path, a, k: (path, a, k), tree, k=1)),
        told(lambda: n.map_structure_with_paths(lambda path, a, b: a, [1], [1, 2]))[0],
    ]


@program
def mappings_with_structures_as_keys(tf: Any) -> Any:
    n = deep(tf)
    ordered = collections.OrderedDict([((4, 5, (6, 8)), ("a", "b", ("c", "d"))), (1, 2)])
    return [
        told(lambda: n.flatten_dict_items(ordered)),
        told(lambda: n.flatten_dict_items({})),
        told(lambda: n.flatten_dict_items({"a": [1, 2]})),
        told(lambda: n.flatten_dict_items({(1, 2): [3, 4]})),
        [
            told(lambda value=value: n.flatten_dict_items(value))[0]
            for value in ([1], {(1, 2): (1,)}, {(1, 2): 3}, {(1, 1): (1, 2)}, {(1,): (1,), 1: 2})
        ],
    ]


@results
def fed_structures(tf: Any) -> Any:
    """Tuples of tensors are fed with structures of values."""
    with tf.Graph().as_default(), tf.Session() as session:
        a, b, c = (tf.placeholder(tf.float32, []) for _ in "abc")
        total = a + 10 * b + 100 * c
        state = tf.nn.rnn_cell.LSTMStateTuple(a, b)

        def fed(feeds: Any) -> Any:
            try:
                return float(session.run(total, feeds))
            except (TypeError, ValueError, tf.errors.InvalidArgumentError) as error:
                return type(error).__name__

        return [
            fed({(a, b, c): (1, 2, 3)}),
            fed({(a, (b, c)): [1, [2, 3]]}),
            fed({state: tf.nn.rnn_cell.LSTMStateTuple(1, 2), c: 3}),
            fed({(a.name, b): {"x": 1, "y": 2}, c: 3}),
            fed({(a, b): (1, 2, 3), c: 3}),
            fed({(a, b): np.float32([1, 2]), c: 3}),
            fed({(a, b): (1, 2), a: 1, c: 3}),
            fed({(a, b): (1, 2), (a, c): (1, 3)}),
            fed({(a, None): (1, 2)}),
            fed({(): (), a: 1, b: 2, c: 3}),
        ]
