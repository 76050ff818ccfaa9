"""What is written is read again, and is what TensorFlow writes."""

from __future__ import annotations

import errno
import hashlib
import itertools
import json
import mmap
import os
import pickle
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from minihub_runtime import dtypes
from minihub_runtime.checkpoint import CheckpointReader, Sliced, write_checkpoint
from minihub_runtime.checkpoint import reader as reader_module
from minihub_runtime.checkpoint.crc32c import masked_crc32c
from minihub_runtime.checkpoint.files import let_go
from minihub_runtime.checkpoint.slices import TensorSlice, slice_key
from minihub_runtime.checkpoint.writer import _put
from minihub_runtime.errors import (
    DataLossError,
    FailedPreconditionError,
    InvalidArgumentError,
    NotFoundError,
    ResourceExhaustedError,
    UnimplementedError,
)
from minihub_runtime.threads import num_threads, set_num_threads
from tests.checkpoint import tensors
from tests.checkpoint.corruptions import TENSORS, Files
from tests.checkpoint.shared import SHARED, shared

DATA = Path(__file__).parent / "data"
NUMERIC = [d for d in dtypes.DTYPES if d.is_numpy_compatible and d.name != "string"]


def ours(wanted: dict[str, Any]) -> dict[str, Any]:
    """The tensors as `write_checkpoint` takes them."""
    return {
        name: Sliced(value.full_shape, value.parts) if isinstance(value, tensors.Parts) else value
        for name, value in wanted.items()
    }


def whole(value: Any) -> Any:
    if not isinstance(value, tensors.Parts):
        return value
    result = np.empty(value.full_shape, value.parts[0][1].dtype)
    for offset, array in value.parts:
        result[tuple(slice(o, o + n) for o, n in zip(offset, array.shape, strict=True))] = array
    return result


def raw(array: Any) -> Any:
    return array.tolist() if array.dtype == object else array.tobytes()


def assert_same(found: Any, expected: Any) -> None:
    assert found.dtype == expected.dtype
    assert found.shape == expected.shape
    assert raw(found) == raw(expected)
    assert not found.flags.writeable


@pytest.mark.parametrize("name", tensors.CHECKPOINTS)
def test_bytes_are_those_of_tensorflow(name: str, tmp_path: Path) -> None:
    write_checkpoint(tmp_path / name, ours(tensors.CHECKPOINTS[name]))
    expected = sorted(path.name for path in DATA.glob(f"{name}.*"))
    assert sorted(path.name for path in tmp_path.iterdir()) == expected
    for file in expected:
        assert (tmp_path / file).read_bytes() == (DATA / file).read_bytes(), file


def test_large_index_is_that_of_tensorflow(tmp_path: Path) -> None:
    write_checkpoint(tmp_path / "many", tensors.many())
    digests = json.loads((DATA / "digests.json").read_text())
    for file, expected in digests.items():
        assert hashlib.sha256((tmp_path / file).read_bytes()).hexdigest() == expected, file
    reader = CheckpointReader(tmp_path / "many")
    assert reader.names() == sorted(tensors.many())


@pytest.mark.parametrize("name", tensors.CHECKPOINTS)
def test_reads_what_tensorflow_wrote(name: str) -> None:
    wanted = tensors.CHECKPOINTS[name]
    with CheckpointReader(DATA / name, verify=True) as reader:
        assert reader.names() == sorted(wanted)
        for tensor_name, value in wanted.items():
            expected = whole(value)
            assert reader.has(tensor_name)
            assert reader.dtype(tensor_name) is dtypes.as_dtype(expected.dtype)
            assert reader.shape(tensor_name) == expected.shape
            assert_same(reader.read(tensor_name), expected)


def test_slices() -> None:
    wanted = tensors.partitioned()
    with CheckpointReader(DATA / "partitioned") as reader:
        assert reader.slices("by_rows") == [((0, 0), (4, 3)), ((4, 0), (3, 3)), ((7, 0), (3, 3))]
        assert reader.slices("one") == reader.slices("plain") == []
        for specification, part in wanted["by_both"].specifications():
            assert_same(reader.read("by_both", specification), part)
        grid = whole(wanted["by_rows"])
        for name in ("by_rows", "plain"):
            assert_same(reader.read(name, "10 3 3,5:1,2"), grid[3:8, 1:3])
            assert_same(reader.read(name, "10 3 -:0,1"), grid[:, :1])
            assert_same(reader.read(name, "10 3 -:-"), grid)
            assert_same(reader.read(name, ""), grid)


