"""`minihub.load`: modules, SavedModels and frozen graphs as functions on arrays."""

from __future__ import annotations

import gc
import pickle
import shutil
import threading
import time
import tracemalloc
import warnings
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import minihub
import minihub.errors
import minihub_runtime as tf
from minihub import UnsupportedOpsWarning
from minihub_runtime.errors import (
    DataLossError,
    DeadlineExceededError,
    InvalidArgumentError,
    NotFoundError,
    OpError,
    UnimplementedError,
    UnsupportedOpsError,
)
from minihub_runtime.protos import SavedModel
from minihub_runtime.values import RaggedTensorValue, SparseTensorValue
from tests.growth import LEAST_SHARE, growth_of, peak_of

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "tests" / "data"
HALF = DATA / "modules" / "half_plus_two"
TEXT = DATA / "modules" / "text"
IMAGE = DATA / "modules" / "image"
LOOKUP = DATA / "modules" / "lookup"
FROZEN = DATA / "graphs" / "frozen.pb"
WORDS = ROOT / "minihub" / "demo_module"
IMAGES = np.linspace(-1, 1, 2 * 8 * 8 * 3, dtype=np.float32).reshape(2, 8, 8, 3)


def changed(folder: Path, source: Path, edit: Callable[[Any], None]) -> Path:
    """A copy of a module whose first MetaGraph is edited."""
    path = shutil.copytree(source, folder / "module")
    model = SavedModel.FromString((path / "saved_model.pb").read_bytes())
    edit(model.meta_graphs[0])
    (path / "saved_model.pb").write_bytes(model.SerializeToString())
    return path


# What is passed and what comes back


def test_the_ways_to_pass_inputs() -> None:
    half = minihub.load(HALF)
    for value in ([2, 4], (2.0, 4.0), np.array([2, 4]), np.array([2.0, 4.0]), np.float32([2, 4])):
        result = half(value)
        assert result.dtype == np.float32
        assert result.tolist() == [3.0, 4.0]
    assert half({"default": [2.0]}).tolist() == [3.0]
    assert half(default=[2.0]).tolist() == [3.0]
    assert half([2.0], signature="default").tolist() == [3.0]
    assert half([]).shape == (0,)
    assert half([np.float64(2.0), np.int8(4)]).tolist() == [3.0, 4.0]
    assert half(range(2)).tolist() == [2.0, 2.5]


def test_the_ways_to_get_outputs() -> None:
    image = minihub.load(IMAGE)
    assert image(IMAGES).shape == (2, 4)
    assert list(image(IMAGES, as_dict=True)) == ["default"]
    several = image(images=IMAGES, scale=1, signature="classes:top")
    assert {name: value.shape for name, value in several.items()} == {
        "logits": (2, 5),
        "same": (2, 8, 8, 3),
        "top": (2, 2),
    }
    assert several["top"].dtype == np.int32


@pytest.mark.parametrize("text", ["the cat", b"the cat", np.str_("the cat"), np.bytes_(b"the cat")])
def test_text_of_every_type(text: Any) -> None:
    embed = minihub.load(TEXT)
    expected = embed(["the cat"])
    assert expected.shape == (1, 6)
    for value in ([text], np.array([text]), np.array([text], object), (text,)):
        np.testing.assert_array_equal(embed(value), expected)


def test_text_beyond_ascii() -> None:
    lookup = minihub.load(LOOKUP)
    assert lookup(["überall 模型", "the"]).tolist() == [[7.0, 8.0], [1.0, 2.0]]


