"""`minihub run`."""

from __future__ import annotations

import io
import json
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import minihub
from minihub_runtime.values import RaggedTensorValue, SparseTensorValue
from tests.cli.conftest import HALF, IMAGE, TEXT, Cli

PICTURES = Path(__file__).parents[1] / "data" / "images"


def answer(cli: Cli, *arguments: object, stdin: bytes | None = None) -> Any:
    """What the module returned, read from JSON."""
    ran = cli("run", "--format", "json", *arguments, stdin=stdin)
    assert ran.code == 0, ran.err
    assert ran.err == ""
    return json.loads(ran.out)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["[1, 2.5]"], [2.5, 3.25]),
        (["1", "2.5"], [2.5, 3.25]),
        (["1"], [2.5]),
        (["[]"], []),
        (["-1"], [1.5]),
        (["--", "-1e3"], [-498.0]),
        (["--input", "default=[4]"], [4.0]),
        (["--signature", "default", "1", "--tags", "", "2"], [2.5, 3.0]),
        (["--timeout", "60", "0"], [2.0]),
        (["NaN", "Infinity"], [float("nan"), float("inf")]),
    ],
    ids=str,
)
def test_numbers(cli: Cli, arguments: list[str], expected: list[float]) -> None:
    np.testing.assert_array_equal(answer(cli, HALF, *arguments), expected)


def test_text_on_the_command_line(cli: Cli) -> None:
    expected = minihub.load(TEXT)(["the cat", "--x", "@home"])
    found = answer(cli, TEXT, "the cat", "--", "--x", "@@home")
    # JSON has the digits that give the same float32 again.
    np.testing.assert_array_equal(np.float32(found), expected)


def test_json_for_a_string_input(cli: Cli) -> None:
    by_name = answer(cli, TEXT, "--input", 'default=["the cat", "dog"]')
    assert by_name == answer(cli, TEXT, "the cat", "dog")
    assert answer(cli, TEXT, "--input", "default=the cat") == answer(cli, TEXT, "the cat")
    # A positional argument of a string input is the text itself, whatever it looks like.
    assert len(answer(cli, TEXT, '["the cat", "dog"]')) == 1


def test_lines_of_a_file(cli: Cli, tmp_path: Path) -> None:
    path = tmp_path / "lines.txt"
    path.write_bytes("\ufeffthe cat\r\n\nÜber\n".encode())
    expected = answer(cli, TEXT, "the cat", "", "Über")
    assert answer(cli, TEXT, f"@{path}") == expected
    assert answer(cli, TEXT, "--input", f"default=@{path}") == expected
    assert answer(cli, TEXT, f"@{path}", "--batch-size", "0") == expected
    assert answer(cli, TEXT, f"@{path}", "--batch-size", "1") == expected
    assert answer(cli, TEXT, "first", f"@{path}")[1:] == expected
    path.write_bytes(b"")
    assert answer(cli, TEXT, f"@{path}") == []


@pytest.mark.parametrize(
    "words",
    [
        (TEXT, "@"),
        (TEXT, "the cat", "@"),
        (TEXT, "--input", "default=@"),
        (HALF, "@"),
        (HALF, "[1]", "@"),
    ],
)
def test_no_name_of_a_file_after_the_sign(
    refused: Callable[..., str], words: tuple[str, ...]
) -> None:
    said = refused(2, "run", *words)
    assert "@ must be followed by the name of a file" in said
    assert "@@" in said


def test_the_sign_itself_is_text(cli: Cli) -> None:
    expected = minihub.load(TEXT)(["@"])
    assert answer(cli, TEXT, "@@") == expected.tolist()


def test_standard_input(cli: Cli) -> None:
    lines = b"".join(b"line %d\n" % i for i in range(150))
    found = answer(cli, TEXT, "-", stdin=lines)
    assert found == answer(cli, TEXT, *(f"line {i}" for i in range(150)))
    assert answer(cli, HALF, "-", stdin=b"[1, 2]") == [2.5, 3.0]
    assert answer(cli, HALF, "--input", "default=-", stdin=b"[1]") == [2.5]


