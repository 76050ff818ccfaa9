"""What test cases assert of arrays, tensors and messages.

Source: tensorflow/python/framework/test_util.py:TensorFlowTestCase; those that it inherits, absl/testing/absltest.py:TestCase.
"""

from __future__ import annotations

import contextlib
import itertools
import re
import unittest
from collections.abc import Callable, Collection, Container, Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from minihub_runtime.api.defaults import get_default_session
from minihub_runtime.api.device import DeviceSpec
from minihub_runtime.api.elements import Tensor
from minihub_runtime.api.kinds import is_tensor
from minihub_runtime.api.nest import flatten, pack_sequence_as
from minihub_runtime.api.ragged.tensor import is_ragged
from minihub_runtime.api.testing.plain_assertions import PlainAssertions
from minihub_runtime.dtypes import as_dtype, to_float
from minihub_runtime.errors import InvalidArgumentError, OpError
from minihub_runtime.protos import parse_text
from minihub_runtime.versions import GRAPH_DEF_VERSION

__all__ = ["Assertions"]

#: Elements from which on an array is not shown as a whole, if it has more than `SHOWN_RANK` dimensions.
SHOWN = 500
SHOWN_RANK = 3
#: Places that a message lists at most.
LISTED = 10
#: What errors say of shapes that do not fit each other.
INCOMPATIBLE = (
    r"Incompatible shapes|Dimensions must be equal|required broadcastable shapes|must broadcast"
)


