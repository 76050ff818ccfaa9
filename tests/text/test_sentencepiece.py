"""SentencePiece against the answers of SentencePiece and TF.Text, and against hostile models."""

from __future__ import annotations

import functools
import itertools
import json
import lzma
import random
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minihub_runtime.errors import DataLossError, InternalError, OpError, OutOfRangeError
from minihub_runtime.protos import ModelProto
from minihub_runtime.text.sentencepiece import Processor

DATA = Path(__file__).parents[1] / "data" / "sentencepiece"
RULED = ("unigram", "unigram_suffix", "bpe", "bpe_unused")


@functools.cache
def stored() -> dict[str, Any]:
    answers: dict[str, Any] = json.loads(lzma.decompress((DATA / "answers.json.xz").read_bytes()))
    return answers


@functools.cache
def model(name: str) -> bytes:
    with zipfile.ZipFile(DATA / "models.zip") as archive:
        data = archive.read(name)
        return data + archive.read("rules") if name in RULED else data


@functools.cache
def processor(name: str) -> Processor:
    return Processor(model(name))


def sentences() -> list[bytes]:
    return [text.encode("latin-1") for text in stored()["sentences"]]


def plain(text: bytes) -> str:
    return text.decode("latin-1")


def pieces_of(texts: list[str]) -> list[str]:
    return [text.encode("latin-1").decode("utf-8", "surrogateescape") for text in texts]


MODELS = sorted(stored()["models"])


def cases(key: str) -> Any:
    return pytest.mark.parametrize(
        ("name", "answers"), [(name, stored()["models"][name][key]) for name in MODELS], ids=MODELS
    )


@cases("normalized")
def test_normalized_text(name: str, answers: list[str]) -> None:
    for sentence, answer in zip(sentences(), answers, strict=True):
        assert plain(processor(name).normalize(sentence)) == answer, sentence


@cases("ids")
def test_ids(name: str, answers: list[list[int]]) -> None:
    for sentence, answer in zip(sentences(), answers, strict=True):
        assert processor(name).ids(sentence) == answer, sentence
        # The second time the words or the whole text are remembered.
        assert processor(name).ids(sentence) == answer, sentence


@cases("unknown")
def test_pieces(name: str, answers: list[list[str]]) -> None:
    made = processor(name)
    for sentence, answer in zip(sentences(), answers, strict=True):
        segments = made.segments(sentence)
        assert [piece for piece, i in segments if made.is_unknown(i)] == pieces_of(answer), sentence
        known = [(piece, i) for piece, i in segments if not made.is_unknown(i)]
        assert all(piece == made.piece(i) for piece, i in known), sentence


@pytest.mark.parametrize("name", MODELS)
def test_places(name: str) -> None:
    answers = stored()["models"][name]
    for sentence, steps, gaps in zip(sentences(), answers["starts"], answers["gaps"], strict=True):
        spans = processor(name).spans(sentence)
        starts = list(itertools.accumulate(steps))
        limits = [after + gap for after, gap in zip([*starts[1:], 0], gaps)]
        assert [span[2] for span in spans] == starts, sentence
        assert [span[3] for span in spans] == limits[: len(spans)], sentence
        assert [span[:2] for span in spans] == processor(name).segments(sentence), sentence


@pytest.mark.parametrize("name", MODELS)
def test_decoded_text(name: str) -> None:
    made, answers = processor(name), stored()["models"][name]
    for ids, answer in zip(answers["ids"], answers["decoded"], strict=True):
        assert plain(made.decode_ids(ids)) == answer, ids
    for ids, answer in zip(answers["sequences"], answers["decoded_sequences"], strict=True):
        assert plain(made.decode_ids(ids)) == answer, ids
    for pieces, answer in zip(answers["loose"], answers["decoded_loose"], strict=True):
        assert plain(made.decode_pieces(pieces_of(pieces))) == answer, pieces
    for sentence, same, other in zip(
        sentences(), answers["decoded"], answers["decoded_pieces"], strict=True
    ):
        pieces = [piece for piece, _ in made.segments(sentence)]
        assert plain(made.decode_pieces(pieces)) == (same if other is None else other), sentence


@cases("nbest")
def test_best_segmentations(name: str, answers: list[list[int]] | None) -> None:
    texts = sentences()[8:40]
    if answers is None:
        with pytest.raises(InternalError, match="unigram"):
            processor(name).best_spans(texts[0], 4)
        return
    found = [way for text in texts for way in processor(name).best_spans(text, 4)]
    assert [[i for _, i, _, _ in way] for way in found] == answers