def test_batches_as_text_are_one_list(cli: Cli) -> None:
    ran = cli("run", TEXT, "-", "--batch-size", "2", stdin=b"a\nb\nc\n")
    assert ran.code == 0
    assert ran.out.startswith("default  float32 [?, 6]\n[[")
    assert ran.out.count("float32") == 1
    rows = " ".join(ran.out.split("\n")[1:]).replace("[", " ").replace("]", " ").split()
    assert len(rows) == 18


def test_batches_of_sparse_values_are_joined(cli: Cli, tmp_path: Path) -> None:
    from minihub.cli.outputs import _together

    first = SparseTensorValue(np.array([[0, 1], [1, 0]]), np.array([1, 2]), np.array([2, 2]))
    second = SparseTensorValue(np.array([[0, 4]]), np.array([3]), np.array([1, 5]))
    joined = _together([({"x": first}, 2), ({"x": second}, 1)])["x"]
    np.testing.assert_array_equal(joined.indices, [[0, 1], [1, 0], [2, 4]])
    np.testing.assert_array_equal(joined.dense_shape, [3, 5])
    rows = [RaggedTensorValue.from_rows(part) for part in ([[[1], []], []], [[[2, 3]]])]
    ragged = _together([({"x": rows[0]}, 2), ({"x": rows[1]}, 1)])["x"]
    assert ragged.to_list() == [[[1], []], [], [[2, 3]]]


def test_outputs_that_do_not_follow_the_batch() -> None:
    from minihub.cli.failures import CommandError
    from minihub.cli.outputs import _together

    parts: list[list[Any]] = [
        [np.zeros(()), np.zeros(())],
        [np.zeros((2, 3)), np.zeros((2, 4))],
        [np.zeros(7), np.zeros(7)],
    ]
    for pair in parts:
        with pytest.raises(CommandError, match="--batch-size 0"):
            _together([({"x": value}, 2) for value in pair])


def test_numpy_files(cli: Cli, tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.array([1, 2]))
    np.savez(tmp_path / "named.npz", default=np.array([3.0]))
    np.savez(tmp_path / "single.npz", x=np.array([4.0]))
    np.savez(tmp_path / "several.npz", x=np.array([4.0]), y=np.array([4.0]))
    assert answer(cli, HALF, f"@{tmp_path}/x.npy") == [2.5, 3.0]
    assert answer(cli, HALF, "--input", f"default=@{tmp_path}/x.npy") == [2.5, 3.0]
    assert answer(cli, HALF, f"@{tmp_path}/named.npz") == [3.5]
    assert answer(cli, HALF, f"@{tmp_path}/single.npz") == [4.0]
    assert answer(cli, HALF, "--input", f"default=@{tmp_path}/single.npz") == [4.0]
    assert cli("run", HALF, f"@{tmp_path}/several.npz").code == 1
    assert cli("run", HALF, "--input", f"default=@{tmp_path}/several.npz").code == 1
    np.save(tmp_path / "text.npy", np.array(["the cat", "dog"]))
    assert answer(cli, TEXT, f"@{tmp_path}/text.npy") == answer(cli, TEXT, "the cat", "dog")


