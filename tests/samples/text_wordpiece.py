"""Samples of `ops/text_wordpiece.py`; TensorFlow's answers need tensorflow-text."""

from tests.samples import Call, Sample, Step, b, i64

VOCABULARY = b(["tread", "##ness", "##a", "a", "é", "##é", "don", "'", "t", "absent", "##\u0301"])
IDS = i64([0, 1, 2, 3, 4, 5, 6, 7, 8, -1, 9])
WORDS = b(
    [
        *("treadness", "treadx", "xa", "", "aaa", "éaé", "aé\u0301a", "axa", "treadnessx"),
        *("absent", "don't", "日本a", b"a\xc3", b"\xe2\x82a", b"\xf0\x9f\x98a", b"a\xff\xffa"),
    ]
)
PLAIN = dict(
    suffix_indicator="##", max_bytes_per_word=100, use_unknown_token=True, unknown_token="[UNK]"
)


def table() -> dict:
    """The steps that make and fill a vocabulary."""
    kinds = dict(key_dtype="string", value_dtype="int64")
    fill = dict(table_handle=Step("table"), keys=VOCABULARY, values=IDS)
    return dict(table=Call("HashTableV2", {}, kinds), filled=Call("InitializeTableV2", fill))


def wordpiece(label, error=None, words=WORDS, before=None, **attrs) -> Sample:
    """One batch of words."""
    inputs = dict(input_values=words, vocab_lookup_table=Step("table"))
    steps = table() if before is None else before
    return Sample("WordpieceTokenizeWithOffsets", label, inputs, PLAIN | attrs, error, before=steps)


SAMPLES = [
    wordpiece("plain"),
    wordpiece("as_they_are", use_unknown_token=False),
    wordpiece("few_bytes", max_bytes_per_word=3),
    wordpiece("few_bytes_as_they_are", max_bytes_per_word=3, use_unknown_token=False),
    wordpiece("few_characters", max_chars_per_token=3),
    wordpiece("split", split_unknown_characters=True),
    wordpiece("split_as_they_are", split_unknown_characters=True, use_unknown_token=False),
    wordpiece("split_few_characters", split_unknown_characters=True, max_chars_per_token=2),
    wordpiece("no_mark", suffix_indicator=""),
    wordpiece("other_mark", suffix_indicator="é"),
    wordpiece("row_splits", output_row_partition_type="row_splits"),
    wordpiece("no_words", words=WORDS[:0]),
    wordpiece("no_words_row_splits", words=WORDS[:0], output_row_partition_type="row_splits"),
    wordpiece("matrix", words=WORDS.reshape(4, 4), error="rank 1"),
    wordpiece("unfilled", before=dict(table=table()["table"]), error="not initialized"),
]