def test_sparse_values() -> None:
    embed = minihub.load(TEXT)
    words = (DATA / "words.txt").read_text().split()
    expected = embed([f"{words[3]} {words[5]}"])
    given: list[Any] = [
        SparseTensorValue([[0, 0], [0, 1]], [words[3], words[5]], [1, 2]),
        ([[0, 0], [0, 1]], np.array([words[3], words[5]]), np.array([1, 2])),
    ]
    for value in given:
        outputs = embed(value, signature="tokens", as_dict=True)
        np.testing.assert_allclose(outputs["default"], expected, rtol=1e-6)
        assert outputs["tokens"].values.tolist() == [words[3].encode(), words[5].encode()]
    empty = embed(SparseTensorValue([], [], [2, 0]), signature="tokens")
    assert empty.tolist() == [[0.0] * 6] * 2


def test_ragged_values() -> None:
    embed = minihub.load(TEXT)
    words = (DATA / "words.txt").read_text().split()
    rows = [[words[3], words[5]], [], [words[4]]]
    given: list[Any] = [
        rows,
        RaggedTensorValue.from_rows(rows),
        ([words[3], words[5], words[4]], [[0, 2, 2, 3]]),
    ]
    for value in given:
        outputs = embed(rows=value, signature="rows", as_dict=True)
        assert outputs["ids"].to_list() == [[3, 5], [], [4]]
        assert outputs["default"].shape == (3, 6)
    assert embed([], signature="rows", as_dict=True)["ids"].to_list() == []
    assert embed([[], []], signature="rows", as_dict=True)["ids"].to_list() == [[], []]


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda m: m(), TypeError, r"missing \['text'\], extra given \[\]"),
        (lambda m: m(words=["a"]), TypeError, r"missing \['text'\], extra given \['words'\]"),
        (lambda m: m(["a"], text=["a"]), TypeError, "one argument or by keywords, not both"),
        (
            lambda m: m(["a"], signature="x"),
            ValueError,
            r"Signature 'x' is missing .* \['default'\]",
        ),
        (
            lambda m: m("a"),
            ValueError,
            r"'text' must have shape \[\?\], not \[\]; one example must be",
        ),
        (lambda m: m([["a"]]), ValueError, r"'text' must have shape \[\?\], not \[1,1\]"),
        (lambda m: m([1]), ValueError, "'text' must hold text or bytes, not int"),
        (lambda m: m([None]), ValueError, "'text' must hold text or bytes, not NoneType"),
        (lambda m: m([["a"], ["b", "c"]]), ValueError, r"'text' must"),
    ],
)
def test_wrong_calls(call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call(minihub.load(LOOKUP))


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (
            IMAGES[0],
            r"'images' must have shape \[\?,8,8,3\], not \[8,8,3\]; one example must be passed as",
        ),
        (IMAGES[:, :4], r"'images' must have shape \[\?,8,8,3\], not \[2,4,8,3\]"),
        ("x", r"'images' must be of type float32"),
        ([[1], [1, 2]], r"'images' must be a rectangular array"),
        (
            IMAGES.astype(np.complex64),
            "'images' must be of type float32; complex64 values would lose",
        ),
        (IMAGES > 0, "'images' must be of type float32, not bool"),
        (None, r"missing \['images'\]"),
    ],
)
def test_wrong_images(value: Any, message: str) -> None:
    with pytest.raises((ValueError, TypeError), match=message):
        minihub.load(IMAGE)(value)


@pytest.mark.parametrize(
    ("signature", "value", "message"),
    [
        ("tokens", ["a"], "'tokens' must be a SparseTensorValue"),
        ("tokens", ([[0, 0]], ["a", "b"], [1, 1]), r"'tokens' must have indices \[n, rank\]"),
        ("tokens", ([[0]], ["a"], [1]), r"'tokens' must have shape \[\?,\?\], not \[1\]"),
        ("tokens", ([[0, 0]], [1.0], [1, 1]), "values of input 'tokens' must hold text"),
        ("rows", ["a"], "'rows' must be lists nested 2 deep"),
        ("rows", [1], "'rows' must be lists nested 2 deep"),
        ("rows", 7, "'rows' must be nested lists or a RaggedTensorValue of ragged rank 1, not int"),
        ("rows", (["a"], [[0, 2]]), "'rows': row splits of level 0 must rise from 0 to 1"),
        ("rows", [[1]], "'rows' must hold text"),
    ],
)
def test_wrong_composite_values(signature: str, value: Any, message: str) -> None:
    with pytest.raises((ValueError, TypeError), match=message):
        minihub.load(TEXT)(value, signature=signature)


