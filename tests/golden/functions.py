"""The functions that samples name, built by TensorFlow; the runtime reads the very FunctionDefs.

    python -m tests.golden.functions

writes them to `functions.pb`.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import tensorflow as tf
from tensorflow.core.framework import attr_value_pb2, function_pb2
from tensorflow.python.framework import function as defun

F, N, L, V = tf.float32, tf.int32, tf.int64, tf.variant


def branching(x: Any) -> Any:
    """One of two functions of `x`, chosen by its sum."""
    return tf.raw_ops.StatelessIf(
        cond=tf.reduce_sum(x) > 0,
        input=[x],
        Tout=[F],
        then_branch=function("square"),
        else_branch=function("negated"),
    )[0]


def looping(x: Any) -> Any:
    """`x`, doubled some times."""
    body, condition = function("step_squared"), function("below_ten")
    return tf.raw_ops.StatelessWhile(input=[x, tf.constant(1)], cond=condition, body=body)[0]


def numbers_below(x: Any) -> Any:
    """The dataset of the numbers from 0 up to `x`."""
    types = {"output_types": [L], "output_shapes": [[]]}
    return tf.raw_ops.RangeDataset(start=tf.constant(0, L), stop=x, step=tf.constant(1, L), **types)


def batched(key: Any, window: Any) -> Any:
    """A dataset of all elements of one, together."""
    del key
    return tf.raw_ops.BatchDatasetV2(
        input_dataset=window,
        batch_size=tf.constant(9, L),
        drop_remainder=False,
        output_types=[L],
        output_shapes=[[None]],
    )


#: Name → types of the arguments, and what it computes.
TABLE: dict[str, tuple[tuple[Any, ...], Callable[..., Any]]] = {
    "twice": ((F,), lambda x: x + x),
    "square": ((F,), lambda x: x * x),
    "negated": ((F,), lambda x: -x),
    "swapped": ((F, N), lambda x, n: (n, x)),
    "swapped_back": ((N, F), lambda n, x: (x, n)),
    "constants": ((), lambda: (tf.constant([1.0, 2.0]), tf.constant(b"text"))),
    "nothing": ((F,), lambda x: None),
    "failing": ((F,), lambda x: tf.raw_ops.Reshape(tensor=x, shape=[99])),
    "below_ten": ((F, N), lambda x, n: n < 10),
    "below_ten_as_float": ((F, N), lambda x, n: tf.cast(n < 10, F)),
    "vector_truth": ((F, N), lambda x, n: tf.zeros([tf.maximum(0, 3 - n)])),
    "never": ((F, N), lambda x, n: tf.constant(False)),
    "two_values": ((F, N), lambda x, n: (n < 10, n)),
    "step": ((F, N), lambda x, n: (x * 2.0, n + 3)),
    "step_squared": ((F, N), lambda x, n: (x * x, n + 4)),
    "growing": ((F, N), lambda x, n: (tf.concat([x, x], 0), n + 3)),
    "add_index": ((N, F), lambda i, x: x + tf.cast(i, F)),
    "append_index": ((N, F), lambda i, x: tf.concat([x, [tf.cast(i, F)]], 0)),
    "twice_twice": ((F,), lambda x: function("twice")(function("twice")(x))),
    "branching": ((F,), branching),
    "looping": ((F,), looping),
    "product": ((F, F), lambda x, y: tf.nn.softmax(tf.matmul(x, y) + tf.reduce_sum(x))),
    "half_slope": ((F, F), lambda x, slope: slope / 2.0),
    "with_gradient": ((F,), lambda x: x * 3.0),
    "plus_one": ((L,), lambda x: x + 1),
    "plus": ((L, L), lambda x, y: x + y),
    "divided": ((L, L), lambda x, y: x // y),
    "repeated": ((L,), lambda x: tf.fill([x], x)),
    "sum_and_product": ((L, L), lambda x, y: (x + y, x * y)),
    "product_of_two": ((L, L), lambda x, y: x * y),
    "sixth": ((L,), lambda x: tf.constant(6, L) // x),
    "is_even": ((L,), lambda x: tf.equal(x % 2, 0)),
    "is_small": ((L,), lambda x: x < 2),
    "remainder": ((L,), lambda x: x % 2),
    "two": ((L,), lambda x: tf.constant(2, L)),
    "three": ((L,), lambda x: tf.constant(3, L)),
    "seven": ((), lambda: tf.constant(7, L)),
    "zero": ((), lambda: tf.constant(0, L)),
    "none_left": ((L,), lambda x: tf.constant(0, L)),
    "pair_of_truths": ((L,), lambda x: tf.constant([True, False])),
    "drawn": ((L,), lambda x: x + tf.random.uniform([], 0, 1000, L, seed=3)),
    "numbers_below": ((L,), numbers_below),
    "batched": ((L, V), batched),
    "whole": ((V,), lambda x: batched(0, x)),
    "dataset": ((), lambda: numbers_below(tf.constant(3, L))),
    "without_gradient": ((F,), lambda x: tf.raw_ops.Bincount(arr=[0, 1], size=2, weights=x)),
}
#: Name → the name of the function that is its gradient.
GRADIENTS = {"with_gradient": "half_slope"}


def function(name: str) -> Any:
    """The function of that name, to be added to the graph that calls it."""
    if name not in TABLE:
        return attr_value_pb2.NameAttrList(name=name)
    kinds, body = TABLE[name]
    gradient = function(GRADIENTS[name]) if name in GRADIENTS else None
    return defun.Defun(*kinds, func_name=name, grad_func=gradient)(body)


def main() -> None:
    """Write `functions.pb`."""
    library = function_pb2.FunctionDefLibrary()
    with tf.Graph().as_default() as graph:
        for name in TABLE:
            function(name).add_to_graph(graph)
        for found in sorted(graph.as_graph_def().library.function, key=lambda f: f.signature.name):
            library.function.add().CopyFrom(found)
        for name, gradient in GRADIENTS.items():
            library.gradient.add(function_name=name, gradient_func=gradient)
    path = Path(__file__).parent / "functions.pb"
    path.write_bytes(library.SerializeToString(deterministic=True))
    print(f"{len(library.function)} functions")


if __name__ == "__main__":
    main()