def test_json_files(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text("[1, 2]")
    (tmp_path / "named.json").write_text('\ufeff{"default": [1]}', encoding="utf-8")
    assert answer(cli, HALF, f"@{tmp_path}/x.json") == [2.5, 3.0]
    assert answer(cli, HALF, f"@{tmp_path}/named.json") == [2.5]
    assert answer(cli, HALF, "--input", f"default=@{tmp_path}/x.json") == [2.5, 3.0]


@pytest.mark.parametrize(
    "data",
    [b"", b"not a zip", b"PK\x03\x04", b"\x93NUMPY\x01\x00", b"\x80\x04K\x01."],
    ids=["empty", "text", "cut zip", "cut npy", "pickle"],
)
@pytest.mark.parametrize("suffix", ["npy", "npz"])
def test_files_that_are_no_arrays(
    refused: Callable[..., str], tmp_path: Path, data: bytes, suffix: str
) -> None:
    path = tmp_path / f"x.{suffix}"
    path.write_bytes(data)
    assert f"x.{suffix} must be a .{suffix} file" in refused(1, "run", HALF, f"@{path}")


def test_damaged_headers_of_arrays(refused: Callable[..., str], tmp_path: Path) -> None:
    buffer = io.BytesIO()
    np.savez(buffer, x=np.zeros(3))
    zipped = buffer.getvalue()
    directory = zipped.rindex(b"PK\x01\x02")
    broken = {
        # The method of compression, and where the directory of the file is.
        "method.npz": zipped[: directory + 10] + b"\x07" + zipped[directory + 11 :],
        "place.npz": zipped[:-6] + b"\xff\xff\xff\x7f\0\0",
    }
    buffer = io.BytesIO()
    np.save(buffer, np.zeros(3))
    broken["bracket.npy"] = buffer.getvalue().replace(b"(3,)", b"(3, ")
    for name, data in broken.items():
        (tmp_path / name).write_bytes(data)
        suffix = name.partition(".")[2]
        told = refused(1, "run", HALF, f"@{tmp_path}/{name}")
        assert f"{name} must be a .{suffix} file without pickled objects: " in told


def test_pickled_objects_are_not_loaded(refused: Callable[..., str], tmp_path: Path) -> None:
    for name, save in (("x.npy", np.save), ("x.npz", np.savez)):
        save(tmp_path / name, np.array([{}], dtype=object))  # type: ignore[operator]
        assert "without pickled objects" in refused(1, "run", HALF, f"@{tmp_path / name}")


def test_one_kind_of_numpy_file_under_the_other_name(
    refused: Callable[..., str], tmp_path: Path
) -> None:
    buffer = io.BytesIO()
    np.savez(buffer, x=np.zeros(1))
    (tmp_path / "x.npy").write_bytes(buffer.getvalue())
    assert "another kind" in refused(1, "run", HALF, f"@{tmp_path}/x.npy")


def test_sparse_and_ragged_values(cli: Cli) -> None:
    sparse = '{"indices": [[0, 0], [1, 1]], "values": ["cat", "dog"], "dense_shape": [2, 3]}'
    found = answer(cli, TEXT, "--signature", "tokens", "--as-dict", sparse)
    assert found["tokens"] == json.loads(sparse)
    module = minihub.load(TEXT)
    expected = module([["cat", "the"], ["dog"]], signature="rows", as_dict=True)
    nested = answer(cli, TEXT, "--signature", "rows", "--as-dict", '[["cat", "the"], ["dog"]]')
    np.testing.assert_array_equal(np.float32(nested["default"]), expected["default"])
    assert nested["ids"]["row_splits"] == [[0, 2, 3]]
    split = '{"values": ["cat", "the", "dog"], "row_splits": [[0, 2, 3]]}'
    assert answer(cli, TEXT, "--signature", "rows", "--as-dict", split) == nested
    text = cli("run", TEXT, "--signature", "tokens", "--as-dict", sparse).out
    assert 'tokens  sparse string [2, 3]\n  (0, 0)  "cat"\n' in text
    text = cli("run", TEXT, "--signature", "rows", "--as-dict", split).out
    assert "ids  ragged int64 [2, ?]\n  [" in text


def test_images(cli: Cli, tmp_path: Path, refused: Callable[..., str]) -> None:
    image = pytest.importorskip("PIL.Image")
    pixels = np.arange(192, dtype=np.uint8).reshape(8, 8, 3)
    image.fromarray(pixels).save(tmp_path / "x.png")
    expected = minihub.load(IMAGE)(np.stack([pixels / np.float32(255)] * 2))
    found = answer(cli, IMAGE, f"@{tmp_path}/x.png", f"@{tmp_path}/x.png")
    np.testing.assert_array_equal(np.float32(found), expected)
    message = refused(1, "run", IMAGE, f"@{PICTURES}/rgb.png")
    assert "must be 8 pixels high and 8 wide, not 6 by 9; --resize" in message
    assert len(answer(cli, IMAGE, "--resize", f"@{PICTURES}/rgb.png", f"@{PICTURES}/grey.jpg")) == 2
    (tmp_path / "bad.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    assert "must be an image" in refused(1, "run", IMAGE, f"@{tmp_path}/bad.png")
    assert "no batch of images" in refused(1, "run", HALF, f"@{tmp_path}/x.png")
    # A string input takes the bytes of the file.
    assert len(answer(cli, TEXT, f"@{tmp_path}/x.png")) == 1
    # Photos are upright.
    exif = image.Exif()
    exif[0x0112] = 6
    image.fromarray(np.rot90(pixels)).save(tmp_path / "held.png", exif=exif)
    assert answer(cli, IMAGE, f"@{tmp_path}/held.png") == found[:1]


def test_images_of_a_size_that_only_the_attached_message_tells(tmp_path: Path) -> None:
    image = pytest.importorskip("PIL.Image")
    from minihub.image_files import WrongSizeError, read_image
    from minihub.image_util import attached_image_size
    from minihub.tensor_info import ParsedTensorInfo
    from minihub_runtime.dtypes import uint8
    from minihub_runtime.graph.ir import Ref

    assert attached_image_size(minihub.load(IMAGE)) == (8, 8)
    assert attached_image_size(minihub.load(HALF)) is None
    path = str(tmp_path / "x.png")
    image.fromarray(np.zeros((4, 6, 3), np.uint8)).save(path)
    for channels in (1, 3, 4):
        info = ParsedTensorInfo("dense", uint8, (None, None, None, channels), (Ref("x"),))
        assert read_image(path, info, None, resize=False).shape == (4, 6, channels)
        assert read_image(path, info, (8, 9), resize=True).shape == (8, 9, channels)
        with pytest.raises(WrongSizeError, match="8 pixels high and 9 wide, not 4 by 6"):
            read_image(path, info, (8, 9), resize=False)


def test_grey_images_of_16_bits_keep_their_greys(tmp_path: Path) -> None:
    image = pytest.importorskip("PIL.Image")
    from minihub.image_files import read_image
    from minihub.tensor_info import ParsedTensorInfo
    from minihub_runtime.dtypes import uint8
    from minihub_runtime.graph.ir import Ref

    image.fromarray(np.array([[0, 256, 0x80FF, 0xFFFF]], np.uint16)).save(tmp_path / "grey.png")
    info = ParsedTensorInfo("dense", uint8, (None, None, None, 3), (Ref("x"),))
    read = read_image(str(tmp_path / "grey.png"), info, None, resize=False)
    assert read[0, :, 2].tolist() == [0, 1, 128, 255]


def test_images_without_pillow(
    refused: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "PIL", None)
    assert "pip install 'minihub[images]'" in refused(1, "run", IMAGE, f"@{PICTURES}/rgb.png")


def test_several_inputs(cli: Cli, tmp_path: Path, refused: Callable[..., str]) -> None:
    images = np.full((1, 8, 8, 3), 0.5, np.float32)
    np.save(tmp_path / "x.npy", images)
    module = minihub.load(IMAGE)
    expected = module({"images": images, "scale": 2.0}, signature="classes:top", as_dict=True)
    chosen = [IMAGE, "--signature", "classes:top"]
    named = ["--input", f"images=@{tmp_path}/x.npy", "--input", "scale=2"]
    found = answer(cli, *chosen, *named)
    assert set(found) == set(expected)
    np.testing.assert_array_equal(np.float32(found["logits"]), expected["logits"])
    np.savez(tmp_path / "all.npz", images=images, scale=2.0)
    assert answer(cli, *chosen, f"@{tmp_path}/all.npz") == found
    everything = json.dumps({"images": images.tolist(), "scale": 2})
    assert answer(cli, *chosen, everything) == found
    assert answer(cli, *chosen, "-", stdin=everything.encode()) == found
    (tmp_path / "all.json").write_text(everything)
    assert answer(cli, *chosen, f"@{tmp_path}/all.json") == found
    text = cli("run", *chosen, *named).out
    assert text.startswith("logits  float32 [1, 5]\n[[")
    message = refused(1, "run", *chosen, *named[:2])
    assert "missing: scale" in message
    assert "missing: images, scale" in refused(1, "run", *chosen, "1", "2")
    assert "unknown: size" in refused(1, "run", *chosen, *named, "--input", "size=1")
    assert "must be an object" in refused(1, "run", *chosen, "-", stdin=b"[1]")
    assert "standard input can be" in refused(
        2, "run", *chosen, "--input", "images=-", "--input", "scale=-"
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([HALF, "1", "--signature", "other"], "Signature 'other' is missing"),
        ([HALF, "1", "--tags", "train"], "no graph with tags"),
        ([HALF], "missing: default"),
        ([HALF, "--input", "x=1"], "unknown: x"),
        ([HALF, "one"], "must be a value in JSON, unlike 'one'"),
        ([HALF, "[1,"], "must be a value in JSON"),
        ([HALF, "[" * 100_000], "must be a value in JSON"),
        ([HALF, "true"], "must be of type float32, not bool"),
        ([HALF, '"text"'], "must be of type float32"),
        ([HALF, "null"], "not null"),
        ([HALF, '{"x": 1}'], "not an object with"),
        ([HALF, "[[1]]"], "must have shape [?], not [1,1]"),
        ([HALF, "[1, [2]]"], "rectangular"),
        ([HALF, f"@{PICTURES.parent}/words.txt"], "must be .json, .npy or .npz"),
        ([TEXT, "--input", "default=[1]"], "must hold text or bytes, not int"),
        ([TEXT, "--input", 'default=["a"'], "must be a value in JSON"),
        ([TEXT, "--signature", "tokens", "word"], "must be a value in JSON"),
        ([TEXT, "--signature", "tokens", '{"values": []}'], "dense_shape, indices, values"),
        ([TEXT, "--signature", "tokens", '["a"]'], "must be a SparseTensorValue"),
        ([TEXT, "--signature", "rows", '["a"]', '["b"]'], "must be one JSON value"),
        ([TEXT, "--signature", "rows", "3"], "nested"),
    ],
    ids=str,
)
def test_wrong_inputs(refused: Callable[..., str], arguments: list[str], message: str) -> None:
    assert message in refused(1, "run", *arguments)


def test_input_files_that_are_not_there(refused: Callable[..., str], tmp_path: Path) -> None:
    for name in ("x.npy", "x.npz", "x.json"):
        assert "No such file" in refused(3, "run", HALF, f"@{tmp_path}/{name}")
    for name in ("x.txt", "x"):
        assert "No such file" in refused(3, "run", TEXT, f"@{tmp_path}/{name}")


def test_a_deadline_that_has_passed(refused: Callable[..., str]) -> None:
    refused(1, "run", TEXT, "x", "--timeout", "1e-9")


def test_text_output_is_short_unless_full(cli: Cli, tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.arange(5000) / 7)
    short = cli("run", HALF, f"@{tmp_path}/x.npy").out
    assert short.startswith("default  float32 [5000]\n[  2. ")
    assert "..." in short
    full = cli("run", HALF, f"@{tmp_path}/x.npy", "--full").out
    numbers = full.partition("\n")[2].replace("[", " ").replace("]", " ").split()
    expected = minihub.load(HALF)(np.arange(5000) / 7)
    np.testing.assert_array_equal(np.float32(numbers), expected)


@pytest.mark.parametrize("form", ["text", "json", "npz"])
def test_output_files(cli: Cli, tmp_path: Path, form: str) -> None:
    path = tmp_path / "out"
    path.write_bytes(b"old")
    ran = cli("run", TEXT, "cat", "dog", "--format", form, "--output", path)
    assert (ran.code, ran.out, ran.err) == (0, "", "")
    expected = minihub.load(TEXT)(["cat", "dog"])
    if form == "npz":
        with np.load(path, allow_pickle=False) as arrays:
            np.testing.assert_array_equal(arrays["default"], expected)
    elif form == "json":
        np.testing.assert_array_equal(np.float32(json.loads(path.read_bytes())), expected)
    else:
        assert path.read_text().startswith("default  float32 [2, 6]\n[[")
    assert [entry.name for entry in tmp_path.iterdir() if entry.name.startswith(".")] == []


def test_the_name_of_the_output_says_the_format(cli: Cli, tmp_path: Path) -> None:
    cli("run", HALF, "1", "--output", tmp_path / "x.json")
    assert json.loads((tmp_path / "x.json").read_text()) == [2.5]
    cli("run", HALF, "1", "--output", tmp_path / "x.npz")
    assert zipfile.is_zipfile(tmp_path / "x.npz")


def test_npz_goes_round(cli: Cli, tmp_path: Path) -> None:
    sparse = '{"indices": [[0, 0], [1, 1]], "values": ["cat", "é"], "dense_shape": [2, 3]}'
    path = tmp_path / "x.npz"
    chosen = [TEXT, "--signature", "tokens", "--as-dict"]
    assert cli("run", *chosen, sparse, "--output", path).code == 0
    with np.load(path, allow_pickle=False) as arrays:
        names = {"default", "tokens.indices", "tokens.values", "tokens.dense_shape"}
        assert set(arrays.files) == names
        parts = {name: arrays[name] for name in names if name != "default"}
    np.savez(path, **parts)
    assert answer(cli, *chosen, f"@{path}")["tokens"] == json.loads(sparse)
    rows = '[["cat", "the"], ["dog"]]'
    np.savez(path, **{"rows.values": ["cat", "the", "dog"], "rows.row_splits0": [0, 2, 3]})
    chosen = [TEXT, "--signature", "rows", "--as-dict"]
    assert answer(cli, *chosen, f"@{path}") == answer(cli, *chosen, rows)
    assert cli("run", *chosen, rows, "--output", path).code == 0
    with np.load(path, allow_pickle=False) as arrays:
        np.testing.assert_array_equal(arrays["ids.row_splits0"], [0, 2, 3])


def test_outputs_that_cannot_be_written(refused: Callable[..., str], tmp_path: Path) -> None:
    refused(3, "run", HALF, "1", "--output", tmp_path / "nowhere" / "x.json")
    refused(3, "run", HALF, "1", "--output", tmp_path)
    path = tmp_path / "x.npz"
    sparse = '{"indices": [[0, 0]], "values": ["cat\\u0000"], "dense_shape": [1, 1]}'
    chosen = [TEXT, "--signature", "tokens", "--as-dict"]
    assert "end in NUL" in refused(1, "run", *chosen, sparse, "--output", path)
    assert list(tmp_path.iterdir()) == []


def test_json_of_every_type() -> None:
    from minihub.cli.outputs import _json_lines
    from minihub_runtime.dtypes import float_to_bfloat16

    def shown(value: Any) -> str:
        return "\n".join(_json_lines(value))

    assert shown(np.array([0.1, np.nan, -np.inf], np.float32)) == "[0.1, NaN, -Infinity]"
    assert shown(np.array([0.1], np.float16)) == "[0.1]"
    assert shown(np.array(2**63, np.uint64)) == str(2**63)
    assert shown(np.array([[True], [False]])) == "[\n  [true],\n  [false]\n]"
    assert shown(np.array([1 + 2j], np.complex64)) == "[[1.0, 2.0]]"
    assert shown(np.zeros((0, 3))) == "[]"
    assert shown(np.zeros((2, 0))) == "[\n  [],\n  []\n]"
    assert (
        json.loads(shown(np.arange(24).reshape(2, 3, 4))) == np.arange(24).reshape(2, 3, 4).tolist()
    )
    assert shown(float_to_bfloat16(np.array([1.5], np.float32))) == "[1.5]"
    assert shown(np.array([b"\xc3\xa9", b"\x80\x1b"], object)) == '["é", "\\udc80\\u001b"]'


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_numbers_in_json_are_exact(dtype: Any) -> None:
    from minihub.cli.outputs import _json_lines

    width = np.dtype(dtype).itemsize
    values = np.frombuffer(np.random.default_rng(0).bytes(400 * width), dtype)
    values = values[np.isfinite(values)]
    found = np.array(json.loads("\n".join(_json_lines(values)))).astype(dtype)
    np.testing.assert_array_equal(found, values)