@pytest.mark.parametrize(
    ("specification", "message"),
    [
        ("10 3", "must look like"),
        ("10 3 0,4", "must have rank 2, not 1"),
        ("10 3 0,4:-:-", "must have rank 2, not 3"),
        ("10 4 0,4:-", r"must have the shape \[10,4\] in the checkpoint .*, not \[10,3\]"),
        ("10 3 8,4:-", "end within 10"),
        ("10 3 -1,4:-", "must look like"),
        ("10 3 0,0:-", "length of 1 or more"),
        ("10  3 0,1:-", "must look like"),
        ("10 3 0,1:- ", "must look like"),
        ("10 3 0,1:-\n", "must look like"),
        ("١٠ 3 0,1:-", "must look like"),
        ("10 3 0,1_0:-", "must look like"),
        ("10 3 0,99999999999999999999:-", "fit in 64 bits"),
        ("x", "must look like"),
    ],
)
def test_wrong_slices(specification: str, message: str) -> None:
    with (
        CheckpointReader(DATA / "partitioned") as reader,
        pytest.raises(InvalidArgumentError, match=message),
    ):
        reader.read("by_rows", specification)


@pytest.mark.parametrize("dtype", NUMERIC, ids=lambda dtype: dtype.name)
@given(data=st.data())
@settings(max_examples=15)
def test_numbers(dtype: Any, data: st.DataObject, tmp_path: Path) -> None:
    shape = data.draw(hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=5))
    count = int(np.prod(shape, dtype=int))
    content = data.draw(st.binary(min_size=count * dtype.size, max_size=count * dtype.size))
    plain = np.frombuffer(content, np.uint8)
    if dtype.is_bool:
        plain = plain & 1
    array = plain.view(dtype.numpy).reshape(shape) if count else np.empty(shape, dtype.numpy)
    write_checkpoint(
        tmp_path / "v",
        {"a": array, "a/transposed": array.T, "odd": np.zeros(1, np.int8), "x": array},
    )
    reader = CheckpointReader(tmp_path / "v", verify=True)
    assert_same(reader.read("a"), array)
    assert_same(reader.read("a/transposed"), np.ascontiguousarray(array.T).reshape(shape[::-1]))
    assert_same(reader.read("x"), array)


@given(
    values=st.lists(st.binary(max_size=200), max_size=40),
    names=st.lists(
        st.text(min_size=1).filter(lambda name: name.encode("utf-8", "ignore").decode() == name),
        min_size=1,
        unique=True,
    ),
)
@settings(max_examples=60)
def test_strings_and_names(values: list[bytes], names: list[str], tmp_path: Path) -> None:
    array = tensors.strings(values, (len(values),))
    write_checkpoint(tmp_path / "v", dict.fromkeys(names, array))
    reader = CheckpointReader(tmp_path / "v")
    assert reader.names() == sorted(names)
    for name in names:
        assert_same(reader.read(name), array)


@given(data=st.data())
@settings(max_examples=40)
def test_partitions(data: st.DataObject, tmp_path: Path) -> None:
    shape = data.draw(hnp.array_shapes(min_dims=1, max_dims=3, min_side=1, max_side=7))
    array = np.arange(np.prod(shape), dtype=np.int32).reshape(shape)
    axis = data.draw(st.integers(0, len(shape) - 1))
    cuts = sorted(data.draw(st.sets(st.integers(1, shape[axis]), max_size=4)) | {0, shape[axis]})
    parts = []
    for start, end in itertools.pairwise(cuts):
        index = tuple(slice(start, end) if a == axis else slice(None) for a in range(len(shape)))
        parts.append((tuple(start if a == axis else 0 for a in range(len(shape))), array[index]))
    shards = data.draw(st.integers(1, 4))
    write_checkpoint(tmp_path / "v", {"a": Sliced(shape, parts), "b": array}, num_shards=shards)
    reader = CheckpointReader(tmp_path / "v")
    assert reader.names() == ["a", "b"]
    assert_same(reader.read("a"), array)
    extents = []
    index = []
    for n in shape:
        start = data.draw(st.integers(0, n - 1))
        length = data.draw(st.integers(1, n - start))
        extents.append(f"{start},{length}")
        index.append(slice(start, start + length))
    specification = " ".join(map(str, shape)) + " " + ":".join(extents)
    for name in ("a", "b"):
        assert_same(reader.read(name, specification), array[tuple(index)])


