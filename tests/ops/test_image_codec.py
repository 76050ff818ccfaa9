"""Where decoded and encoded images may differ from TensorFlow's, by how much; and what files must not do."""

from __future__ import annotations

import builtins
import io
import struct
import zlib
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minihub_runtime.errors import InvalidArgumentError, OpError, UnimplementedError
from minihub_runtime.ops import image_files
from minihub_runtime.ops.image_files import MAX_PIXELS
from minihub_runtime.ops.jpeg import decode_jpeg_planes
from minihub_runtime.ops.registry import REGISTRY
from tests.golden import outputs
from tests.samples import b
from tests.samples.image_codec import FOLDER, SAMPLES, file

pil_image = pytest.importorskip("PIL.Image")

#: How far TensorFlow's fast transform is from the accurate one, in steps of 255.
FAST_BOUND = 4
BY_KEY = {sample.key: sample for sample in SAMPLES}


def decoded(key: str) -> tuple[Any, Any]:
    sample = BY_KEY[key]
    ours = REGISTRY[sample.op](**sample.inputs, **sample.attrs)
    return ours, outputs(sample.key)[0]


@pytest.mark.parametrize("name", ["rgb", "rgb_444_progressive", "grey"])
def test_large_files_are_close(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(image_files, "EXACT_BYTES", 0)
    ours, theirs = decoded(f"DecodeJpeg/fast_{name}")
    assert np.abs(ours.astype(int) - theirs).max() <= FAST_BOUND


@pytest.mark.parametrize(
    "options",
    [
        dict(subsampling=0),
        dict(subsampling=1),
        dict(subsampling=2),
        dict(subsampling=2, progressive=True, quality=20),
        dict(subsampling=1, restart_marker_blocks=3),
        dict(subsampling=2, progressive=True, restart_marker_rows=1),
        dict(subsampling=0, keep_rgb=True),
    ],
    ids=str,
)
@pytest.mark.parametrize("size", [(1, 1), (3, 2), (17, 33), (64, 48)])
def test_accurate_transform_equals_pillow(options: dict[str, Any], size: tuple[int, int]) -> None:
    y, x = np.mgrid[0 : size[0], 0 : size[1]]
    noise = np.random.default_rng(2).integers(0, 40, (*size, 3))
    image = (np.stack([x * 5, y * 4, x + y], axis=-1) + noise) % 256
    stream = io.BytesIO()
    pil_image.fromarray(image.astype(np.uint8)).save(stream, "JPEG", **options)
    data = stream.getvalue()
    theirs = np.asarray(pil_image.open(io.BytesIO(data)))
    np.testing.assert_array_equal(decode_jpeg_planes(data, 0, fast=False, fancy=True), theirs)


def test_fast_transform_of_four_inks_is_close() -> None:
    ours, theirs = decoded("DecodeJpeg/fast_cmyk")
    assert np.abs(ours.astype(int) - theirs).max() <= 2 * FAST_BOUND


def test_colours_at_edges_of_a_window_are_close() -> None:
    ours, theirs = decoded("DecodeAndCropJpeg/inside")
    assert np.abs(ours.astype(int) - theirs).mean() <= 16


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("compression", [-1, 0, 9])
def test_png_round_trip(dtype: Any, channels: int, compression: int) -> None:
    top = np.iinfo(dtype).max
    image = np.random.default_rng(1).integers(0, top + 1, (7, 5, channels)).astype(dtype)
    file_ = REGISTRY["EncodePng"](image, compression=compression)
    kind = "uint8" if dtype is np.uint8 else "uint16"
    back = REGISTRY["DecodePng"](file_, dtype=kind)
    np.testing.assert_array_equal(back, image)
    if dtype is np.uint8:
        np.testing.assert_array_equal(
            np.asarray(pil_image.open(io.BytesIO(file_.item()))).reshape(image.shape), image
        )


def test_png_of_a_batch() -> None:
    images = np.arange(2 * 3 * 4 * 5 * 3, dtype=np.uint8).reshape(2, 3, 4, 5, 3)
    files = REGISTRY["EncodePng"](images)
    assert files.shape == (2, 3)
    np.testing.assert_array_equal(REGISTRY["DecodePng"](b(files[1, 2])), images[1, 2])


def filtered_png(kind: int, lines: Any, step: int) -> bytes:
    """A PNG file, 16-bit RGB, whose rows use one filter."""
    rows = []
    above = np.zeros(lines.shape[1], int)
    for line in lines.astype(int):
        left = np.concatenate([np.zeros(step, int), line[:-step]])
        corner = np.concatenate([np.zeros(step, int), above[:-step]])
        guess = left + above - corner
        order = np.stack([np.abs(guess - left), np.abs(guess - above), np.abs(guess - corner)])
        paeth = np.choose(order.argmin(axis=0), [left, above, corner])
        expected = [0 * line, left, above, (left + above) // 2, paeth][kind]
        rows.append(bytes([kind]) + ((line - expected) % 256).astype(np.uint8).tobytes())
        above = line
    parts = [file("rgb.png")[:8]]
    head = struct.pack(">IIBBBBB", lines.shape[1] // step, len(lines), 16, 2, 0, 0, 0)
    for name, content in (("IHDR", head), ("IDAT", zlib.compress(b"".join(rows))), ("IEND", b"")):
        tagged = name.encode() + content
        parts += [struct.pack(">I", len(content)), tagged, struct.pack(">I", zlib.crc32(tagged))]
    return b"".join(parts)


@pytest.mark.parametrize("kind", range(5))
def test_every_row_filter(kind: int) -> None:
    lines = np.random.default_rng(kind).integers(0, 256, (6, 24)).astype(np.uint8)
    pixels = REGISTRY["DecodePng"](b(filtered_png(kind, lines, 6)), dtype="uint16")
    np.testing.assert_array_equal(pixels, lines.view(">u2").reshape(6, 4, 3))


@pytest.mark.parametrize("channels", [1, 3])
def test_jpeg_round_trip_is_close(channels: int) -> None:
    y, x = np.mgrid[0:32, 0:40]
    image = np.stack([x * 5, y * 7, x + y * 2], axis=-1)[..., :channels].astype(np.uint8)
    file_ = REGISTRY["EncodeJpeg"](image, quality=100, chroma_downsampling=False)
    back = REGISTRY["DecodeJpeg"](file_)
    assert np.abs(back.astype(int) - image).max() <= 6
    np.testing.assert_array_equal(
        REGISTRY["ExtractJpegShape"](file_, output_type="int32"), image.shape
    )


def test_jpeg_metadata() -> None:
    image = np.zeros((4, 4, 3), np.uint8)
    data = REGISTRY["EncodeJpeg"](
        image, density_unit="cm", x_density=7, y_density=9, xmp_metadata="<x:xmpmeta/>"
    ).item()
    assert struct.unpack_from(">BHH", data, 13) == (2, 7, 9)
    assert data.index(b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta/>") == 24
    assert pil_image.open(io.BytesIO(data)).size == (4, 4)


def jpeg_of_size(height: int, width: int) -> bytes:
    data = bytearray(file("grey.jpg"))
    place = data.index(b"\xff\xc0") + 5
    struct.pack_into(">HH", data, place, height, width)
    return bytes(data)


def png_of_size(height: int, width: int) -> bytes:
    data = bytearray(file("rgb16.png"))
    struct.pack_into(">II", data, 16, width, height)
    struct.pack_into(">I", data, 29, zlib.crc32(data[12:29]))
    return bytes(data)


def gif_of_size(height: int, width: int) -> bytes:
    data = bytearray(file("one.gif"))
    struct.pack_into("<HH", data, 6, width, height)
    return bytes(data)


def bmp_of_size(height: int, width: int) -> bytes:
    data = bytearray(file("rgb.bmp"))
    struct.pack_into("<ii", data, 18, width, height)
    return bytes(data)


@pytest.mark.parametrize("make", [jpeg_of_size, png_of_size, gif_of_size, bmp_of_size])
def test_bombs_are_refused_by_their_header(make: Any) -> None:
    assert MAX_PIXELS < 60000 * 60000
    with pytest.raises(InvalidArgumentError, match="an image must have 1 to"):
        REGISTRY["DecodeImage"](b(make(60000, 60000)))


def test_too_many_compressed_bytes_are_not_unpacked() -> None:
    data = filtered_png(0, np.zeros((3000, 6000), np.uint8), 6)
    short = data.replace(struct.pack(">II", 1000, 3000), struct.pack(">II", 1000, 2))
    pixels = REGISTRY["DecodePng"](b(short), dtype="uint16")
    assert pixels.shape == (2, 1000, 3)


@pytest.mark.parametrize("name", sorted(path.name for path in FOLDER.iterdir()))
@settings(max_examples=60)
@given(data=st.data())
def test_broken_files_raise_our_errors(name: str, data: st.DataObject) -> None:
    content = bytearray(file(name))
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    content = content[: data.draw(st.integers(0, len(content)))]
    try:
        pixels = REGISTRY["DecodeImage"](b(bytes(content)), dtype="uint16")
    except OpError:
        return
    assert pixels.dtype == np.uint16


def test_missing_pillow_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *arguments: Any, **named: Any) -> Any:
        if name.split(".")[0] == "PIL":
            raise ImportError(name)
        return real(name, *arguments, **named)

    monkeypatch.setattr(builtins, "__import__", without)
    monkeypatch.setattr(image_files, "_has_pillow", lambda: False)
    with pytest.raises(UnimplementedError, match=r'pip install "minihub\[images\]"'):
        REGISTRY["DecodePng"](b(file("rgb.png")))
    accurate = REGISTRY["DecodeJpeg"](b(file("rgb.jpg")), dct_method="INTEGER_ACCURATE")
    np.testing.assert_array_equal(accurate, outputs("DecodeJpeg/rgb_0")[0])
    assert REGISTRY["DecodeBmp"](b(file("rgb.bmp"))).shape == (6, 9, 3)
    assert REGISTRY["DecodePng"](b(file("rgb16.png")), dtype="uint16").shape == (6, 9, 3)