def test_results_belong_to_the_caller() -> None:
    image = minihub.load(IMAGE)
    first = image(images=IMAGES, scale=1.0, signature="classes:top")
    second = image(images=IMAGES, scale=1.0, signature="classes:top")
    for name, value in first.items():
        assert value.flags.writeable
        assert not np.shares_memory(value, second[name])
        assert not np.shares_memory(value, IMAGES)
        value[...] = 0
    third = image(images=IMAGES, scale=1.0, signature="classes:top")
    for name, value in second.items():
        # How a product is made, and so how it is rounded, may change with the number of calls.
        np.testing.assert_allclose(value, third[name], rtol=1e-5)


def test_an_output_that_is_an_input_is_a_copy() -> None:
    image, mine = minihub.load(IMAGE), IMAGES.copy()
    same = image(images=mine, scale=1.0, signature="classes:top")["same"]
    assert not np.shares_memory(same, mine)
    assert same.flags.writeable
    assert mine.flags.writeable


def test_two_outputs_of_one_tensor_are_two_arrays(tmp_path: Path) -> None:
    def edit(graph: Any) -> None:
        outputs = graph.signature_def["default"].outputs
        outputs["again"].CopyFrom(outputs["default"])

    outputs = minihub.load(changed(tmp_path, HALF, edit))([2.0], as_dict=True)
    assert not np.shares_memory(outputs["default"], outputs["again"])


def test_an_output_that_is_a_variable_can_be_written_to(tmp_path: Path) -> None:
    def edit(graph: Any) -> None:
        node = next(node for node in graph.graph_def.node if node.op == "ReadVariableOp")
        info = graph.signature_def["default"].outputs["variable"]
        info.name, info.dtype = f"{node.name}:0", 1
        info.tensor_shape.SetInParent()

    half = minihub.load(changed(tmp_path, HALF, edit))
    outputs = half([2.0], as_dict=True)
    kept = float(outputs["variable"])
    outputs["variable"][...] = 100.0
    assert float(half([2.0], as_dict=True)["variable"]) == kept


# What can be asked


def test_signatures_and_names() -> None:
    text = minihub.load(TEXT)
    assert sorted(text.signatures) == ["default", "rows", "tokens"]
    signature = text.signatures["default"]
    assert (signature.name, list(signature.inputs), list(signature.outputs)) == (
        "default",
        ["default"],
        ["default"],
    )
    assert text.tags == frozenset()
    assert text.handle == str(TEXT)
    assert text.unsupported == {}
    assert repr(text) == f"<minihub module {str(TEXT)!r} signatures=['default', 'rows', 'tokens']>"


def test_variables() -> None:
    text = minihub.load(TEXT)
    assert dict(text.variables).keys() == {"embeddings"}
    assert len(text.variables) == 1
    assert text.variables["embeddings"].shape[1] == 6
    with pytest.raises(KeyError):
        text.variables["other"]
    half = minihub.load(HALF)
    assert {name: value.item() for name, value in half.variables.items()} == {"a": 0.5, "b": 2.0}


def test_tags() -> None:
    assert minihub.load(IMAGE, tags=["train"]).tags == {"train"}
    with pytest.raises(KeyError, match=r"no graph with tags: \['x'\]; it has \[\], \['train'\]"):
        minihub.load(IMAGE, tags=["x"])
    assert minihub.load(IMAGE, tags="train").tags == {"train"}
    odd: list[Any] = [5, ["train", 1], [[]], b"train"]
    for tags in odd:
        with pytest.raises(TypeError, match="tags must be text, or a list or set of texts, not"):
            minihub.load(IMAGE, tags=tags)