def test_other_ways_to_say_strings(tmp_path: Path) -> None:
    write_checkpoint(tmp_path / "v", {"u": np.array(["a", "ß"]), "s": np.array([b"xy", b""])})
    reader = CheckpointReader(tmp_path / "v")
    assert reader.read("u").tolist() == [b"a", "ß".encode()]
    assert reader.read("s").tolist() == [b"xy", b""]


def test_big_endian_arrays_are_written_little_endian(tmp_path: Path) -> None:
    array = np.arange(5, dtype=">i4")
    write_checkpoint(tmp_path / "v", {"a": array})
    assert_same(CheckpointReader(tmp_path / "v").read("a"), array.astype(np.int32))


def test_large_non_contiguous_array(tmp_path: Path) -> None:
    array = np.arange(3_000_000, dtype=np.int32).reshape(1000, 3000)
    write_checkpoint(tmp_path / "v", {"a": array[:, ::2], "b": array.T})
    reader = CheckpointReader(tmp_path / "v", verify=True)
    assert np.array_equal(reader.read("a"), array[:, ::2])
    assert np.array_equal(reader.read("b"), array.T)


@pytest.mark.parametrize("count", [1, 2])
def test_large_arrays_are_written_in_chunks(count: int, tmp_path: Path) -> None:
    wanted = {"a": np.random.default_rng(1).random(5_000_003), "b": np.arange(700_000)}
    before = num_threads()
    set_num_threads(count)
    try:
        write_checkpoint(tmp_path / "v", wanted)
    finally:
        set_num_threads(before)
    path = tmp_path / "v.data-00000-of-00001"
    assert path.read_bytes() == b"".join(array.tobytes() for array in wanted.values())
    reader = CheckpointReader(tmp_path / "v", verify=True)
    for name, array in wanted.items():
        assert_same(reader.read(name), array)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device that is always full")
@pytest.mark.parametrize("size", [10, 2_000_000])
def test_what_a_thread_cannot_write_is_raised(size: int) -> None:
    array = np.arange(size)
    with (
        pytest.raises(OSError, match="No space left"),
        open("/dev/full", "wb", buffering=0) as file,
    ):
        _put(file, memoryview(array).cast("B"), 0)


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ({"": np.zeros(1)}, "must not be empty"),
        ({"a": np.array(["2020-01-01"], "M8[D]")}, "dtype that TensorFlow has, not datetime64"),
        ({"a": np.array([object()])}, "bytes or str, not object"),
        ({"a": Sliced((4,), [((0,), np.zeros(2))])}, "2 of 4"),
        ({"a": Sliced((4,), [((0,), np.zeros(2)), ((1,), np.zeros(2))])}, "overlap"),
        ({"a": Sliced((4,), [((0,), np.zeros(2)), ((3,), np.zeros(2))])}, "end within 4"),
        ({"a": Sliced((4,), [((0,), np.zeros(2)), ((2,), np.zeros(2, "f"))])}, "one dtype"),
        ({"a": Sliced((4,), [((0, 0), np.zeros(2)), ((2,), np.zeros(2))])}, "rank"),
        ({"a": Sliced((4,), [])}, "one dtype"),
    ],
)
def test_refused_tensors(wanted: Any, message: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidArgumentError, match=message):
        write_checkpoint(tmp_path / "v", wanted)
    assert list(tmp_path.iterdir()) == []


def test_failed_write_leaves_the_old_checkpoint(tmp_path: Path) -> None:
    write_checkpoint(tmp_path / "v", {"a": np.zeros(3)})
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(InvalidArgumentError):
        write_checkpoint(tmp_path / "v", {"a": np.ones(3), "b": np.array([None])})
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
    write_checkpoint(tmp_path / "v", {"a": np.ones(3)})
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(before)
    assert CheckpointReader(tmp_path / "v").read("a").tolist() == [1, 1, 1]


def test_reader_of_a_replaced_checkpoint_keeps_its_values(tmp_path: Path) -> None:
    write_checkpoint(tmp_path / "v", {"a": np.zeros(3)})
    reader = CheckpointReader(tmp_path / "v")
    old = reader.read("a")
    write_checkpoint(tmp_path / "v", {"a": np.ones(3)})
    assert old.tolist() == [0, 0, 0]
    assert reader.read("a").tolist() == [0, 0, 0]


