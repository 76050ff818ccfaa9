"""Samples of `ops/sparse_cross.py`."""

from tests.samples import Sample, b, boolean, i64

WORDS = (
    i64([[0, 0], [0, 1], [1, 0], [3, 0], [3, 1]]),
    b(["a", "bc", "", "déf", "g"]),
    i64([4, 2]),
)
NUMBERS = (i64([[0, 0], [1, 0], [1, 1], [3, 0]]), i64([7, -1, 1 << 40, 0]), i64([4, 3]))
LETTERS = b([["x"], ["y"], ["z"], ["w"]])
PAIRS = i64([[1, 2], [3, 4], [5, 6], [-7, 1 << 33]])
UNORDERED = (i64([[1, 0], [0, 0], [1, 1]]), b(["p", "q", "r"]), i64([4, 2]))


def columns(sparse, dense) -> dict:
    """The inputs of a cross."""
    names = ("indices", "values", "shapes")
    parts = zip(*sparse, strict=True) if sparse else ([], [], [])
    return dict(zip(names, map(list, parts), strict=True)) | dict(dense_inputs=list(dense))


def cross(label, sparse, dense, error=None, **attrs) -> Sample:
    """One cross of the first version."""
    full = (
        dict(hashed_output=False, num_buckets=0, hash_key=956888297470, out_type="string")
        | dict(internal_type="string")
        | attrs
    )
    return Sample("SparseCross", label, columns(sparse, dense), full, error)


def cross_v2(label, sparse, dense, sep="&", error=None) -> Sample:
    """One cross of strings."""
    return Sample("SparseCrossV2", label, columns(sparse, dense) | dict(sep=b(sep)), error=error)


def hashed(label, sparse, dense, buckets=1000, strong=False, salt=(1, -2), error=None) -> Sample:
    """One cross of hashes."""
    more = dict(num_buckets=i64(buckets), strong_hash=boolean(strong), salt=i64(salt))
    return Sample("SparseCrossHashed", label, columns(sparse, dense) | more, error=error)


HASHED = dict(hashed_output=True, out_type="int64", internal_type="int64")
BROKEN = [
    ("index_width", [(i64([[0], [1]]), b(["a", "b"]), i64([4, 1]))], [], r"indices\[0\]"),
    ("values_rank", [(WORDS[0], LETTERS, WORDS[2])], [], "values"),
    ("values_length", [(WORDS[0], b(["a"]), WORDS[2])], [], "values"),
    ("shape_length", [(WORDS[0], WORDS[1], i64([4, 2, 1]))], [], r"shapes\[0\]"),
    ("dense_rank", [], [b(["a"])], "dense_inputs"),
    ("rows", [WORDS], [LETTERS[:3]], "rows"),
]

SAMPLES = [
    cross("words", [WORDS], []),
    cross("words_and_letters", [WORDS], [LETTERS]),
    cross("twice", [WORDS, WORDS], [LETTERS]),
    cross("numbers", [WORDS, NUMBERS], [PAIRS], internal_type="int64"),
    cross("unordered", [WORDS, UNORDERED], []),
    cross("no_rows", [], [LETTERS[:0]]),
    cross("nothing", [], []),
    cross("hashed", [WORDS, NUMBERS], [PAIRS], **HASHED),
    cross("buckets", [WORDS, NUMBERS], [LETTERS], num_buckets=10, **HASHED),
    cross("key", [WORDS], [LETTERS], **HASHED | dict(hash_key=-5)),
    cross("hashed_strings", [WORDS], [LETTERS], hashed_output=True, out_type="int64"),
    cross("numbers_in_strings", [NUMBERS], [], error="string as internal_type"),
    *(cross(label, sparse, dense, error) for label, sparse, dense, error in BROKEN),
    cross_v2("words", [WORDS], [LETTERS]),
    cross_v2("numbers", [WORDS, NUMBERS], [PAIRS], "é"),
    cross_v2("no_separator", [WORDS], [PAIRS], ""),
    cross_v2("separator", [WORDS], [], ["&"], "sep must be a scalar"),
    *(cross_v2(label, sparse, dense, error=error) for label, sparse, dense, error in BROKEN),
    *(
        hashed(f"{kind}_{strong}_{buckets}", sparse, dense, buckets, strong)
        for kind, sparse, dense in (
            ("words", [WORDS], [LETTERS]),
            ("numbers", [NUMBERS], [PAIRS]),
            ("mixed", [WORDS, NUMBERS], [PAIRS, LETTERS]),
        )
        for strong in ((False, True) if kind == "words" else (False,))
        for buckets in (0, 100)
    ),
    hashed("salt", [WORDS], [], salt=[1], error="salt must have 2"),
    *(hashed(label, sparse, dense, error=error) for label, sparse, dense, error in BROKEN),
]
