"""The SentencePiece ops in graphs: those of tf_sentencepiece, which TensorFlow 2 cannot run, and real models."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from minihub_runtime.engine.runner import Runner
from minihub_runtime.errors import (
    DataLossError,
    InternalError,
    InvalidArgumentError,
    NotFoundError,
    OpError,
    OutOfRangeError,
    PermissionDeniedError,
)
from minihub_runtime.graph.ir import Graph
from minihub_runtime.ops.registry import REGISTRY, infer_shapes
from minihub_runtime.shapes import Spec
from tests.ops.running import SampleGraph, run_in_session
from tests.samples import Call, Sample, Step, b, boolean, f32, i32
from tests.text.test_sentencepiece import MODELS, model, sentences, stored

NAME = "unigram_symbols"
TEXTS = sentences()[10:40]
IDS = stored()["models"][NAME]["ids"][10:40]


def attribute(name: str) -> str:
    """A model as the value of an attribute."""
    return model(name).decode("utf-8", "surrogateescape")


def run(op: str, inputs: dict[str, Any] | None = None, **attrs: Any) -> list[Any]:
    """The outputs of one op with a model in its attribute."""
    attrs = {"model_proto": attribute(NAME), **attrs}
    return run_in_session(Sample(op, "", inputs or {}, attrs))[0]


def texts(strings: list[bytes] = TEXTS, size: Any = 0, alpha: Any = 1.0) -> dict[str, Any]:
    return dict(input=b(strings), nbest_size=i32(size), alpha=f32(alpha))


def test_piece_size() -> None:
    (size,) = run("SentencepieceGetPieceSize")
    assert (size, size.dtype, size.shape) == (300, np.int32, ())


def test_pieces_and_ids() -> None:
    (found,) = run("SentencepieceIdToPiece", dict(input=i32([[0, 1], [2, 3], [-1, 300]])))
    assert found.tolist() == [[b"<unk>", b"<s>"], [b"</s>", b"<pad>"], [b"", b""]]
    (back,) = run("SentencepiecePieceToId", dict(input=found))
    assert back.tolist() == [[0, 1], [2, 3], [0, 0]]
    assert back.dtype == np.int32


def test_piece_types() -> None:
    given = dict(input=i32([[0, 1, 4, 20]]))
    (unknown,) = run("SentencepieceGetPieceType", given)
    assert unknown.tolist() == [[True, False, False, False]]
    (control,) = run("SentencepieceGetPieceType", given, piece_type=1)
    assert control.tolist() == [[False, True, True, False]]
    attrs = dict(piece_type=2, model_proto=attribute("unigram_unused"))
    (unused,) = run("SentencepieceGetPieceType", dict(input=i32(range(300))), **attrs)
    assert 0 < unused.sum() <= 6
    for refused in (dict(input=i32([300])), dict(input=i32([-1]))):
        with pytest.raises(InvalidArgumentError, match="must lie in"):
            run("SentencepieceGetPieceType", refused)
    with pytest.raises(InvalidArgumentError, match="0, 1 or 2, not 3"):
        run("SentencepieceGetPieceType", given, piece_type=3)


def test_dense_encoding() -> None:
    values, lengths = run("SentencepieceEncodeDense", texts())
    longest = max(map(len, IDS))
    assert (values.dtype, lengths.dtype) == (np.int32, np.int32)
    assert lengths.tolist() == [len(row) for row in IDS]
    # The model's padding has the id 3.
    assert values.tolist() == [row + [3] * (longest - len(row)) for row in IDS]


def test_dense_encoding_without_padding_fills_with_the_unknown_piece() -> None:
    proto = attribute("unigram_raw")
    values, lengths = run("SentencepieceEncodeDense", texts([b"ferry", b""]), model_proto=proto)
    assert values[1].tolist() == [0] * lengths[0]
    attrs = dict(model_proto=proto, out_type="string")
    values, lengths = run("SentencepieceEncodeDense", texts([b"ferry", b""]), **attrs)
    assert values[1].tolist() == [b""] * lengths[0]
    assert b"".join(values[0].tolist()) == b"ferry"


def test_dense_pieces_with_options() -> None:
    attrs = dict(out_type="string", reverse=True, add_bos=True, add_eos=True)
    values, lengths = run("SentencepieceEncodeDense", texts([b"the ferry", b""]), **attrs)
    row = values[0].tolist()
    assert (row[0], row[-1], row[-2]) == (b"<s>", b"</s>", "▁the".encode())
    assert values[1].tolist() == [b"<s>", b"</s>", *[b"<pad>"] * (lengths[0] - 2)]


def test_sparse_encoding() -> None:
    indices, values, shape = run("SentencepieceEncodeSparse", texts())
    assert values.tolist() == [number for row in IDS for number in row]
    assert indices.tolist() == [[i, j] for i, row in enumerate(IDS) for j in range(len(row))]
    assert shape.tolist() == [len(IDS), max(map(len, IDS))]
    assert [array.dtype for array in (indices, values, shape)] == [np.int64, np.int32, np.int64]


def test_encoding_nothing() -> None:
    for op, shapes in (
        ("SentencepieceEncodeDense", [(0, 0), (0,)]),
        ("SentencepieceEncodeSparse", [(0, 2), (0,), (2,)]),
    ):
        assert [value.shape for value in run(op, texts([]))] == shapes


def test_sampling() -> None:
    given = texts([b"the ferry leaves"] * 20, size=[-1] * 10 + [6] * 10, alpha=[0.1] * 20)
    values, lengths = run("SentencepieceEncodeDense", given, out_type="string")
    rows = [row[:n] for row, n in zip(values.tolist(), lengths.tolist(), strict=True)]
    assert {b"".join(row) for row in rows} == {"▁the▁ferry▁leaves".encode()}
    assert len({tuple(row) for row in rows}) > 3


@pytest.mark.parametrize(
    ("op", "inputs", "attrs", "error", "message"),
    [
        ("EncodeDense", texts(size=[0]), {}, InvalidArgumentError, "scalar or have shape"),
        ("EncodeSparse", texts(alpha=[[1]]), {}, InvalidArgumentError, "scalar or have shape"),
        ("EncodeSparse", texts(size=513), {}, InternalError, "at most 512"),
        ("EncodeDense", texts() | {"input": b("a")}, {}, InvalidArgumentError, "rank 1"),
        ("EncodeDense", texts(), {"model_file": "x"}, InvalidArgumentError, "either model_file"),
        ("GetPieceSize", {}, {"model_proto": ""}, InvalidArgumentError, "either model_file"),
        ("GetPieceSize", {}, {"model_proto": "no model"}, DataLossError, "SentencePiece model"),
        (
            "EncodeSparse",
            texts(),
            {"model_proto": attribute("bpe_raw"), "add_bos": True},
            InvalidArgumentError,
            "define bos",
        ),
        (
            "Decode",
            dict(input=i32([[1, 2]]), sequence_length=i32([3])),
            {},
            InvalidArgumentError,
            "must lie in",
        ),
        (
            "Decode",
            dict(input=i32([[1, 2]]), sequence_length=i32([1, 2])),
            {},
            InvalidArgumentError,
            "must have shape",
        ),
        (
            "Decode",
            dict(input=i32([1, 2]), sequence_length=i32([1, 1])),
            {},
            InvalidArgumentError,
            "rank 2",
        ),
        (
            "Decode",
            dict(input=i32([[1, 999]]), sequence_length=i32([2])),
            {},
            OutOfRangeError,
            "ids must lie",
        ),
    ],
)
def test_refused(
    op: str, inputs: dict[str, Any], attrs: dict[str, Any], error: type[OpError], message: str
) -> None:
    with pytest.raises(error, match=message):
        run(f"Sentencepiece{op}", inputs, **attrs)


def test_decoding() -> None:
    values, lengths = run("SentencepieceEncodeDense", texts(), reverse=True)
    given = dict(input=values, sequence_length=lengths)
    (found,) = run("SentencepieceDecode", given, reverse=True)
    decoded = stored()["models"][NAME]["decoded"][10:40]
    assert [text.decode("latin-1") for text in found.tolist()] == decoded
    given = dict(input=b([["▁the", "▁a", "zz"]]), sequence_length=i32([2]))
    assert run("SentencepieceDecode", given)[0].tolist() == [b"the a"]


def test_model_files_are_read_from_the_module_only(tmp_path: Path) -> None:
    folder = tmp_path / "assets"
    folder.mkdir()
    (folder / "spm.model").write_bytes(model(NAME))
    (tmp_path / "secret").write_bytes(model(NAME))

    def size(path: Path) -> int:
        built = SampleGraph(Sample("SentencepieceGetPieceSize", "", {}, dict(model_file=str(path))))
        runner = Runner(Graph(built.nodes), readable=[folder])
        return int(runner.run(built.outputs(), {}, built.fetched)[0])

    assert size(folder / "spm.model") == 300
    with pytest.raises(PermissionDeniedError):
        size(tmp_path / "secret")
    with pytest.raises(NotFoundError):
        size(folder / "none")


@pytest.mark.parametrize("name", MODELS)
def test_options_of_the_resource(name: str) -> None:
    """The pieces that TF.Text adds and its order, for all models."""
    answers = stored()["models"][name]["options"]
    for options, answer in answers.items():
        flags = {key: boolean(value) for key, value in json.loads(options).items()}
        sample = Sample(
            "SentencepieceTokenizeOp",
            "",
            {"sp_handle": Step("model"), **texts(sentences()[:12]), **flags},
            before=dict(model=Call("SentencepieceOp", {}, dict(model=attribute(name)))),
        )
        if answer is None:
            with pytest.raises(InternalError, match="must have the piece"):
                run_in_session(sample)
            continue
        values, splits = run_in_session(sample)[0]
        assert values.tolist() == [number for row in answer for number in row]
        assert splits.tolist() == np.cumsum([0, *map(len, answer)]).tolist()


def test_one_resource_for_all_runs() -> None:
    sample = Sample("SentencepieceOp", "", {}, dict(model=attribute(NAME)))
    built = SampleGraph(sample)
    runner = Runner(Graph(built.nodes), readable=())
    handles = [runner.run([*built.types][:1])[0] for _ in range(2)]
    assert handles[0] is handles[1]


@pytest.mark.parametrize(
    ("op", "shapes", "expected"),
    [
        ("EncodeDense", [(5,), (), ()], [(5, None), (5,)]),
        ("EncodeDense", [(None,), (4,), None], [(4, None), (4,)]),
        ("EncodeSparse", [None, (), ()], [(None, 2), (None,), (2,)]),
        ("Decode", [(3, None), (None,)], [(3,)]),
        ("GetPieceSize", [], [()]),
        ("PieceToId", [(2, None)], [(2, None)]),
    ],
)
def test_static_shapes(op: str, shapes: list[Any], expected: list[Any]) -> None:
    found = REGISTRY[f"Sentencepiece{op}"]
    kinds = dict(T="int32", out_type="int32")
    schema = found.schema
    attrs = schema.complete({k: v for k, v in kinds.items() if k in schema.attrs}, op)
    types = schema.input_dtypes({**attrs, "T": i32(0).dtype})
    inputs = [Spec(dtype, shape, None) for dtype, shape in zip(types, shapes, strict=True)]
    assert infer_shapes(found, attrs, inputs) == expected


@pytest.mark.parametrize("op", ["EncodeDense", "EncodeSparse"])
def test_static_shapes_that_are_refused(op: str) -> None:
    found = REGISTRY[f"Sentencepiece{op}"]
    attrs = found.schema.complete({}, op)
    types = found.schema.input_dtypes(attrs)
    for shapes in ([(2, 2), (), ()], [(2,), (3,), ()], [(2,), (2, 2), ()], [(2,), (), (1,)]):
        inputs = [Spec(dtype, shape, None) for dtype, shape in zip(types, shapes, strict=True)]
        with pytest.raises(InvalidArgumentError):
            infer_shapes(found, attrs, inputs)