def test_makes_folders_and_takes_relative_paths(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path)
    write_checkpoint("new/variables/variables", {"a": np.zeros(3)})
    write_checkpoint("v", {"a": np.ones(3)})
    assert CheckpointReader("new/variables/variables").names() == ["a"]
    assert CheckpointReader("v").read("a").tolist() == [1, 1, 1]


def test_files_get_the_usual_mode(tmp_path: Path) -> None:
    (tmp_path / "plain").touch()
    write_checkpoint(tmp_path / "v", {"a": np.zeros(3)})
    assert (tmp_path / "v.index").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_order_of_names_does_not_matter(tmp_path: Path) -> None:
    wanted = tensors.every_dtype()
    write_checkpoint(tmp_path / "a", wanted)
    write_checkpoint(tmp_path / "b", dict(reversed(wanted.items())))
    assert (tmp_path / "a.index").read_bytes() == (tmp_path / "b.index").read_bytes()


def test_numbers_are_views_of_the_map(tmp_path: Path) -> None:
    big = np.arange(1_000_000, dtype=np.float32)
    write_checkpoint(tmp_path / "v", {"a": big, "b": np.zeros(1, bool), "c": big})
    reader = CheckpointReader(tmp_path / "v")
    aligned = reader.read("a")
    base: Any = aligned
    while isinstance(base, np.ndarray):
        base = base.base
    assert isinstance(getattr(base, "obj", base), mmap.mmap)
    assert np.shares_memory(aligned, reader.read("a"))
    assert np.shares_memory(aligned, reader.read("a", "1000000 10,20"))
    unaligned = reader.read("c")
    assert unaligned.flags.aligned
    assert not np.shares_memory(unaligned, reader.read("c"))
    with pytest.raises(ValueError, match="read-only"):
        aligned[0] = 1
    with pytest.raises(ValueError, match="WRITEABLE"):
        aligned.flags.writeable = True


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_memory_follows_what_is_read(tmp_path: Path) -> None:
    megabyte = np.zeros(1 << 18, np.float32)
    write_checkpoint(tmp_path / "v", {f"t{index:03d}": megabyte for index in range(200)})
    script = (
        "import sys; from minihub_runtime.checkpoint import CheckpointReader\n"
        "def peak(): return next(int(l.split()[1]) for l in open('/proc/self/status') if l.startswith('VmHWM'))\n"
        "CheckpointReader(sys.argv[1]).read('t000'); before = peak()\n"
        "reader = CheckpointReader(sys.argv[1]); reader.read('t100'); one = peak()\n"
        "kept = [reader.read(name) for name in reader.names()]; print(one - before, peak() - one)\n"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "v")],
        capture_output=True,
        text=True,
        check=True,
        cwd=root,
    )
    one, others = map(int, done.stdout.split())
    assert others > 0
    assert one < others / 10, "a tensor of two hundred must take little of what all take"


def test_arrays_outlive_the_reader(tmp_path: Path) -> None:
    write_checkpoint(tmp_path / "v", {"a": np.arange(5)})
    reader = CheckpointReader(tmp_path / "v")
    array = reader.read("a")
    reader.close()
    reader.close()
    assert array.tolist() == [0, 1, 2, 3, 4]
    assert reader.names() == ["a"]
    with pytest.raises(FailedPreconditionError, match="must be open, but is closed"):
        reader.read("a")


def test_pickles(tmp_path: Path) -> None:
    write_checkpoint(tmp_path / "v", {"a": np.arange(5)})
    reader = pickle.loads(pickle.dumps(CheckpointReader(tmp_path / "v", checksum="never")))
    assert reader.read("a").tolist() == [0, 1, 2, 3, 4]


def test_threads(tmp_path: Path) -> None:
    wanted = {f"t{index}": np.full(5000, index) for index in range(50)}
    write_checkpoint(tmp_path / "v", wanted, num_shards=7)
    reader = CheckpointReader(tmp_path / "v")
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda i: reader.read(f"t{i % 50}"), range(400)))
    assert all((array == index % 50).all() for index, array in enumerate(found))


