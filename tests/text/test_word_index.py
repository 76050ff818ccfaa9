"""An index of words finds what a dictionary finds."""

from __future__ import annotations

import numpy as np
from hypothesis import given, strategies

from minihub_runtime.text.arrays import joined
from minihub_runtime.text.word_index import BUCKET, WordIndex

#: Few letters and lengths around those of machine words, so that words are alike.
WORDS = strategies.lists(
    strategies.one_of(
        strategies.binary(max_size=3),
        strategies.text("ab\0", max_size=20).map(str.encode),
        strategies.text("ab", min_size=15, max_size=17).map(str.encode),
    ),
    max_size=60,
)


def index_of(words: list[bytes]) -> WordIndex:
    data, offsets = joined(words)
    return WordIndex(data, offsets[:-1], np.diff(offsets))


def find(index: WordIndex, words: list[bytes]) -> list[int]:
    data, offsets = joined(words)
    places: list[int] = index.find(data, offsets[:-1], np.diff(offsets)).tolist()
    return places


@given(WORDS, WORDS)
def test_words_are_where_a_dictionary_has_them(vocabulary: list[bytes], asked: list[bytes]) -> None:
    vocabulary = list(dict.fromkeys(vocabulary))
    index = index_of(vocabulary)
    places = {word: place for place, word in enumerate(vocabulary)}
    assert index.words() == vocabulary
    assert index.first_repeated is None
    asked += vocabulary
    assert find(index, asked) == [places.get(word, -1) for word in asked]


@given(WORDS)
def test_the_first_word_that_is_repeated_is_told(vocabulary: list[bytes]) -> None:
    seen: set[bytes] = set()
    repeated = []
    for place, word in enumerate(vocabulary):
        if word in seen:
            repeated.append(place)
        seen.add(word)
    assert index_of(vocabulary).first_repeated == min(repeated, default=None)


def test_buckets_that_are_full_go_on_in_the_next() -> None:
    vocabulary = [b"%d" % i for i in range(20_000)]
    index = index_of(vocabulary)
    assert max(np.count_nonzero(index._slots, axis=1)) == BUCKET, "the test must fill buckets"
    assert find(index, vocabulary) == list(range(len(vocabulary)))
    assert set(find(index, [b"x%d" % i for i in range(20_000)])) == {-1}