@pytest.mark.parametrize("name", ["two words", "ünïcode 模型", "percent %41 & hash #1"])
def test_paths(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    path = shutil.copytree(LOOKUP, tmp_path / name)
    assert minihub.load(path)(["cat"]).tolist() == [[3.0, 4.0]]
    monkeypatch.chdir(tmp_path)
    assert minihub.load(name)(["cat"]).tolist() == [[3.0, 4.0]]
    assert minihub.load(f"./{name}/")(["cat"]).tolist() == [[3.0, 4.0]]


def test_nothing_is_there(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="missing does not exist"):
        minihub.load(tmp_path / "missing")
    unknown = (
        r"^Trying to load a model of incompatible/unknown type\. '.*' contains neither 'saved_model\.pb' nor "
        r"'saved_model\.pbtxt'\.$"
    )
    for kind in (NotFoundError, ValueError):
        with pytest.raises(kind, match=unknown):
            minihub.load(tmp_path)


def test_what_tensorflow_hub_refuses_to_load() -> None:
    with pytest.raises(ValueError, match=r"^Expected a string, got 3$"):
        minihub.load(3)  # type: ignore[arg-type]
    with pytest.raises(NotImplementedError, match=r"options are not supported for TF < 2\.3\.x"):
        minihub.load(str(LOOKUP), None, {"experimental_io_device": "/job:localhost"})


def test_checksums_can_be_compared_at_once(tmp_path: Path) -> None:
    path = shutil.copytree(LOOKUP, tmp_path / "module")
    data = path / "variables" / "variables.data-00000-of-00001"
    data.write_bytes(bytes(32))
    module = minihub.load(path)
    with pytest.raises(DataLossError, match="emb"):
        module(["cat"])
    with pytest.raises(DataLossError, match="emb"):
        minihub.load(path, verify=True)


# Ops that are not supported


def strange(graph: Any, signature: str) -> None:
    """Let an output of a signature come from an op nobody knows."""
    info = graph.signature_def[signature].outputs
    name = next(iter(sorted(info)))
    node = graph.graph_def.node.add(name=f"strange_{signature.replace(':', '_')}", op="StrangeOp")
    node.input.append(info[name].name)
    info[name].name = f"{node.name}:0"


def test_some_signatures_need_unsupported_ops(tmp_path: Path) -> None:
    path = changed(tmp_path, IMAGE, lambda graph: strange(graph, "classes:top"))
    expected = "signatures that cannot run because of unsupported ops: classes:top: StrangeOp"
    with pytest.warns(UnsupportedOpsWarning, match=expected) as caught:
        image = minihub.load(path)
    assert Path(caught[0].filename) == Path(__file__)
    assert image.unsupported == {"classes:top": {"StrangeOp": ["strange_classes_top"]}}
    assert image(IMAGES).shape == (2, 4)
    with pytest.raises(UnsupportedOpsError, match=r"StrangeOp \(1 node, for example 'strange_"):
        image(images=IMAGES, scale=1, signature="classes:top")


def test_all_signatures_need_unsupported_ops(tmp_path: Path) -> None:
    def edit(graph: Any) -> None:
        for signature in ("default", "rows", "tokens"):
            strange(graph, signature)

    path = changed(tmp_path, TEXT, edit)
    with pytest.raises(UnsupportedOpsError, match=r"StrangeOp \(3 nodes") as raised:
        minihub.load(path)
    assert raised.value.missing == {
        "StrangeOp": ["strange_default", "strange_rows", "strange_tokens"]
    }


def test_an_unsupported_op_that_no_signature_needs(tmp_path: Path) -> None:
    path = changed(
        tmp_path,
        HALF,
        lambda graph: graph.graph_def.node.add(name="strange", op="StrangeOp") and None,
    )
    assert minihub.load(path)([2.0]).tolist() == [3.0]


# SavedModels and frozen graphs


@pytest.mark.parametrize("name", ["served", "legacy"])
@pytest.mark.parametrize("tags", [None, ["serve"]])
def test_a_saved_model(name: str, tags: Any) -> None:
    model = minihub.load(DATA / "saved_models" / name, tags)
    assert model.tags == {"serve"}
    outputs = model(["the", "sat", "?"])
    assert outputs["vectors"].tolist() == [[1.0, 2.0], [5.0, 6.0], [7.0, 8.0]]
    assert outputs["count"] == 7  # given by the main op
    assert sorted(model.variables) == ["count", "emb", "global_step"]


def test_a_saved_model_with_unknown_tags() -> None:
    with pytest.raises(KeyError, match=r"no graph with tags: \[\]; it has \['serve'\]"):
        minihub.load(DATA / "saved_models" / "served", tags=[])


def test_a_saved_model_of_tf2() -> None:
    with pytest.raises(UnimplementedError) as raised:
        minihub.load(DATA / "saved_models" / "tf2")
    assert str(raised.value).endswith(
        "is a TF2 SavedModel, and minihub loads TF1 Hub modules, TF1 SavedModels and frozen graphs"
    )


def test_a_frozen_graph_may_be_called_like_a_file_of_a_module(tmp_path: Path) -> None:
    shutil.copy(DATA / "graphs" / "frozen.pb", tmp_path / "saved_model.pb")
    assert "y" in minihub.load(tmp_path / "saved_model.pb").signatures["default"].outputs


@pytest.mark.parametrize("name", ["frozen.pb", "frozen.pbtxt"])
def test_a_frozen_graph(name: str) -> None:
    graph = minihub.load(DATA / "graphs" / name)
    signature = graph.signatures["default"]
    assert {n: (i.dtype.name, i.shape) for n, i in signature.inputs.items()} == {
        "x": ("float32", (None, 2))
    }
    assert {n: (i.dtype.name, i.shape) for n, i in signature.outputs.items()} == {
        "best": ("float32", (None, 1)),
        "best:1": ("int32", (None, 1)),
        "y": ("float32", (None, 1)),
    }
    outputs = graph([[1.0, 2.0], [5.0, 3.0]])
    assert outputs["y"].tolist() == [[42.0], [70.0]]
    assert outputs["best"].tolist() == [[2.0], [5.0]]
    assert outputs["best:1"].tolist() == [[1], [0]]
    assert dict(graph.variables) == {}


def test_outputs_of_a_frozen_graph_lie_outside_of_loops_and_branches() -> None:
    graph = minihub.load(DATA / "graphs" / "frozen_loops.pb")
    assert [*graph.signatures["default"].outputs] == ["outer/Exit", "y", "z"]
    assert {name: value.tolist() for name, value in graph(2.0).items()} == {
        "outer/Exit": 2,
        "y": 32.0,
        "z": 6.0,
    }
    assert graph(-2.0)["z"].tolist() == -2.0


def test_a_frozen_graph_whose_outputs_all_lie_on_branches(tmp_path: Path) -> None:
    (tmp_path / "a.pbtxt").write_text(
        """
        node { name: "x" op: "Placeholder" attr { key: "dtype" value { type: DT_FLOAT } } }
        node { name: "p" op: "Placeholder" attr { key: "dtype" value { type: DT_BOOL } } }
        node { name: "s" op: "Switch" input: "x" input: "p" attr { key: "T" value { type: DT_FLOAT } } }
        node { name: "y" op: "Neg" input: "s:1" attr { key: "T" value { type: DT_FLOAT } } }
        """
    )
    graph = minihub.load(tmp_path / "a.pbtxt")
    assert graph(x=2.0, p=True).tolist() == -2.0


def test_files_that_are_no_graph(tmp_path: Path) -> None:
    for name, data in (("a.pb", b"\xff\xff"), ("a.pbtxt", b"<html>"), ("b.pb", b"")):
        path = tmp_path / name
        path.write_bytes(data)
        with pytest.raises(DataLossError, match=name):
            minihub.load(path)


# Threads, processes, time and memory


@pytest.mark.parametrize("path", [HALF, FROZEN], ids=["module", "graph"])
def test_pickling(path: Path) -> None:
    module = minihub.load(path)
    copy = pickle.loads(pickle.dumps(module))
    assert copy.handle == module.handle
    assert copy.tags == module.tags
    value = [2.0] if path is HALF else [[1.0, 2.0]]
    for name, result in module(value, as_dict=True).items():
        np.testing.assert_array_equal(copy(value, as_dict=True)[name], result)


def test_pickling_keeps_the_tags() -> None:
    copy = pickle.loads(pickle.dumps(minihub.load(IMAGE, tags={"train"})))
    assert copy.tags == {"train"}


def every_error() -> list[type[Exception]]:
    """The errors of both packages."""
    found = {
        value
        for module in (minihub.errors, tf.errors)
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, OpError)
    }
    return sorted(found, key=lambda kind: kind.__name__)