def test_checksum_policy(tmp_path: Path) -> None:
    files = Files(tmp_path)
    data = bytearray(files.data)
    data[files.entry("w").offset] ^= 0xFF
    files.data = bytes(data)
    assert CheckpointReader(files.prefix, checksum="never").read("w").shape == (3, 4)
    reader = CheckpointReader(files.prefix)
    assert reader.read("b").tolist() == [1, 1, 1, 1]
    for _ in range(2):
        with pytest.raises(ValueError, match=r"checksum of 'w' must be 0x\w+, but is 0x\w+"):
            reader.read("w")
    with pytest.raises(ValueError, match="checksum of 'w'"):
        CheckpointReader(files.prefix, verify=True)
    with pytest.raises(InvalidArgumentError, match="checksum must be"):
        CheckpointReader(files.prefix, checksum="sometimes")  # type: ignore[arg-type]


def test_missing_names_and_files(tmp_path: Path) -> None:
    files = Files(tmp_path)
    reader = CheckpointReader(files.prefix)
    assert not reader.has("nope")
    for ask in (reader.read, reader.dtype, reader.shape, reader.slices):
        with pytest.raises(NotFoundError, match="Key nope not found in checkpoint"):
            ask("nope")
    with pytest.raises(NotFoundError, match="must exist"):
        CheckpointReader(tmp_path / "other")
    os.unlink(files.data_path())
    with pytest.raises(NotFoundError, match="data-00000-of-00001 must exist"):
        reader.read("w")


def test_big_endian_bundle(tmp_path: Path) -> None:
    """As a machine of the other byte order writes it: numbers, string lengths and their checksum are swapped."""
    files = Files(tmp_path)
    files.header(endianness=1)
    for name in ("w", "b", "h", "i", "step"):
        files.replace(name, TENSORS[name].byteswap().tobytes())
    lengths = np.array([5, 0, 5], ">u4").tobytes()
    stored = masked_crc32c(lengths).to_bytes(4, "big")
    files.replace("s", b"\5\0\5" + stored + b"helloworld")
    files.change("s", crc32c=masked_crc32c(lengths + stored + b"helloworld"))
    reader = CheckpointReader(files.prefix)
    for name in ("w", "b", "h", "i", "step", "s", "flag"):
        assert_same(reader.read(name), TENSORS[name])


def test_slices_with_whole_axes(tmp_path: Path) -> None:
    """A writer may leave the extent of an axis out where a slice takes all of it."""
    files = Files(tmp_path)
    entries = files.entries
    entry = files.entry("part")
    for start, part in zip((0, 2), entry.slices, strict=True):
        part.extent[1].ClearField("length")
        moved = entries.pop(slice_key(b"part", TensorSlice((start, 0), (2, 2))))
        entries[slice_key(b"part", TensorSlice((start, 0), (2, -1)))] = moved
    entries[b"part"] = entry.SerializeToString()
    files.entries = entries
    reader = CheckpointReader(files.prefix)
    assert reader.names() == sorted(TENSORS)
    assert reader.slices("part") == [((0, 0), (2, 2)), ((2, 0), (2, 2))]
    assert_same(reader.read("part"), TENSORS["part"])


def test_long_strings(tmp_path: Path) -> None:
    values = [b"a" * n for n in (0, 127, 128, 16383, 16384, 3_000_000, 1)] * 3
    write_checkpoint(tmp_path / "v", {"s": tensors.strings(values, (3, 7))})
    assert CheckpointReader(tmp_path / "v").read("s").reshape(-1).tolist() == values


def test_file_system_without_maps(tmp_path: Path, monkeypatch: Any) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise OSError(errno.ENODEV, "no such device")

    monkeypatch.setattr(mmap, "mmap", refuse)
    files = Files(tmp_path)
    assert_same(CheckpointReader(files.prefix).read("w"), TENSORS["w"])


def test_full_disk_leaves_nothing(tmp_path: Path, monkeypatch: Any) -> None:
    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "no space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ResourceExhaustedError, match="must have space to be written"):
        write_checkpoint(tmp_path / "v", {"a": np.zeros(3)})
    assert list(tmp_path.iterdir()) == []


def test_variant_is_named_and_refused(tmp_path: Path) -> None:
    files = Files(tmp_path)
    files.change("w", dtype=dtypes.variant.as_datatype_enum)
    reader = CheckpointReader(files.prefix, verify=True)
    assert reader.dtype("w") is dtypes.variant
    with pytest.raises(UnimplementedError, match=r"'w' .* variant"):
        reader.read("w")


