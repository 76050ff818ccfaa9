"""The two matchers agree, and neither takes long; RE2's answers are in the samples of string_regex."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minihub_runtime.errors import InvalidArgumentError
from minihub_runtime.text.code_points import LAST, merged, negated, utf8_sequences
from minihub_runtime.text.regex import Regex, _Matcher
from minihub_runtime.text.regex_cost import attempts
from minihub_runtime.text.regex_syntax import parse

ATOMS = [
    "a",
    "b",
    "é",
    ".",
    "[ab]",
    "[^a]",
    r"\w",
    r"\b",
    r"\B",
    "^",
    "$",
    r"\C",
    r"\pL",
    "",
    "(?i:A)",
]


def patterns() -> st.SearchStrategy[str]:
    return st.recursive(
        st.sampled_from(ATOMS),
        lambda inner: st.one_of(
            st.tuples(inner, inner).map("".join),
            st.tuples(inner, inner).map(lambda pair: f"(?:{pair[0]}|{pair[1]})"),
            inner.map(lambda part: f"({part})"),
            st.tuples(inner, st.sampled_from(["*", "+", "?", "*?", "+?", "{2}", "{0,2}"])).map(
                lambda pair: f"(?:{pair[0]}){pair[1]}"
            ),
        ),
        max_leaves=8,
    )


TEXTS = st.lists(st.sampled_from([b"a", b"b", "é".encode(), b" ", b"\n", b"\xff"]), max_size=8)


@settings(max_examples=300)
@given(patterns(), TEXTS, st.booleans())
def test_program_and_python_agree(pattern: str, parts: list[bytes], everywhere: bool) -> None:
    regex = Regex(pattern.encode())
    text, rewrite = b"".join(parts), rb"<\0>" if regex.groups == 0 else rb"<\0|\1>"
    quick = regex.replace([text], rewrite, everywhere), regex.full_match([text])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_Matcher, "is_quick", lambda *_, **__: False)
        slow = regex.replace([text], rewrite, everywhere), regex.full_match([text])
    assert quick == slow


@settings(max_examples=200)
@given(
    st.sampled_from([r"[[:punct:]]", r"\s+", r"[^a]+b", r"\ba", "(a)(b)?", "é|b"]), st.lists(TEXTS)
)
def test_batch_and_single_agree(pattern: str, texts: list[list[bytes]]) -> None:
    regex = Regex(pattern.encode())
    strings = [b"".join(parts) for parts in texts]
    single = [regex.replace([string], rb"<\0>", True)[0] for string in strings]
    assert regex.replace(strings, rb"<\0>", True) == single


@pytest.mark.parametrize(
    "pattern",
    ["(a+)+$", "(a|aa)+$", "(a|a)*b", "(.*)(.*)(.*)b", "a*a*a*b", "(x+x+)+y", "(a?){30}a{30}b"],
)
def test_no_pattern_takes_long(pattern: str) -> None:
    regex = Regex(pattern.encode())
    began = time.process_time()
    assert regex.full_match([b"a" * 3000 + b"!"]) == [False]
    assert regex.replace([b"a" * 3000 + b"!"], b"-", True) == [b"a" * 3000 + b"!"]
    assert time.process_time() - began < 10


@pytest.mark.parametrize(
    ("pattern", "cost"),
    [
        ("abc", (1, 0)),
        (r"\s+", (1, 0)),
        (r"\s+a", (1, 1)),
        ("a*b*c", (1, 2)),
        ("(a|a)*", None),
        ("(a+)+", None),
    ],
)
def test_bound_of_attempts(pattern: str, cost: object) -> None:
    assert attempts(parse(pattern.encode()).node, True) == cost


@pytest.mark.parametrize(
    "pattern", ["(" * 500 + ")" * 500, "((a{10}){10}){11}", r"[\pL]{1000}" * 100]
)
def test_too_large_patterns_are_refused(pattern: str) -> None:
    with pytest.raises(InvalidArgumentError, match="a pattern must"):
        Regex(pattern.encode())


def test_consume_sees_only_what_is_left() -> None:
    assert [end for end, _ in Regex(b"(^a)").consume(b"aab")] == [1, 2]
    assert [group for _, group in Regex(rb"\s(b)").consume("é b b".encode())] == [(3, 4), (5, 6)]


@given(st.lists(st.tuples(st.integers(0, LAST), st.integers(0, LAST)).map(sorted), max_size=4))
def test_utf8_sequences_are_the_encodings_of_the_set(pairs: list[list[int]]) -> None:
    ranges = merged((low, high) for low, high in pairs)
    assert negated(negated(ranges)) == ranges
    sequences = utf8_sequences(ranges)
    for low, high in ranges:
        for code in {low, high, (low + high) // 2}:
            coded = chr(code).encode("utf-8", "surrogatepass")
            assert any(
                len(coded) == len(sequence)
                and all(a <= byte <= b for byte, (a, b) in zip(coded, sequence))
                for sequence in sequences
            )