@pytest.mark.parametrize("kind", every_error())
def test_errors_come_back_from_other_processes(kind: type[Exception]) -> None:
    error: Any = kind({"Foo": ["a", "b"]} if kind is UnsupportedOpsError else "what")
    error.at("node", "{{node node}} = Op")
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is kind
    assert str(copy) == str(error)
    assert vars(copy) == vars(error)


def test_many_threads() -> None:
    embed = minihub.load(TEXT)
    words = (DATA / "words.txt").read_text().split()
    expected = {word: embed([word]) for word in words[:8]}
    failures: list[Any] = []

    def work(word: str) -> None:
        for _ in range(50):
            result = embed([word])
            if not np.array_equal(result, expected[word]):
                failures.append((word, result))

    threads = [threading.Thread(target=work, args=(word,)) for word in expected]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_the_first_call_of_many_threads_at_once() -> None:
    for _ in range(5):
        lookup = minihub.load(LOOKUP)
        barrier = threading.Barrier(8)
        results: list[Any] = []

        def work(lookup: Any = lookup, barrier: Any = barrier, results: Any = results) -> None:
            barrier.wait()
            results.append(lookup(["cat"]).tolist())

        threads = [threading.Thread(target=work) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert results == [[[3.0, 4.0]]] * 8


def test_a_call_that_takes_too_long() -> None:
    half = minihub.load(HALF)
    with pytest.raises(DeadlineExceededError):
        half([1.0], timeout=1e-9)
    assert half([1.0], timeout=60).tolist() == [2.5]
    with pytest.raises(DeadlineExceededError):
        minihub.load(LOOKUP, timeout=1e-9)


def test_many_calls_take_no_more_memory() -> None:
    half = minihub.load(HALF)
    value = np.ones(64, np.float32)

    growth = growth_of(lambda: half(value), 1000)
    assert growth.share < LEAST_SHARE, growth
    started = time.monotonic()
    for _ in range(8000):
        half(value)
    assert time.monotonic() - started < 60
    kept: list[object] = []
    leaking = growth_of(lambda: (half(value), kept.append(object())), 300)
    assert leaking.share > LEAST_SHARE, "the measure must find one small object a call"


def test_modules_of_many_sizes_of_input_take_no_more_memory() -> None:
    lookup = minihub.load(LOOKUP)
    for size in (1, 1, 299, 299):
        assert lookup(["cat"] * size).shape == (size, 2)

    def grown(sizes: Iterable[int]) -> int:
        gc.collect()
        before = tracemalloc.get_traced_memory()[0]
        for size in sizes:
            lookup(["cat"] * size)
        gc.collect()
        return tracemalloc.get_traced_memory()[0] - before

    tracemalloc.start()
    try:
        # How runs of some sizes are shared among threads is remembered, of no more than these.
        remembered = grown(range(1, 100))
        once = peak_of(lambda: lookup(["cat"] * 299))
        # Were it remembered of all sizes, it would be twice as much again.
        assert grown(range(100, 300)) < (remembered + once) / 4
    finally:
        tracemalloc.stop()


def test_loading_warns_of_nothing() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for path in (HALF, TEXT, IMAGE, LOOKUP, WORDS, FROZEN):
            minihub.load(path)


def test_the_readme_module_knows_words_that_go_together() -> None:
    embed = minihub.load(WORDS)
    vectors = embed(["raise an exception", "a ValueError was raised", "draw a picture", "zzzz"])
    assert vectors.shape == (4, 32)
    assert not vectors[3].any()
    unit = vectors[:3] / np.linalg.norm(vectors[:3], axis=1, keepdims=True)
    assert unit[0] @ unit[1] > unit[0] @ unit[2]


def test_an_empty_signature_name() -> None:
    with pytest.raises(InvalidArgumentError, match="Signature '' is missing"):
        minihub.load(HALF)([1.0], signature="")


def test_a_relative_path_is_that_of_the_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(WORDS, tmp_path / "module")
    shutil.copy(FROZEN, tmp_path / "frozen.pb")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path)
    module, frozen = minihub.load("module"), minihub.load("frozen.pb")
    names = list(module.variables)
    monkeypatch.chdir("elsewhere")
    expected = minihub.load(WORDS)(["open a file"])
    np.testing.assert_array_equal(module(["open a file"]), expected)
    assert all(module.variables[name] is not None for name in names)
    copy = pickle.loads(pickle.dumps(module))
    assert copy.handle == module.handle == "module"
    np.testing.assert_array_equal(copy(["open a file"]), expected)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(copy))(["open a file"]), expected)
    assert pickle.loads(pickle.dumps(frozen)).signatures.keys() == frozen.signatures.keys()