def test_rank_beyond_numpy(tmp_path: Path) -> None:
    files = Files(tmp_path)
    files.reshape(*[1] * 99, 12)
    reader = CheckpointReader(files.prefix)
    assert len(reader.shape("w")) == 100
    with pytest.raises(UnimplementedError, match="NumPy must be able to hold"):
        reader.read("w")


MODULES = sorted(path.parent.name for path in SHARED.glob("modules/*/golden.json"))


@pytest.mark.parametrize("module", MODULES or ["*"])
def test_published_layouts(module: str) -> None:
    folder = shared("modules", module)
    variables = json.loads((folder / "golden.json").read_text()).get("variables") or {}
    prefix = folder / "module" / "variables" / "variables"
    if not variables:
        assert not Path(f"{prefix}.index").exists() or not CheckpointReader(prefix).names()
        return
    reader = CheckpointReader(prefix, verify=True)
    assert reader.names() == sorted(variables)
    for name, expected in variables.items():
        array = reader.read(name)
        assert reader.dtype(name).name == expected["dtype"]
        assert array.shape == tuple(expected["shape"])
        partitions = expected.get("partitions", [])
        if len(partitions) > 1:
            assert reader.slices(name) == [(tuple(o), tuple(n)) for o, n in partitions]
        digest = hashlib.sha1()
        if array.dtype == object:
            for string in array.reshape(-1):
                digest.update(b"%d:%s" % (len(string), string))
        else:
            digest.update(np.ascontiguousarray(array).tobytes())
        assert digest.hexdigest() == expected["sha1"], name


@pytest.mark.parametrize("module", MODULES or ["*"])
def test_rewriting_gives_the_same_bytes(module: str, tmp_path: Path) -> None:
    prefix = shared("modules", module) / "module" / "variables" / "variables"
    if not Path(f"{prefix}.index").exists():
        return
    reader = CheckpointReader(prefix)
    wanted: dict[str, Any] = {}
    for name in reader.names():
        wanted[name] = whole_array = reader.read(name)
        if reader.slices(name):
            wanted[name] = Sliced(
                reader.shape(name),
                [
                    (o, whole_array[tuple(slice(a, a + n) for a, n in zip(o, sizes, strict=True))])
                    for o, sizes in reader.slices(name)
                ],
            )
    write_checkpoint(tmp_path / "variables", wanted)
    for file in tmp_path.iterdir():
        assert file.read_bytes() == (prefix.parent / file.name).read_bytes()


def test_large_tensors_are_compared_piece_by_piece(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader_module, "_PIECE_BYTES", 10_000)
    wanted = {"a": np.arange(9_001, dtype=np.float32), "b": np.arange(7_000) % 2 == 0}
    write_checkpoint(tmp_path / "v", wanted)
    with CheckpointReader(tmp_path / "v") as reader:
        for name, array in wanted.items():
            assert_same(reader.read(name), array)
    path = tmp_path / "v.data-00000-of-00001"
    stored = bytearray(path.read_bytes())
    stored[25_000] ^= 1
    path.write_bytes(stored)
    with CheckpointReader(tmp_path / "v") as reader, pytest.raises(DataLossError, match="checksum"):
        reader.read("a")


@pytest.mark.skipif(not hasattr(mmap, "MADV_DONTNEED"), reason="a system that keeps what it mapped")
def test_whole_pages_are_let_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = mmap.PAGESIZE
    path = tmp_path / "file"
    content = np.random.default_rng(2).bytes(4 * page)
    path.write_bytes(content)
    given: list[tuple[int, int]] = []

    class Noting(mmap.mmap):
        def madvise(self, option: int, start: int = 0, length: int = 0) -> None:
            assert option == mmap.MADV_DONTNEED
            given.append((start, length))
            super().madvise(option, start, length)

    with path.open("rb") as file:
        mapped = Noting(file.fileno(), 0, access=mmap.ACCESS_READ)
    for start, count in [(1, page), (1, 3 * page), (page, page), (2 * page - 1, page + 2)]:
        let_go(memoryview(mapped), start, count)
    assert given == [(page, 2 * page), (page, page), (2 * page, page)]
    assert mapped[:] == content
    let_go(content, 0, 4 * page)
    assert len(given) == 3
