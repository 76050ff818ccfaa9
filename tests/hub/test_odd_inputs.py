"""What people pass to `minihub.load(handle)`: arrays of all kinds of memory, lists, numbers as objects, and what is nothing of the kind."""

from __future__ import annotations

import array
import decimal
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import minihub
import minihub_runtime as tf
from minihub.demo import FOLDER as DEMO
from minihub_runtime.dtypes import float_to_bfloat16
from minihub_runtime.errors import DeadlineExceededError, InvalidArgumentError
from minihub_runtime.values import as_array

DATA = Path(__file__).parents[1] / "data" / "modules"
HALF = minihub.load(DATA / "half_plus_two")
IMAGE = minihub.load(DATA / "image")
TEXT = minihub.load(DEMO)
NUMBERS = np.arange(10, dtype=np.float32)


@pytest.mark.parametrize(
    "value",
    [
        NUMBERS[::2],
        NUMBERS[::-1],
        NUMBERS.astype(">f4"),
        NUMBERS.astype(">f8"),
        NUMBERS.astype(">i8"),
        NUMBERS.astype(np.float16),
        NUMBERS.astype(np.longdouble),
        NUMBERS.astype(object),
        NUMBERS.astype(int).astype(object),
        np.broadcast_to(np.float32(3), (4,)),
        np.ma.array([1.0, 2.0]),
        array.array("d", [1, 2]),
        memoryview(NUMBERS),
        range(3),
        (1, 2.5),
        [np.float32(1), np.float64(2)],
        float_to_bfloat16(NUMBERS),
        [],
        NUMBERS[:0],
        NUMBERS[:0].astype(object),
    ],
)
def test_numbers(value: Any) -> None:
    expected = (
        NUMBERS
        if getattr(value, "dtype", np.dtype(int)).names
        else np.array(value, np.float32)
    )  # fmt: skip
    found = HALF(value)
    assert found.dtype == np.float32
    assert np.array_equal(found, expected / 2 + 2)


def test_integers_beyond_64_bits() -> None:
    assert HALF([10**30]) == np.float32(5e29)
    with pytest.raises(InvalidArgumentError, match="must fit float32, but has integers beyond it"):
        HALF([10**400])
    for dtype, most in ((tf.int64, 2**63 - 1), (tf.uint64, 2**64 - 1)):
        with pytest.raises(InvalidArgumentError, match=rf", {most}\], not \[1, {10**30}\]"):
            as_array([1, 10**30], dtype)
    assert as_array([2**64 - 1], tf.uint64)[0] == 2**64 - 1


def test_integers_with_and_without_signs_fit_by_their_values() -> None:
    """Labels as files of images have them, uint8, are fed to placeholders of int32 and int64."""
    labels = tf.placeholder(tf.int64, [None])
    with tf.Session() as session:
        assert session.run(labels + 0, {labels: np.array([1, 200], np.uint8)}).tolist() == [1, 200]
    for kind in (np.uint8, np.uint32, np.uint64):
        found = as_array(np.array([3], kind), tf.int32)
        assert (found.dtype, found.tolist()) == (np.int32, [3])
    with pytest.raises(
        InvalidArgumentError, match=r"must fit int8, \[-128, 127\], not \[200, 200\]"
    ):
        as_array(np.array([200], np.uint8), tf.int8)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (np.ma.array([1.0, 2.0], mask=[0, 1]), "must have a value everywhere, but is masked"),
        (np.array(["2020-01-01"], "M8[D]"), r"must be of type float32, not datetime64\[D\]"),
        (np.array([5], "m8[s]"), r"must be of type float32, not timedelta64\[s\]"),
        (np.zeros(2, [("a", "f4")]), r"must be of type float32, not \[\('a'"),
        ([None], "not objects, among them None"),
        ([1.0, None], "not objects, among them None"),
        ([decimal.Decimal(1)], "not objects, among them Decimal"),
        ([{}], "not objects, among them dict"),
        ((x for x in [1.0]), "not objects, among them generator"),
        (["a"], "not text"),
        ([b"a"], "not bytes"),
        ([1, "a"], "not text"),
        ([True], "not bool"),
        (np.array([True, False], object), "not bool"),
        ([1j], "complex128 values would lose digits"),
        (np.array([1j], object), "complex128 values would lose digits"),
        ([[1.0], [1.0, 2.0]], "must be a rectangular array"),
        (3.0, r"must have shape \[\?\], not \[\]; one example must be passed as a batch of one"),
        (np.zeros((0, 3)), r"must have shape \[\?\], not \[0,3\]"),
    ],
)  # fmt: skip
def test_what_are_no_numbers_that_fit(value: Any, message: str) -> None:
    with pytest.raises(InvalidArgumentError, match=f"input 'default' .*{message}"):
        HALF(value)


