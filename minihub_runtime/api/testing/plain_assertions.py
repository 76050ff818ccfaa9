"""What test cases assert of texts, sequences, mappings and errors, which have nothing of TensorFlow in them.

Left out of absl's are those of commands and of dataclasses, temporary files and recorded properties.

Source: absl/testing/absltest.py:TestCase.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import operator
import re
import unittest
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from typing import Any, TypeVar
from urllib import parse

__all__ = ["PlainAssertions"]

T = TypeVar("T")

#: Elements of sequences of which a message tells at most.
LISTED = 30


class _Caught:
    """What a context gives: the exception that it catches."""

    exception: BaseException


class PlainAssertions(unittest.TestCase):
    """Assertions about Python's own values."""

    def enter_context(self, manager: contextlib.AbstractContextManager[T]) -> T:
        """What a context gives; it is left at the end of the test."""
        value = manager.__enter__()
        self.addCleanup(manager.__exit__, None, None, None)
        return value

    def _fail(self, told: str, msg: str | None) -> None:
        self.fail(f"{told} : {msg}" if msg else told)

    def assertNotStartsWith(
        self, actual: str, unexpected_start: str, msg: str | None = None
    ) -> None:
        """Text that does not begin so."""
        if actual.startswith(unexpected_start):
            self._fail(f"{actual!r} does start with {unexpected_start!r}", msg)

    def assertNotEndsWith(self, actual: str, unexpected_end: str, msg: str | None = None) -> None:
        """Text that does not end so."""
        if actual.endswith(unexpected_end):
            self._fail(f"{actual!r} does end with {unexpected_end!r}", msg)

    def assertContainsInOrder(
        self, strings: str | bytes | Iterable[Any], target: str, msg: str | None = None
    ) -> None:
        """Text in which some texts are found, each from where the one before begins."""
        place, last = 0, None
        for string in (strings,) if isinstance(strings, (str, bytes)) else strings:
            found = target.find(str(string), place)
            if found < 0:
                where = f" after {last!r}" if place else ""
                self._fail(f"Did not find {string!r}{where} in {target!r}", msg)
            place, last = found, string

    def assertRegexMatch(
        self, actual_str: Any, regexes: Sequence[Any], message: str | None = None
    ) -> None:
        """Text in some line of which one of some expressions is found, all of them of one type."""
        if isinstance(regexes, (str, bytes)):
            self._fail("regexes is string or bytes; use assertRegex instead.", message)
        if not regexes:
            self._fail("No regexes specified.", message)
        kind = type(regexes[0])
        if kind not in (str, bytes) or any(type(regex) is not kind for regex in regexes):
            self._fail(f"regexes must all be text or all be bytes, not {regexes}", message)
        text = actual_str
        if isinstance(text, str) and kind is bytes:
            regexes = [regex.decode() for regex in regexes]
        elif isinstance(text, bytes) and kind is str:
            regexes = [regex.encode() for regex in regexes]
        # Joined, so that groups and flags mean what they do in absl.
        bytes_like = isinstance(regexes[0], bytes)
        parts: Any = (b"(?:", b")|(?:", b")") if bytes_like else ("(?:", ")|(?:", ")")
        before, between, after = parts
        if not re.search(before + between.join(regexes) + after, text, re.MULTILINE):
            self._fail(f'"{actual_str}" does not contain any of these regexes: {regexes}.', message)

    def assertUrlEqual(self, a: str, b: str, msg: str | None = None) -> None:
        """The same address; the order of what it asks for does not count."""
        first, second = parse.urlparse(a), parse.urlparse(b)
        for part in ("scheme", "netloc", "path", "fragment"):
            self.assertEqual(getattr(first, part), getattr(second, part), msg)
        self.assertCountEqual(first.params.split(";"), second.params.split(";"), msg)
        asked = [parse.parse_qs(url.query, keep_blank_values=True) for url in (first, second)]
        self.assertDictEqual(asked[0], asked[1], msg)

    def assertContainsSubsequence(
        self, container: Iterable[Any], subsequence: Iterable[Any], msg: str | None = None
    ) -> None:
        """Items that come in this order, others between them or not."""
        items = iter(list(container))
        for wanted in subsequence:
            if not any(wanted == item for item in items):
                self._fail(
                    f"{subsequence} not a subsequence of {container}. "
                    f"First non-matching element: {wanted}",
                    msg,
                )

    def assertContainsExactSubsequence(
        self, container: Iterable[Any], subsequence: Iterable[Any], msg: str | None = None
    ) -> None:
        """Items that come one right after the other."""
        items, wanted = list(container), list(subsequence)
        if not any(
            items[start : start + len(wanted)] == wanted
            for start in range(len(items) - len(wanted) + 1)
        ):
            self._fail(f"{wanted} not an exact subsequence of {items}.", msg)

    def assertSequenceStartsWith(self, prefix: Any, whole: Any, msg: str | None = None) -> None:
        """A sequence that begins with others' items, or with one; only an empty one begins with none."""
        if not hasattr(prefix, "__len__"):
            prefix = [prefix]
        if isinstance(whole, (Mapping, Set)) or not hasattr(whole, "__len__"):
            self._fail(f"whole must be a sequence, not a {type(whole).__name__}", msg)
        if len(prefix) > len(whole):
            self._fail(f"prefix has {len(prefix)} items, and whole only {len(whole)}", msg)
        if not prefix and len(whole):
            self._fail(f"Prefix length is 0 but whole length is {len(whole)}: {whole}", msg)
        try:
            self.assertSequenceEqual(prefix, whole[: len(prefix)])
        except AssertionError:
            self._fail(f"prefix: {prefix} not found at start of whole: {whole}.", msg)

    def assertSequenceAlmostEqual(
        self,
        expected_seq: Sequence[Any],
        actual_seq: Sequence[Any],
        places: int | None = None,
        msg: str | None = None,
        delta: float | None = None,
    ) -> None:
        """As many numbers, each almost equal; see `assertAlmostEqual`."""
        if len(expected_seq) != len(actual_seq):
            self._fail(f"Sequence size mismatch: {len(expected_seq)} vs {len(actual_seq)}", msg)
        wrong = []
        for number, (expected, actual) in enumerate(zip(expected_seq, actual_seq, strict=True)):
            error = self._difference(expected, actual, places, delta)
            if error:
                wrong.append(f"At index {number}: {error}")
        if wrong:
            self._fail("\n".join(wrong[:LISTED] + ["..."] * (len(wrong) > LISTED)), msg)

    def _difference(self, a: Any, b: Any, places: int | None, delta: float | None) -> str:
        """How two numbers differ that are not almost equal; empty if they are."""
        check: Callable[..., None] = self.assertAlmostEqual
        try:
            check(a, b, places=places, delta=delta)
        except self.failureException as error:
            return str(error) or "they differ"
        return ""

    def assertDictAlmostEqual(
        self,
        a: dict[Any, Any],
        b: dict[Any, Any],
        places: int | None = None,
        msg: str | None = None,
        delta: float | None = None,
    ) -> None:
        """The same keys, with values of which numbers are almost equal and others equal.

        Raises:
            ValueError: both `places` and `delta` are given.
        """
        if delta is not None and places is not None:
            raise ValueError("places and delta must not both be given")

        def same(one: Any, other: Any) -> tuple[bool, Any]:
            if isinstance(one, (int, float, complex)) and isinstance(other, (int, float, complex)):
                told = self._difference(one, other, places, delta)
                return not told, told
            return one == other, None

        self.assertMappingEqual(a, b, msg, dict, same)

    def assertMappingEqual(
        self,
        a: Mapping[Any, Any],
        b: Mapping[Any, Any],
        msg: str | None = None,
        mapping_type: type = Mapping,
        check_values_equality: Callable[[Any, Any], tuple[bool, Any]] = lambda x, y: (x == y, None),
    ) -> None:
        """The same keys, with equal values.

        Args:
            a: what is expected.
            b: what is found.
            msg: added to messages.
            mapping_type: the type of both.
            check_values_equality: two values → whether they are equal, and what is told if they are not, or None.
        """
        for name, mapping in (("a", a), ("b", b)):
            if not isinstance(mapping, mapping_type):
                self._fail(
                    f"{name} should be a {mapping_type.__name__}, found type: {type(mapping).__name__}",
                    msg,
                )
        if a == b:
            return
        told = [f"Unexpected, but present: {key!r}: {b[key]!r}" for key in b if key not in a]
        told += [f"Missing: {key!r}: {a[key]!r}" for key in a if key not in b]
        for key in a:
            if key in b:
                equal, error = check_values_equality(a[key], b[key])
                if not equal:
                    told.append(f"Different: {key!r}: {error or f'{a[key]!r} != {b[key]!r}'}")
        if told:
            self._fail("\n".join([f"{a!r} != {b!r}", *told]), msg)

    def assertNoCommonElements(
        self, expected_seq: Iterable[Any], actual_seq: Iterable[Any], msg: str | None = None
    ) -> None:
        """No item is in both."""
        common = set(expected_seq) & set(actual_seq)
        if common:
            self._fail(
                f"Common elements {common}\nExpected: {expected_seq}\nActual: {actual_seq}", msg
            )

    def assertSameStructure(
        self, a: Any, b: Any, aname: str = "a", bname: str = "b", msg: str | None = None
    ) -> None:
        """Equal nested mappings, sequences and sets, of whatever types these are.

        Args:
            a: one.
            b: the other.
            aname: what messages call it.
            bname: what they call the other.
            msg: added to messages.
        """
        told = list(self._unlike(a, b, aname, bname))
        if told:
            self._fail("; ".join(told[:LISTED] + ["..."] * (len(told) > LISTED)), msg)

    def _unlike(self, a: Any, b: Any, aname: str, bname: str) -> Iterator[str]:
        """What differs between two structures."""
        if type(a) is not type(b) and not any(
            isinstance(a, kind) and isinstance(b, kind) for kind in (int, Sequence, Set, Mapping)
        ):
            yield f"{aname} is a {type(a)!r} but {bname} is a {type(b)!r}"
        elif isinstance(a, Set):
            yield from (f"{aname} has {item!r} but {bname} does not" for item in a - b)
            yield from (f"{aname} lacks {item!r} but {bname} has it" for item in b - a)
        elif isinstance(a, (Mapping, Sequence)) and not isinstance(a, (str, bytes, bytearray)):
            first, second = (list(x) if isinstance(x, Mapping) else range(len(x)) for x in (a, b))
            for key in first:
                if key in second:
                    yield from self._unlike(
                        a[key], b[key], f"{aname}[{key!r}]", f"{bname}[{key!r}]"
                    )
                else:
                    yield f"{aname} has [{key!r}] with value {a[key]!r} but {bname} does not"
            for key in second:
                if key not in first:
                    yield f"{aname} lacks [{key!r}] but {bname} has it with value {b[key]!r}"
        elif a != b:
            yield f"{aname} is {a!r} but {bname} is {b!r}"

    def assertJsonEqual(self, first: str, second: str, msg: str | None = None) -> None:
        """Texts in JSON with equal content.

        Raises:
            ValueError: one is no JSON.
        """
        found = []
        for name, text in (("first", first), ("second", second)):
            try:
                found.append(json.loads(text))
            except ValueError as error:
                raise ValueError(f"could not decode {name} JSON value {text}: {error}") from error
        self.assertSameStructure(found[0], found[1], "first", "second", msg)

    def assertRaisesWithLiteralMatch(
        self,
        expected_exception: type[BaseException],
        expected_exception_message: str,
        callable_obj: Callable[..., Any] | None = None,
        *args: Any,
        **kwargs: Any,
    ) -> Any:
        """An error of just this text.

        Args:
            expected_exception: its type.
            expected_exception_message: its text.
            callable_obj: what must raise it; if left out, the context that is returned must.
            *args: arguments of that.
            **kwargs: further ones.
        """
        context = self._raising(expected_exception, expected_exception_message)
        if callable_obj is None:
            return context
        with context:
            callable_obj(*args, **kwargs)
        return None

    @contextlib.contextmanager
    def _raising(self, kind: type[BaseException], message: str) -> Iterator[Any]:
        caught = _Caught()
        try:
            yield caught
        except kind as error:
            caught.exception = error.with_traceback(None)
        else:
            self.fail(f"{kind.__name__} not raised")
        self.assertEqual(message, str(caught.exception), "Exception message does not match.")

    def assertTotallyOrdered(self, *groups: Iterable[Any], **kwargs: Any) -> None:
        """Groups of equal items, each less than those of the next groups, by all comparisons.

        Args:
            *groups: the groups.
            **kwargs: `msg`, which is added to messages.
        """
        msg = kwargs.get("msg")
        lists = [list(group) for group in groups]
        for smaller, larger in itertools.combinations(lists, 2):
            for small, big in itertools.product(smaller, larger):
                facts = {
                    "==": not operator.eq(small, big) and not operator.eq(big, small),
                    "!=": small != big and big != small,
                    "<": small < big and not big < small,
                    "<=": small <= big and not big <= small,
                    ">": big > small and not small > big,
                    ">=": big >= small and not small >= big,
                }
                wrong = [name for name, holds in facts.items() if not holds]
                if wrong:
                    self._fail(f"{small!r} must be less than {big!r} by {wrong}", msg)
        for group in lists:
            for a, b in itertools.product(group, repeat=2):
                less = a < b or a > b or not (a <= b and a >= b)
                if not operator.eq(a, b) or a != b or less:
                    self._fail(f"{a!r} and {b!r} must be equal by all comparisons", msg)
                if getattr(a, "__hash__", None) and getattr(b, "__hash__", None):
                    self.assertEqual(hash(a), hash(b), msg)
