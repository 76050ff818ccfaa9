"""Samples of `ops/text_normalize.py`; TensorFlow's answers need tensorflow-text."""

from tests.samples import Sample, b, f32

TEXTS = b(
    [
        ["Straße ΑΣΣς", "ﬁ ½ Å Å ", "日本ｶﾞ㍿"],
        ["e\u0301\u0323 q\u0307\u0323", "\u1e9b\u0323 ŉ ǰ ΐ", "İI ı\u00ad\u200b\ufeffx"],
    ]
)
BROKEN = b([b"\xff A\xcc\x81", b"\xe2\x82X", b"\xed\xa0\x80", b"A\0B\xc3", ""])
NEWER = b(["\ua7c7\ua7f5\U0001fbf0a", "\U00010570\U00010780É", "\ua7f2"])

SAMPLES = [
    Sample("CaseFoldUTF8", "texts", dict(input=TEXTS)),
    Sample("CaseFoldUTF8", "broken", dict(input=BROKEN)),
    Sample("CaseFoldUTF8", "newer", dict(input=NEWER)),
    Sample("CaseFoldUTF8", "scalar", dict(input=b("É"))),
    *[
        Sample("NormalizeUTF8", f"{name}_{form}", dict(input=texts), dict(normalization_form=form))
        for form in ("NFC", "NFD", "NFKC", "NFKD", "nfkc", "nFc")
        for name, texts in (("texts", TEXTS), ("broken", BROKEN), ("newer", NEWER))
    ],
    Sample(
        "NormalizeUTF8",
        "form",
        dict(input=TEXTS),
        dict(normalization_form="XX"),
        error="normalization_form",
    ),
    Sample("CaseFoldUTF8", "float", dict(input=f32([1])), error="must be string, not float32"),
]