@pytest.mark.parametrize("count", [-1, 5])
@pytest.mark.parametrize("name", ["unigram_ties", "bpe_ties"])
def test_samples_are_segmentations(name: str, count: int) -> None:
    made, draw = processor(name), random.Random(5).random
    seen = set()
    for _ in range(60):
        spans = made.sample_spans(b"abab aaab", count, 0.3, draw)
        assert "".join(piece for piece, *_ in spans) == "▁abab▁aaab"
        seen.add(tuple(i for _, i, _, _ in spans))
    assert len(seen) > 2
    assert made.sample_spans(b"", count, 0.3, draw) == []


def test_sampling_prefers_better_segmentations() -> None:
    made, draw, text = processor("unigram"), random.Random(5).random, b"The ferry leaves"
    best = made.spans(text)
    for count in (-1, 8):
        assert all(made.sample_spans(text, count, 500.0, draw) == best for _ in range(20))
    merged = processor("bpe_ties")
    assert merged.sample_spans(b"abaab", -1, 0.0, draw) == merged.spans(b"abaab")
    assert len(merged.sample_spans(b"abaab", -1, 1.0, draw)) == 6


@settings(max_examples=150)
@given(st.text(alphabet="abnthe é東京.,", max_size=40))
def test_decoding_gives_the_normalised_text(text: str) -> None:
    made = processor("unigram_bytes")
    normalized = made.normalize(text.encode()).decode()
    assert (
        made.decode_ids(made.ids(text.encode())).decode() == normalized.replace("▁", " ").lstrip()
    )


@settings(max_examples=150)
@given(st.binary(max_size=40), st.sampled_from(MODELS))
def test_any_bytes_are_cut_into_their_normalised_text(data: bytes, name: str) -> None:
    made = processor(name)
    segments = made.segments(data)
    normalized = made.normalize(data)
    bytes_of = {f"<0x{byte:02X}>": bytes((byte,)) for byte in range(256)}
    if "bytes" in name:
        joined = b"".join(bytes_of.get(piece, piece.encode()) for piece, _ in segments)
    else:
        joined = "".join(piece for piece, _ in segments).encode()
    assert joined == normalized
    spans = made.spans(data)
    assert [span[:2] for span in spans] == segments
    assert all(0 <= begin <= end <= len(data) for _, _, begin, end in spans)


@settings(max_examples=100)
@given(st.text(max_size=30))
def test_both_normalisers_agree(text: str) -> None:
    data = text.encode("utf-8", "replace")
    for name in ("unigram", "unigram_raw", "unigram_suffix", "unigram_symbols"):
        made = processor(name)
        wanted, origins = made._normalizer.normalize_with_offsets(data.decode())
        assert made.normalize(data).decode() == wanted
        assert len(origins) == len(wanted) + 1
        assert origins == sorted(origins)


def test_ids_of_special_pieces() -> None:
    made = processor("unigram_symbols")
    assert (made.unk, made.bos, made.eos, made.pad) == (0, 1, 2, 3)
    made = processor("bpe_raw")
    assert (made.unk, made.bos, made.eos, made.pad) == (0, -1, -1, 1)


def test_ids_outside_are_refused() -> None:
    made = processor("char")
    for number in (-1, made.size):
        with pytest.raises(OutOfRangeError, match="ids must lie in"):
            made.decode_ids([0, number])


def test_a_long_text_takes_little_time() -> None:
    text = b"aab " * 10_000
    for name in ("unigram", "bpe", "bpe_unused"):
        assert len(processor(name).spans(text)) > 1000
    unknown = "ж".encode() * 100_000
    assert [span[2:] for span in processor("word").spans(unknown)] == [(0, len(unknown))]
    found = processor("unigram_ties").segments(unknown)
    assert found == [("▁" + unknown.decode(), 0)]


# Models that are none.


def handmade(*pieces: tuple[str | bytes, int], **options: Any) -> bytes:
    proto = ModelProto()
    for piece, kind in pieces:
        raw = piece.encode() if isinstance(piece, str) else piece
        proto.pieces.add(piece=raw, type=kind, score=-1)
    for name, value in options.items():
        spec = proto.trainer_spec if hasattr(proto.trainer_spec, name) else proto.normalizer_spec
        setattr(spec, name, value)
    return proto.SerializeToString()