def test_masked_text() -> None:
    with pytest.raises(InvalidArgumentError, match="is masked in places"):
        TEXT(np.ma.array(["file", "error"], mask=[0, 1]))
    assert np.array_equal(TEXT(np.ma.array(["file", "error"])), TEXT(["file", "error"]))


def test_text_that_utf_8_cannot_spell() -> None:
    with pytest.raises(InvalidArgumentError, match=r"input 'default' must hold text that UTF-8 can spell, .*: '\\ud800'"):  # fmt: skip
        TEXT(["\ud800"])
    assert np.array_equal(TEXT(["\udcff"]), TEXT([b"\xff"]))


def test_images_in_all_kinds_of_memory() -> None:
    image = np.random.default_rng(0).random((2, 8, 8, 3), np.float32)
    expected = IMAGE(image)
    planes = np.ascontiguousarray(image.transpose(0, 3, 1, 2)).transpose(0, 2, 3, 1)
    for same in (np.asfortranarray(image), planes, image.astype(">f4"), image[::-1][::-1], image.tolist()):  # fmt: skip
        assert np.array_equal(IMAGE(same), expected)
    assert IMAGE(image[:0]).shape == (0, 4)
    for wrong in (image[0], image[..., :1], image[None]):
        with pytest.raises(InvalidArgumentError, match=r"must have shape \[\?,8,8,3\], not"):
            IMAGE(wrong)


@pytest.mark.parametrize("timeout", ["a", float("nan"), [1]])
def test_timeouts_that_are_none(timeout: Any) -> None:
    with pytest.raises(InvalidArgumentError, match="timeout must be a number of seconds, not"):
        HALF([1.0], timeout=timeout)


@pytest.mark.parametrize("timeout", [0, -1, np.float32(0)])
def test_timeouts_that_have_passed(timeout: Any) -> None:
    with pytest.raises(DeadlineExceededError):
        HALF([1.0], timeout=timeout)
    assert HALF([1.0], timeout=float("inf")) == [2.5]


def test_tables_of_pandas() -> None:
    pandas = pytest.importorskip("pandas")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        table = pandas.DataFrame({"n": [1, 2.5], "o": pandas.Series([1, 2.5], dtype=object), "m": [1, None], "t": ["file", "error"]})  # fmt: skip
    assert np.array_equal(HALF(table["n"]), [2.5, 3.25])
    assert np.array_equal(HALF(table["o"]), [2.5, 3.25])
    assert np.array_equal(HALF(table["m"]), [2.5, np.nan], equal_nan=True)
    assert np.array_equal(TEXT(table["t"]), TEXT(["file", "error"]))
    with pytest.raises(InvalidArgumentError, match="among them NAType"):
        HALF(pandas.Series([1, pandas.NA], dtype=object))


def test_features_that_are_masked() -> None:
    features = np.ma.array(np.zeros((4, 8, 8, 3), np.float32), mask=False)
    features[0, 0, 0, 0] = np.ma.masked
    with pytest.raises(InvalidArgumentError, match="'images' must have a value everywhere"):
        minihub.finetune(DATA / "image", features, ["a", "b", "a", "b"])


def test_feeds_of_sessions_are_as_in_tensorflow() -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, [None])
        value = np.ma.array([1.0, 2.0], mask=[0, 1])
        assert session.run(x + 1.0, {x: value}).tolist() == [2.0, 3.0]
        value = np.array([1, 2.5], object)
        assert session.run(x + 1.0, {x: value}).tolist() == [2.0, 3.5]
        y = tf.placeholder(tf.int64, [None])
        for value, number in (
            (np.array(["2020-01-01"], "M8[D]"), 18262),
            (np.array([5], "m8[s]"), 5),
        ):
            assert session.run(x + 1.0, {x: value}).tolist() == [number + 1.0]
            assert session.run(y + 1, {y: value}).tolist() == [number + 1]


@pytest.fixture(scope="module")
def kinds(tmp_path_factory: pytest.TempPathFactory) -> minihub.LoadedModule:
    """A module with an input of each kind."""

    def module_fn() -> None:
        sparse = tf.sparse_placeholder(tf.float32, [None, 4])
        minihub.add_signature("sparse", sparse, tf.sparse.to_dense(sparse))
        ragged = tf.ragged.placeholder(tf.float32, 1, [])
        minihub.add_signature("ragged", ragged, ragged.to_tensor())
        words = tf.ragged.placeholder(tf.string, 1, [])
        minihub.add_signature("words", words, words.to_tensor())
        pairs = tf.ragged.placeholder(tf.float32, 1, [2])
        minihub.add_signature("pairs", pairs, pairs.to_tensor())
        for dtype in (tf.int32, tf.bool):
            x = tf.placeholder(dtype, [None])
            minihub.add_signature(dtype.name, x, tf.identity(x))

    path = tmp_path_factory.mktemp("kinds") / "m"
    with tf.Graph().as_default(), tf.Session() as session:
        minihub.Module(minihub.create_module_spec(module_fn)).export(path, session)
    return minihub.load(path)


