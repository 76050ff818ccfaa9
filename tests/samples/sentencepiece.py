"""Samples of `ops/sentencepiece.py`; TensorFlow's answers need tensorflow-text.

The models are so small, with such scores, that their bytes are UTF-8 and can stand in an attribute as str.
`tests/text/test_sentencepiece.py` has larger ones.
"""

from minihub_runtime.protos import ModelProto
from tests.samples import Call, Sample, Step, b, boolean, f32, i32, i64

KINDS = ModelProto.SentencePiece
SPECIAL = {"<unk>": KINDS.UNKNOWN, "<s>": KINDS.CONTROL, "</s>": KINDS.CONTROL}
SCORES = {"▁": 2, "a": 2, "b": 2.25, "é": 2, "ab": 8.5, "▁a": 3.5, "aab": 9, "日本": 8, "▁b": 2}


def model(kind=1, special=SPECIAL, symbols=("日日",), **options) -> str:
    proto = ModelProto()
    proto.trainer_spec.model_type = kind
    for piece, own in special.items():
        proto.pieces.add(piece=piece.encode(), score=0, type=own)
    for symbol in symbols:
        proto.pieces.add(piece=symbol.encode(), score=0, type=KINDS.USER_DEFINED)
    for piece, score in SCORES.items():
        proto.pieces.add(piece=piece.encode(), score=score)
    for name, value in options.items():
        setattr(proto.normalizer_spec, name, value)
    return proto.SerializeToString().decode()


UNIGRAM = model()
BPE = model(2)
CHAR = model(4)
WORD = model(3, remove_extra_whitespaces=False)
BARE = model(special={"<unk>": KINDS.UNKNOWN}, add_dummy_prefix=False)
TEXTS = b(["a b", "", "  ab  aab ", "日本日日é", "xyz a", b"\xff\x00 \xe3", "▁a", "abaabab aaaab"])
FLAGS = ("add_bos", "add_eos", "reverse")


def on(model: str) -> dict[str, Call]:
    return dict(model=Call("SentencepieceOp", {}, dict(model=model)))


def flags(*chosen: str) -> dict:
    return {name: boolean(name in chosen) for name in FLAGS}


def tokenize(label, op, model=UNIGRAM, chosen=(), texts=TEXTS, size=0, attrs=None, error=None):
    inputs = dict(sp_handle=Step("model"), input=texts, nbest_size=i32(size), alpha=f32(1))
    return Sample(op, label, {**inputs, **flags(*chosen)}, attrs or {}, error, on(model))


def detokenize(label, values, splits, chosen=(), model=UNIGRAM, error=None):
    inputs = dict(sp_handle=Step("model"), input_values=values, input_splits=splits)
    op = "SentencepieceDetokenizeOp"
    return Sample(op, label, {**inputs, **flags(*chosen)}, error=error, before=on(model))


def simple(op, label, model=UNIGRAM, **inputs):
    return Sample(op, label, dict(sp_handle=Step("model"), **inputs), before=on(model))


STRING = dict(out_type="string")
TABLE = dict(model=Call("HashTableV2", {}, dict(key_dtype="string", value_dtype="int64")))

SAMPLES = [
    Sample("SentencepieceOp", "model", attrs=dict(model=UNIGRAM)),
    Sample("SentencepieceOp", "named", attrs=dict(model=BPE, shared_name="one", container="c")),
    Sample("SentencepieceOp", "no_model", error="must hold a SentencePiece model"),
    Sample("SentencepieceOp", "no_proto", attrs=dict(model="no model"), error="the SentencePiece"),
    Sample("SentencepieceOp", "no_pieces", attrs=dict(model="\x12\0"), error="have pieces"),
    Sample(
        "SentencepieceOp", "no_unknown", attrs=dict(model=model(special={})), error="one unknown"
    ),
    *[
        sample
        for op in ("SentencepieceTokenizeOp", "SentencepieceTokenizeWithOffsetsOp")
        for sample in (
            *(
                tokenize(f"{name}_{kind}", op, model, attrs=dict(out_type=kind))
                for name, model in dict(
                    unigram=UNIGRAM, bpe=BPE, char=CHAR, word=WORD, bare=BARE
                ).items()
                for kind in ("int32", "string")
            ),
            tokenize("int32_splits", op, attrs=dict(Tsplits="int32")),
            tokenize("bos", op, chosen=["add_bos"]),
            tokenize("eos", op, chosen=["add_eos"], attrs=STRING),
            tokenize("all_options", op, chosen=FLAGS, attrs=STRING),
            tokenize("reverse", op, chosen=["reverse"], size=1),
            tokenize("nbest", op, size=3, attrs=dict(return_nbest=True)),
            tokenize("nbest_one", op, size=1, chosen=FLAGS, attrs=dict(return_nbest=True)),
            tokenize("no_texts", op, texts=b([]).reshape(0), attrs=STRING),
            tokenize("matrix", op, texts=b([["a"]]), error="rank 1"),
            tokenize("nbest_zero", op, attrs=dict(return_nbest=True), error="at least 1"),
            tokenize(
                "nbest_bpe", op, BPE, size=2, attrs=dict(return_nbest=True), error="only unigram"
            ),
            tokenize("too_many", op, size=513, error="at most 512"),
            tokenize("sampled_words", op, WORD, size=2, error="can sample"),
            tokenize("no_bos", op, BARE, chosen=["add_bos"], error="'<s>'"),
            tokenize("no_eos", op, BARE, chosen=["add_eos"], error="'</s>'"),
        )
    ],
    detokenize("ids", i32([4, 5, 6, 11, 0, 1, 7, 9, 9]), i64([0, 2, 2, 5, 9])),
    detokenize("int32_splits", i32([9, 5, 4, 4]), i32([0, 4])),
    detokenize(
        "pieces", b(["▁a", "b", "xyz", "", "<unk>", b"\xe3", b"\x81\x82", "▁"]), i64([0, 8])
    ),
    detokenize("options", i32([5, 6, 7, 9]), i64([0, 3, 4]), FLAGS),
    detokenize("bare", i32([4, 2, 3, 7]), i64([0, 4]), model=BARE),
    detokenize("no_rows", i32([]), i64([0])),
    detokenize("large_id", i32([13]), i64([0, 1]), error=r"ids must lie in \[0, 13\)"),
    detokenize("negative_id", i32([-1]), i64([0, 1]), error="ids must lie"),
    detokenize("matrix", i32([[5]]), i64([0, 1]), error="rank 1"),
    detokenize("no_bos", i32([5]), i64([0, 1]), ["add_bos"], BARE, error="'<s>'"),
    simple("SentencepieceVocabSizeOp", "unigram"),
    simple("SentencepieceVocabSizeOp", "bare", model=BARE),
    *[
        Sample(
            op,
            "table",
            dict(sp_handle=Step("model"), **inputs),
            error="must be a SentencePiece model",
            before=TABLE,
        )
        for op, inputs in (
            ("SentencepieceVocabSizeOp", {}),
            ("SentencepieceIdToStringOp", dict(input=i32([0]))),
            ("SentencepieceStringToIdOp", dict(input=b(["a"]))),
        )
    ],
    simple("SentencepieceIdToStringOp", "all", input=i32(range(13))),
    simple("SentencepieceIdToStringOp", "none", input=i32([])),
    simple(
        "SentencepieceStringToIdOp",
        "mixed",
        input=b(["a", "<s>", "日日", "", b"\xff", "日本", "<unk>"]),
    ),
]