KINDS = ModelProto.SentencePiece
UNK = ("<unk>", KINDS.UNKNOWN)
BYTES = [(f"<0x{byte:02X}>", KINDS.BYTE) for byte in range(256)]


def trie(units: list[int], texts: bytes = b"x\0", size: int | None = None) -> bytes:
    body = b"".join(unit.to_bytes(4, "little") for unit in units)
    return (len(body) if size is None else size).to_bytes(4, "little") + body + texts


def unit(label: int, offset: int, ends: bool = False) -> int:
    return label | offset << 10 | ends << 8


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "have pieces"),
        (b"\xff\xff", "message"),
        (handmade(("a", KINDS.NORMAL)), "one unknown piece, not 0"),
        (handmade(UNK, ("<u>", KINDS.UNKNOWN)), "one unknown piece, not 2"),
        (handmade(UNK, ("", KINDS.NORMAL)), "1 to 7999 bytes"),
        (handmade(UNK, ("a\0", KINDS.NORMAL)), "without NUL"),
        (handmade(UNK, ("a" * 8000, KINDS.NORMAL)), "1 to 7999 bytes"),
        (handmade(UNK, (b"\xff", KINDS.NORMAL)), "UTF-8 in pieces"),
        (handmade(UNK, ("a", KINDS.NORMAL), ("a", KINDS.NORMAL)), "twice 'a'"),
        (handmade(UNK, *BYTES), "byte_fallback"),
        (handmade(UNK, *BYTES[:-1], byte_fallback=True), "256 byte pieces"),
        (handmade(UNK, ("<0xff>", KINDS.BYTE), byte_fallback=True), "<0x00> to <0xFF>"),
        (handmade(UNK, bos_piece=b"\xff"), "UTF-8 in bos_piece"),
        (handmade(UNK, precompiled_charsmap=b"\1\0"), "4\\*n bytes"),
        (handmade(UNK, precompiled_charsmap=trie([], b"x\0")), "not 0 of 2 bytes"),
        (handmade(UNK, precompiled_charsmap=trie([0], size=1 << 30)), "not 1073741824 of 6"),
        (handmade(UNK, precompiled_charsmap=trie([0, 0], size=7)), "not 7 of 10 bytes"),
    ],
)
def test_models_that_are_refused(data: bytes, message: str) -> None:
    with pytest.raises(DataLossError, match=message):
        Processor(data)


def test_scores_that_are_refused() -> None:
    for score in (float("nan"), float("inf"), -1e38):
        proto = ModelProto.FromString(handmade(UNK, ("a", KINDS.NORMAL)))
        proto.pieces[1].score = score
        with pytest.raises(DataLossError, match="have scores in"):
            Processor(proto.SerializeToString())


@pytest.mark.parametrize(
    ("charsmap", "message"),
    [
        (trie([unit(0, 1 << 19)]), "have 1 units"),
        (trie([unit(0, 1), *[0] * 95, unit(97, 1 << 10, True)]), "have 97 units"),
        (trie([unit(0, 1), *[0] * 95, unit(97, 1, True), 99]), "have texts in 2 bytes, not at 99"),
        (trie([unit(0, 1), *[0] * 95, unit(97, 1, True), 0], b"x" * 5000), "at most 1024 bytes"),
        (trie([unit(0, 1), *[0] * 95, unit(97, 1, True), 0], b"\xff\0"), "UTF-8 as texts"),
        # The node of `a` is its own child.
        (trie([unit(0, 1), *[0] * 95, unit(97, 97)]), "keys of at most 256"),
    ],
)
def test_rules_that_are_refused(charsmap: bytes, message: str) -> None:
    made = Processor(handmade(UNK, ("x", KINDS.NORMAL), precompiled_charsmap=charsmap))
    with pytest.raises(DataLossError, match=message):
        made.ids(b"a" * 1000 + "é".encode())


@settings(max_examples=200)
@given(st.sampled_from(["unigram", "bpe_bytes", "char"]), st.integers(0), st.integers(0, 255))
def test_damaged_models_never_hang_or_crash(name: str, place: int, value: int) -> None:
    data = bytearray(model(name))
    if place % 2:
        del data[place % len(data) :]
    else:
        data[place % len(data)] = value
    try:
        made = Processor(bytes(data))
        made.decode_ids(made.ids("the ＦＵＬＬ é東京 \x00 ab".encode()))
    except OpError:
        pass
