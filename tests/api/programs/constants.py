"""Python values as constants and as tensors."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.api.programs import message, program
from tests.api.programs.operators import run


def told(function: Any) -> Any:
    """The type and shape of a tensor, or the kind of an error and how its text begins."""
    try:
        tensor = function()
    except (TypeError, ValueError) as error:
        return [type(error).__name__, str(error)[:35]]
    return [tensor.dtype.name, str(tensor.shape)]


@program
def values(tf: Any) -> Any:
    accepted: list[Any] = [
        (2**31,),
        (2**63,),
        (True, tf.float32),
        (True, tf.int32),
        (300, tf.uint8),
        (-1, tf.uint8),
        (np.array([1.7]), tf.int32),
        (np.float64(1.5),),
        ([np.float64(1.5)],),
        ([np.float32(1.5), 2],),
        ([np.int64(3)],),
        (np.int64(3),),
        (1 + 2j,),
        (1, tf.complex64),
        ("a",),
        ([b"a", "b"],),
        (np.array(["a", "bc"]),),
        (np.array([b"a", "b"], object),),
        ([],),
        ([[]],),
        ([], tf.int32),
        ([tf.Dimension(3), 1], tf.int32),
        ([(1,), (2,)], tf.qint8),
        (np.array([1, 2]), tf.qint8),
        (b"x", tf.string),
        (bytearray(b"ab"),),
        (1e400,),
        (10**30, tf.float32),
        ([1, 2.5],),
        ([True, 1],),
        ([True, 1.5], tf.float32),
        (np.bool_(True), tf.int32),
        (1.5, tf.bfloat16),
        (1, tf.float16),
        ([1, 2], tf.int32, [3]),
        (1, tf.int32, [2, 2]),
        ([], tf.float32, [2]),
        ([1], tf.float32, [0]),
    ]
    made = [tf.constant(*arguments) for arguments in accepted]
    shown = [item for item in made if item.dtype.name not in ("qint8", "bfloat16")]
    return run(tf, shown)


@program
def values_that_are_refused(tf: Any) -> Any:
    refused: list[Any] = [
        (1, tf.bool),
        (1.5, tf.int32),
        (["a", 1],),
        (["a", 1], tf.string),
        (np.array([1, 2], object),),
        (tf.Dimension(3),),
        ([tf.Dimension(3), 1],),
        ([tf.Dimension(3), 1], tf.float32),
        (None,),
        ([None, 1],),
        ([None, 1], tf.int32),
        ({1: 2},),
        (tf.float32,),
        (np.array([1, 2]), tf.string),
        ([1, 2, 3], tf.int32, [2]),
        (1, None, [2], "C", True),
        ([1, 2, 3, 4], None, [2, 2], "C", True),
    ]
    texts = [message(lambda arguments=arguments: tf.constant(*arguments)) for arguments in refused]
    return [text.partition(" See https")[0] for text in texts]


@program
def lists_with_tensors(tf: Any) -> Any:
    x = tf.placeholder(tf.float32, [2, 3])
    n = tf.placeholder(tf.int32)
    attempts: list[Any] = [
        ([n, 1.5], {}),
        ([n, tf.Dimension(3)], {}),
        ([[n, 1], [2, 3]], {}),
        ([n, np.int64(3)], {}),
        ([n, n], {"dtype": tf.float32}),
        ([1, 2], {"preferred_dtype": tf.float32}),
        ([1.5, 2], {"preferred_dtype": tf.int32}),
        ([1, 2], {"dtype_hint": tf.float64}),
        ((x, x), {}),
        ([x, [[1, 2, 3], [4, 5, 6]]], {}),
        ([(n, 1)], {"name": "foo"}),
        (tf.TensorShape([2, 3]), {}),
        (tf.TensorShape([2, 3]), {"dtype": tf.int64}),
        (tf.TensorShape([None]), {}),
        (tf.Dimension(4), {}),
        (x, {"dtype": tf.int32}),
        (n.op, {}),
    ]
    return [
        told(lambda value=value, options=options: tf.convert_to_tensor(value, **options))
        if value is not n
        else None
        for value, options in attempts
    ]


@program
def conversions_of_ones_own(tf: Any) -> Any:
    class Celsius:
        def __init__(self, degrees: float) -> None:
            self.degrees = degrees

    def convert(value: Any, dtype: Any = None, name: Any = None, as_ref: bool = False) -> Any:
        del as_ref
        return tf.constant(value.degrees, dtype, name=name or "celsius")

    tf.register_tensor_conversion_function(Celsius, convert)
    fetches = [
        tf.convert_to_tensor(Celsius(3.0)),
        tf.add(1.0, Celsius(4.0)),
        tf.identity(Celsius(5.0)),
    ]
    wrong = [
        message(lambda: tf.register_tensor_conversion_function(3, convert)),
        message(lambda: tf.register_tensor_conversion_function(int, convert)),
    ]
    return [run(tf, fetches), wrong]


@program
def protocol_messages(tf: Any) -> Any:
    values = [1, 2.5, ["a", "b"], [[True], [False]], np.arange(3.0)]
    protos = [tf.make_tensor_proto(value) for value in values]
    protos += [
        tf.make_tensor_proto([1, 2], tf.float64, [2, 1]),
        tf.make_tensor_proto(7, tf.int64, [2], allow_broadcast=True),
    ]
    arrays = [tf.make_ndarray(proto) for proto in protos]
    wrong = [
        message(lambda: tf.make_tensor_proto([1, 2], shape=[3], verify_shape=True)),
        message(lambda: tf.make_tensor_proto([1, 2], shape=[3], allow_broadcast=True)),
        message(lambda: tf.make_tensor_proto(1, verify_shape=True, allow_broadcast=True)),
    ]
    texts = [proto.SerializeToString().hex() for proto in protos]
    return [arrays, wrong, texts, tf.get_static_value(tf.range(3)), tf.get_static_value(5)]