@pytest.mark.parametrize(
    ("signature", "value", "found"),
    [
        ("ragged", [[1.0], [2.0, 3.0]], [[1, 0], [2, 3]]),
        ("ragged", [[1], [2]], [[1], [2]]),
        ("ragged", np.array([[1.0], [2.0, 3.0]], object), [[1, 0], [2, 3]]),
        ("ragged", [[], []], np.zeros((2, 0))),
        ("ragged", [], np.zeros((0, 0))),
        ("words", [["a"], ["b", b"c"]], [[b"a", b""], [b"b", b"c"]]),
        ("words", [[], []], np.zeros((2, 0))),
        ("pairs", [[[1, 2]], []], [[[1, 2]], [[0, 0]]]),
        ("pairs", [[], []], np.zeros((2, 0, 2))),
        ("pairs", [], np.zeros((0, 0, 2))),
        ("ragged", (np.ones(3), ([0, 1, 3],)), [[1, 0], [1, 1]]),
        ("sparse", (np.array([[0, 1]], ">i8"), np.array([1], object), [1, 4]), [[0, 1, 0, 0]]),
        ("int32", np.array([1, 2], object), [1, 2]),
        ("bool", np.array([True, False], object), [True, False]),
    ],
)
def test_other_kinds(kinds: minihub.LoadedModule, signature: str, value: Any, found: Any) -> None:
    assert np.array_equal(kinds(value, signature=signature), found)


@pytest.mark.parametrize(
    ("signature", "value", "message"),
    [
        ("ragged", [[None]], "values of input 'default' must be of type float32, not objects, among them None"),
        ("ragged", [["a"]], "values of input 'default' must be of type float32, not text"),
        ("ragged", [[1.0], 2.0], "must be lists nested 2 deep"),
        ("ragged", np.ma.array([[1.0, 2.0]], mask=[[0, 1]]), "masked in places"),
        ("ragged", [np.ma.array([1.0, 2.0], mask=[0, 1])], "masked in places"),
        ("ragged", [np.array(1.0)], "must be lists nested 2 deep"),
        ("ragged", np.array(1.0), "must be nested lists or a RaggedTensorValue of ragged rank 1, not ndarray"),
        ("ragged", [{1.0, 2.0}], "must be lists nested 2 deep"),
        ("ragged", [[[1.0]]], r"must have shape \[\?,\?\], not \[1,\?,1\]"),
        ("ragged", ([1.0, 2.0], [[0, 1.5, 2]]), "row splits of level 0 of input 'default' must be of type int64; float64 values would lose digits"),
        ("ragged", ([1.0, 2.0], [[0, None, 2]]), "row splits of level 0 of input 'default' must be of type int64, not objects"),
        ("ragged", ([1.0, 2.0], [[0, 2**70]]), "row splits of level 0 of input 'default' must fit int64"),
        ("ragged", ([1.0, 2.0], [[]]), "row splits of level 0 must rise from 0 to 2"),
        ("ragged", ([1.0, 2.0], 2), "must be nested lists or a RaggedTensorValue of ragged rank 1, not tuple"),
        ("ragged", ([1.0, 2.0], [[0, 1], [0, 2]]), "must be of ragged rank 1, not 2"),
        ("ragged", (1.0, [[0, 1]]), "values of input 'default' must be a list, not a single value"),
        ("pairs", [[[1, 2, 3]]], r"must have shape \[\?,\?,2\], not \[1,\?,3\]"),
        ("words", [{"a": 1}], "must be lists nested 2 deep"),
        ("words", [[None]], "values of input 'default' must hold text or bytes, not NoneType"),
        ("words", [[1]], "values of input 'default' must hold text or bytes, not int"),
        ("sparse", ([[0, 1]], np.ma.array([1.0], mask=[1]), [1, 4]), "masked in places"),
        ("sparse", ([[0, 1]], ["a"], [1, 4]), "values of input 'default' must be of type float32, not text"),
        ("int32", np.array([2**40], object), "must fit int32"),
        ("int32", [1.0], "float64 values would lose digits"),
        ("bool", [1], "must be of type bool"),
    ],
)  # fmt: skip
def test_other_kinds_that_do_not_fit(
    kinds: minihub.LoadedModule, signature: str, value: Any, message: str
) -> None:
    with pytest.raises(InvalidArgumentError, match=message):
        kinds(value, signature=signature)