def test_a_frozen_graph_by_url_and_without_tags() -> None:
    by_path, by_url = minihub.load(FROZEN), minihub.load(FROZEN.as_uri())
    assert by_url.signatures.keys() == by_path.signatures.keys()
    assert by_url.path == str(FROZEN)
    with pytest.raises(KeyError, match="a frozen graph has no tags"):
        minihub.load(FROZEN, ["train"])


def test_what_a_saver_added_is_no_output(tmp_path: Path) -> None:
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [None, 2], "x")
        tf.identity(tf.matmul(x, tf.get_variable("w", [2, 1])), "y")
        tf.train.Saver()
        with tf.Session() as session:
            session.run(tf.global_variables_initializer())
            tf.train.Saver().save(session, str(tmp_path / "model"))
    (tmp_path / "graph.pb").write_bytes(graph.as_graph_def().SerializeToString())
    assert list(minihub.load(tmp_path / "graph.pb").signatures["default"].outputs) == ["y"]


@pytest.mark.parametrize(
    "text",
    [
        "node { attr { key: 'a' value {" + "func { attr { key: 'a' value {" * 3000,
        "node { name: 'a' op: 'Const' attr { key: 'dtype' value { type: 999999999999 } } }",
        "node { name: '\\377' op: 'Const' }",
    ],
    ids=["nested", "enum", "bytes"],
)
@pytest.mark.parametrize("name", ["a.pbtxt", "saved_model.pbtxt"])
def test_text_that_is_no_message(name: str, text: str, tmp_path: Path) -> None:
    frozen = name == "a.pbtxt"
    wrapped = text if frozen else f"meta_graphs {{ graph_def {{ {text} }} }}"
    (tmp_path / name).write_text(wrapped)
    with pytest.raises(
        DataLossError, match=r"must hold a tensorflow\.\w+ message, but ."
    ) as raised:
        minihub.load(tmp_path / name if frozen else tmp_path)
    assert len(str(raised.value)) < 2000