class Assertions(PlainAssertions):
    """Assertions about what can be made into arrays: arrays, tensors of the default graph, nested lists of these."""

    def evaluate(self, tensors: Any) -> Any:
        """The values of tensors, in the structure they come in, from the default session or that of this test."""
        session = get_default_session()
        with contextlib.ExitStack() as stack:
            if session is None:
                session = stack.enter_context(self._own_session())
            return pack_sequence_as(tensors, session.run(flatten(tensors)))

    def _own_session(self) -> contextlib.AbstractContextManager[Any]:
        """The session of this test."""
        raise NotImplementedError

    def evaluate_if_both_tensors(self, a: Any, b: Any) -> tuple[Any, Any]:
        """The values of two tensors from the same run; what is none stays as it is."""
        if is_tensor(a) and is_tensor(b):
            first, second = self.evaluate((a, b))
            return first, second
        return a, b

    def _array(self, value: Any) -> Any:
        """A value as an array."""
        found = self.evaluate(value) if is_tensor(value) else value
        if not isinstance(found, np.ndarray):
            try:
                found = np.array(found)
            except ValueError as error:
                if "inhomogeneous" not in str(error):
                    raise
                found = np.array(found, dtype=object)
        return found

    def _both(self, a: Any, b: Any) -> tuple[Any, Any]:
        a, b = self.evaluate_if_both_tensors(a, b)
        return self._array(a), self._array(b)

    def _same_shape(self, a: Any, b: Any, msg: str) -> None:
        shown = f" Contents: {b!r}." if b.ndim <= SHOWN_RANK or b.size < SHOWN else ""
        self.assertEqual(
            a.shape, b.shape, f"Shape mismatch: expected {a.shape}, got {b.shape}.{shown} {msg}"
        )

    def assertAllEqual(self, a: Any, b: Any, msg: str | None = None) -> None:
        """The same shape and elements; NaN equals NaN."""
        if is_ragged(a) or is_ragged(b):
            self.assertEqual(self._nested(a), self._nested(b), msg)
            self._same_raggedness(a, b, msg)
            return
        a, b = self._both(a, b)
        self._same_shape(a, b, msg or "")
        a, b = to_float(a), to_float(b)
        same = a == b
        if a.dtype.kind == "f" and b.dtype.kind in "fiub":
            same |= np.isnan(a) & np.isnan(b)
        if not np.all(same):
            a, b = _as_bytes(a, b)
            np.testing.assert_array_equal(a, b, err_msg=msg or "")

    def assertNotAllEqual(self, a: Any, b: Any, msg: str | None = None) -> None:
        """Another shape, or an element that differs."""
        self._refuse(
            lambda: self.assertAllEqual(a, b),
            f"The two values are equal at all elements. {msg or ''}",
        )

    def assertAllClose(
        self, a: Any, b: Any, rtol: float = 1e-6, atol: float = 1e-6, msg: str | None = None
    ) -> None:
        """The same structure, and elements of which `|a - b| <= atol + rtol · |b|`.

        Raises:
            ValueError: only one of two parts is a mapping, or lists that are no arrays differ in length.
        """
        self._close(a, b, rtol, atol, "", msg or "")

    def _close(self, a: Any, b: Any, rtol: float, atol: float, path: str, msg: str) -> None:
        if is_ragged(a) or is_ragged(b):
            self._lists_close(self._nested(a), self._nested(b), rtol, atol, "value", msg)
            self._same_raggedness(a, b, msg)
            return
        a, b = (x._asdict() if hasattr(x, "_asdict") else x for x in (a, b))
        if isinstance(a, Mapping) != isinstance(b, Mapping):
            raise ValueError(f"Can't compare dict to non-dict, a{path} vs b{path}. {msg}")
        if isinstance(a, Mapping):
            self.assertCountEqual(a.keys(), b.keys(), f"mismatched keys: a{path}, b{path}. {msg}")
            for key in a:
                self._close(a[key], b[key], rtol, atol, f"{path}[{key}]", msg)
            return
        told = f"Mismatched value: a{path} is different from b{path}. {msg}"
        if not isinstance(a, (list, tuple)):
            self._arrays_close(a, b, rtol, atol, told)
            return
        try:
            self._arrays_close(a, b, rtol, atol, told)
        except (ValueError, TypeError, NotImplementedError):
            # They are no arrays as a whole.
            if len(a) != len(b):
                raise ValueError(
                    f"Mismatched length: a{path} has {len(a)} items, but b{path} has {len(b)} items. {msg}"
                ) from None
            for number, (one, other) in enumerate(zip(a, b, strict=True)):
                self._close(one, other, rtol, atol, f"{path}[{number}]", msg)

    def _arrays_close(self, a: Any, b: Any, rtol: float, atol: float, msg: str) -> None:
        a, b = self._both(a, b)
        self._same_shape(a, b, msg)
        a, b = to_float(a), to_float(b)
        if not np.allclose(a, b, rtol=rtol, atol=atol):
            np.testing.assert_allclose(a, b, rtol, atol, err_msg=msg, equal_nan=True)

    def _lists_close(self, a: Any, b: Any, rtol: float, atol: float, path: str, msg: str) -> None:
        self.assertEqual(type(a), type(b))
        if not isinstance(a, (list, tuple)):
            self._close(a, b, rtol, atol, path, msg)
            return
        self.assertLen(a, len(b), f"Length differs for {path}")
        for number, (one, other) in enumerate(zip(a, b, strict=True)):
            self._lists_close(one, other, rtol, atol, f"{path}[{number}]", msg)

    def _nested(self, value: Any) -> Any:
        """A value as nested lists."""
        found = self.evaluate(value) if is_tensor(value) else value
        if is_ragged(found):
            return found.to_list()
        return found.tolist() if isinstance(found, np.ndarray) else np.array(found, object).tolist()

    def _same_raggedness(self, a: Any, b: Any, msg: str | None) -> None:
        if not isinstance(a, (list, tuple)) and not isinstance(b, (list, tuple)):
            first, second = (x.ragged_rank if is_ragged(x) else 0 for x in (a, b))
            self.assertEqual(first, second, msg)

    def assertAllCloseAccordingToType(
        self,
        a: Any,
        b: Any,
        rtol: float = 1e-6,
        atol: float = 1e-6,
        float_rtol: float = 1e-6,
        float_atol: float = 1e-6,
        half_rtol: float = 1e-3,
        half_atol: float = 1e-3,
        bfloat16_rtol: float = 1e-2,
        bfloat16_atol: float = 1e-2,
        msg: str | None = None,
    ) -> None:
        """As `assertAllClose`, with the tolerances of the type that has fewest bits."""
        a, b = self._both(a, b)
        types = {as_dtype(x.dtype).name for x in (a, b) if x.dtype.kind in "fcV"}
        for names, relative, absolute in (
            ({"float32", "complex64"}, float_rtol, float_atol),
            ({"float16"}, half_rtol, half_atol),
            ({"bfloat16"}, bfloat16_rtol, bfloat16_atol),
        ):
            if types & names:
                rtol, atol = max(rtol, relative), max(atol, absolute)
        self.assertAllClose(a, b, rtol, atol, msg)

    def assertNotAllClose(
        self, a: Any, b: Any, rtol: float = 1e-6, atol: float = 1e-6, msg: str | None = None
    ) -> None:
        """Elements, or shapes, of which some are not close."""
        self._refuse(
            lambda: self.assertAllClose(a, b, rtol, atol, msg),
            f"The two values are close at all elements. {msg or ''}",
        )

    def _refuse(self, check: Callable[[], None], msg: str) -> None:
        try:
            check()
        except AssertionError:
            return
        self.fail(msg)

    def assertNear(self, f1: float, f2: float, err: float, msg: str | None = None) -> None:
        """Two numbers that are equal, or differ by `err` at most."""
        told = "" if msg is None else f" ({msg})"
        self.assertTrue(f1 == f2 or abs(f1 - f2) <= err, f"{f1} != {f2} +/- {err}{told}")

    def assertArrayNear(
        self, farray1: Sequence[Any], farray2: Sequence[Any], err: float, msg: str | None = None
    ) -> None:
        """Two lists of as many numbers, each near its counterpart."""
        self.assertEqual(len(farray1), len(farray2), msg)
        for one, other in zip(farray1, farray2, strict=True):
            self.assertNear(float(one), float(other), err, msg)

    def assertNDArrayNear(
        self, ndarray1: Any, ndarray2: Any, err: float, msg: str | None = None
    ) -> None:
        """Two arrays whose difference has a norm below `err`."""
        self.assertTrue(np.linalg.norm(ndarray1 - ndarray2) < err, msg)

    def assertAllGreater(self, a: Any, comparison_target: Any) -> None:
        """All elements above a number."""
        a, comparison_target = self.evaluate_if_both_tensors(a, comparison_target)
        self.assertGreater(np.min(self._array(a)), comparison_target)

    def assertAllLess(self, a: Any, comparison_target: Any) -> None:
        """All elements below a number."""
        a, comparison_target = self.evaluate_if_both_tensors(a, comparison_target)
        self.assertLess(np.max(self._array(a)), comparison_target)

    def assertAllGreaterEqual(self, a: Any, comparison_target: Any) -> None:
        """No element below a number."""
        a, comparison_target = self.evaluate_if_both_tensors(a, comparison_target)
        self.assertGreaterEqual(np.min(self._array(a)), comparison_target)

    def assertAllLessEqual(self, a: Any, comparison_target: Any) -> None:
        """No element above a number."""
        a, comparison_target = self.evaluate_if_both_tensors(a, comparison_target)
        self.assertLessEqual(np.max(self._array(a)), comparison_target)

    def assertAllInRange(
        self,
        target: Any,
        lower_bound: Any,
        upper_bound: Any,
        open_lower_bound: bool = False,
        open_upper_bound: bool = False,
    ) -> None:
        """All elements between two numbers, which belong to the range unless it is open there; none is NaN."""
        target = self._array(target)
        if target.dtype.kind not in "fiu":
            self.fail(
                f"The value of {target} does not have an ordered numeric type, instead it has type: {target.dtype}"
            )
        missing = np.isnan(target)
        if missing.any():
            self.fail(
                f"{np.count_nonzero(missing)} of the {target.size} element(s) are NaN.\n"
                + _listed(missing, target)
            )
        below = target <= lower_bound if open_lower_bound else target < lower_bound
        above = target >= upper_bound if open_upper_bound else target > upper_bound
        outside = below | above
        if outside.any():
            opening, closing = "[("[open_lower_bound], "])"[open_upper_bound]
            self.fail(
                f"{np.count_nonzero(outside)} of the {target.size} element(s) are outside the range "
                f"{opening}{lower_bound}, {upper_bound}{closing}.\n" + _listed(outside, target)
            )

    def assertAllInSet(self, target: Any, expected_set: Collection[Any]) -> None:
        """All elements are some of these."""
        others = np.setdiff1d(self._array(target).flatten(), list(expected_set))
        if others.size:
            self.fail(
                f"{others.size} unique element(s) are not in the set {expected_set}: {others}"
            )

    def assertDTypeEqual(self, target: Any, expected_dtype: Any) -> None:
        """The elements have this type."""
        self.assertEqual(self._array(target).dtype, expected_dtype)

    def assertShapeEqual(self, input_a: Any, input_b: Any, msg: str | None = None) -> None:
        """The same shape; of tensors, the one that is known of them.

        Raises:
            TypeError: they are neither arrays nor tensors.
        """
        shapes: list[Any] = []
        for name, value in (("input_a", input_a), ("input_b", input_b)):
            if not isinstance(value, (np.ndarray, np.generic, Tensor)):
                raise TypeError(
                    f"{name} must be a Numpy ndarray, Numpy scalar, or a Tensor. Instead received {type(value)}"
                )
            shapes.append(value.get_shape().as_list() if isinstance(value, Tensor) else value.shape)
        first, second = shapes
        self.assertAllEqual(first, second, msg)

    def assertDeviceEqual(self, device1: Any, device2: Any, msg: str | None = None) -> None:
        """Two devices, as text or DeviceSpec, are the same however they are written."""
        first, second = (
            x.to_string()
            if isinstance(x, DeviceSpec)
            else DeviceSpec.from_string(x or "").to_string()
            for x in (device1, device2)
        )
        self.assertEqual(first, second, f"Devices {first} and {second} are not equal. {msg}")

    def assertDictEqual(self, d1: Any, d2: Any, msg: Any = None) -> None:
        """The same keys and values, which may be arrays or tensors; real numbers are close."""
        try:
            super().assertDictEqual(d1, d2, msg)
        except (AssertionError, TypeError, ValueError):
            # What has arrays in it cannot be compared as a whole.
            self.assertSameElements(d1.keys(), d2.keys())
            for key, value in d1.items():
                first, _ = self._both(value, d2[key])
                check = self.assertAllClose if first.dtype.kind == "f" else self.assertAllEqual
                check(value, d2[key], msg=key)

    def assertProtoEquals(
        self,
        expected_message_maybe_ascii: Any,
        message: Any,
        msg: str | None = None,
        relative_tolerance: float | None = None,
    ) -> None:
        """A message that says the same as another one, or as its text form.

        Args:
            expected_message_maybe_ascii: a message of the same type, or text.
            message: the message.
            msg: shown besides.
            relative_tolerance: by what share of the larger one numbers may differ.
        """
        expected = expected_message_maybe_ascii
        if isinstance(expected, (str, bytes)):
            text = expected.encode() if isinstance(expected, str) else expected
            expected = parse_text(type(message), text, "the expected message")
        elif not isinstance(expected, type(message)):
            self.fail(f"Can't compare protos of type {type(expected)} and {type(message)}.")
        if expected == message or (
            relative_tolerance is not None and _near(expected, message, relative_tolerance)
        ):
            return
        # NaN differs from itself in messages, not in their texts.
        self.assertMultiLineEqual(str(expected), str(message), msg)

    def assertProtoEqualsVersion(
        self,
        expected: str,
        actual: Any,
        producer: int = GRAPH_DEF_VERSION,
        min_consumer: int = 0,
        msg: str | None = None,
    ) -> None:
        """A GraphDef as text says, of these versions."""
        versions = f"versions {{ producer: {producer} min_consumer: {min_consumer} }};\n"
        self.assertProtoEquals(versions + expected, actual, msg=msg)

    def assertStartsWith(self, actual: str, expected_start: str, msg: str | None = None) -> None:
        """Text that begins so."""
        if not actual.startswith(expected_start):
            told = f" : {msg!r}" if msg else ""
            self.fail(f"{actual!r} does not start with {expected_start!r}{told}")

    def assertEndsWith(self, actual: str, expected_end: str, msg: str | None = None) -> None:
        """Text that ends so."""
        if not actual.endswith(expected_end):
            told = f" : {msg}" if msg else ""
            self.fail(f"{actual!r} does not end with {expected_end!r}{told}")

    @contextlib.contextmanager
    def assertRaisesWithPredicateMatch(
        self, exception_type: type[BaseException], expected_err_re_or_predicate: Any
    ) -> Iterator[None]:
        """A context that must raise an exception of which a function is true, or in whose text an expression is found.

        The text of an error of the runtime names the operation that raised it, too.
        """

        def matches(error: BaseException) -> Any:
            if callable(expected_err_re_or_predicate):
                return expected_err_re_or_predicate(error)
            text = str(error)
            if isinstance(error, OpError):
                text = error.message + (f"\nCaused by: {error.node}" if error.node else "")
            return re.search(expected_err_re_or_predicate, text)

        try:
            yield
        except Exception as error:
            if isinstance(error, exception_type) and matches(error):
                return
            raise AssertionError(f"Exception of type {type(error)}: {error}") from error
        self.fail(f"{exception_type.__name__} not raised")

    def assertRaisesOpError(
        self, expected_err_re_or_predicate: Any
    ) -> contextlib.AbstractContextManager[None]:
        """As `assertRaisesWithPredicateMatch`, for errors of the runtime."""
        return self.assertRaisesWithPredicateMatch(OpError, expected_err_re_or_predicate)

    def assertRaisesIncompatibleShapesError(
        self, exception_type: type[BaseException] = InvalidArgumentError
    ) -> contextlib.AbstractContextManager[None]:
        """A context that must raise an error about shapes that do not fit each other."""
        return self.assertRaisesWithPredicateMatch(exception_type, INCOMPATIBLE)

    assertRaisesRegexp = unittest.TestCase.assertRaisesRegex
    assertItemsEqual = unittest.TestCase.assertCountEqual

    def assertLen(self, container: Any, expected_len: int, msg: str | None = None) -> None:
        """So many items."""
        if len(container) != expected_len:
            told = f" : {msg}" if msg else ""
            self.fail(
                f"{container!r} has length of {len(container)}, expected {expected_len}.{told}"
            )

    def assertEmpty(self, container: Any, msg: str | None = None) -> None:
        """No item."""
        if len(container):
            self.fail(f"{container!r} has length of {len(container)}.{' : ' + msg if msg else ''}")

    def assertNotEmpty(self, container: Any, msg: str | None = None) -> None:
        """An item at least."""
        if not len(container):
            self.fail(f"{container!r} has length of 0.{' : ' + msg if msg else ''}")

    def assertSameElements(
        self, expected_seq: Iterable[Any], actual_seq: Iterable[Any], msg: str | None = None
    ) -> None:
        """The same items, however often each comes."""
        expected, actual = list(expected_seq), list(actual_seq)
        self.assertContainsSubset(expected, actual, msg)
        self.assertContainsSubset(actual, expected, msg)

    def assertContainsSubset(
        self, expected_subset: Iterable[Any], actual_set: Container[Any], msg: str | None = None
    ) -> None:
        """All of these are among those."""
        missing = [item for item in expected_subset if item not in actual_set]
        if missing:
            self.fail(
                f"Missing elements {missing}, expected in {actual_set}{' : ' + msg if msg else ''}"
            )

    def assertBetween(self, value: Any, minv: Any, maxv: Any, msg: str | None = None) -> None:
        """A value between two, which belong to the range."""
        if not minv <= value <= maxv:
            told = f" : {msg}" if msg else ""
            self.fail(f"{value!r} unexpectedly not between {minv!r} and {maxv!r}{told}")


