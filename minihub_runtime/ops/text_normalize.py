"""TF.Text's normal forms and case folding."""

from __future__ import annotations

from minihub_runtime.ops.checking import require
from minihub_runtime.ops.registry import Array, op
from minihub_runtime.ops.shape_rules import same
from minihub_runtime.text.arrays import flat_strings, string_array
from minihub_runtime.text.normal_forms import FORMS, case_fold, normalize


@op(
    "CaseFoldUTF8(input: string) -> output: string",
    source="tensorflow_text/core/kernels/normalize_kernels.cc",
    shape=same,
)
def case_fold_utf8(input: Array) -> Array:
    """Strings without differences of case, by NFKC_Casefold of Unicode 12.1; broken UTF-8 stays."""
    return string_array(map(case_fold, flat_strings(input)), input.shape)


@op(
    "NormalizeUTF8(input: string) -> output: string",
    source="tensorflow_text/core/kernels/normalize_kernels.cc",
    shape=same,
)
def normalize_utf8(input: Array, *, normalization_form: str) -> Array:
    """Strings in the form NFC, NFD, NFKC or NFKD of Unicode 12.1, in any case of the name.

    Broken UTF-8 stays in the composed forms and becomes U+FFFD in the decomposed ones.
    Raises: InvalidArgumentError for another form.
    """
    known = [form for form in FORMS if form == normalization_form.upper()]
    require(known, f"normalization_form must be one of {FORMS}, not {normalization_form!r}")
    form = known[0]
    return string_array([normalize(s, form) for s in flat_strings(input)], input.shape)