def _as_bytes(a: Any, b: Any) -> tuple[Any, Any]:
    """Arrays of which one has text and one has bytes, both with bytes."""
    kinds = {a.dtype.kind, b.dtype.kind}
    if len(kinds) == 1 or not kinds <= set("USO"):
        return a, b
    first, second = (
        np.array([x.encode() if isinstance(x, str) else x for x in array.flat]) for array in (a, b)
    )
    return first, second


def _listed(where: Any, values: Any) -> str:
    """Some places where a condition holds, and what lies there."""
    places = np.argwhere(where)
    lines = [f"  {place} : {values[tuple(place)]}" for place in itertools.islice(places, LISTED)]
    return "\n".join(lines + ["  ..."] * (len(places) > LISTED))


def _near(a: Any, b: Any, tolerance: float) -> bool:
    """Whether two messages say the same but for numbers that differ by a share of the larger one."""
    if hasattr(a, "ListFields"):
        first, second = (
            {field.name: value for field, value in message.ListFields()} for message in (a, b)
        )
        return first.keys() == second.keys() and all(
            _near(value, second[name], tolerance) for name, value in first.items()
        )
    if isinstance(a, float) and isinstance(b, float):
        return a == b or abs(a - b) <= tolerance * max(abs(a), abs(b))
    if isinstance(a, Mapping):
        return a.keys() == b.keys() and all(_near(a[key], b[key], tolerance) for key in a)
    if isinstance(a, (str, bytes, int, float)):
        return bool(a == b)
    return len(a) == len(b) and all(
        _near(one, other, tolerance) for one, other in zip(a, b, strict=True)
    )
