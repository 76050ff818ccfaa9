"""Samples of `ops/image_codec.py`; the files lie in `tests/data/images`."""

from pathlib import Path

from tests.samples import Sample, b, i32, u8, u16, uniform

FOLDER = Path(__file__).parents[1] / "data" / "images"
ACCURATE = dict(dct_method="INTEGER_ACCURATE")
FAST = "four inks are left to Pillow, which has no fast transform"
PNGS = [
    "rgb",
    "rgba",
    "grey",
    "grey_alpha",
    "palette",
    "palette_transparent",
    "bits",
    "rgb_key",
    "grey_key",
    "grey16",
    "grey_alpha16",
    "rgb16",
    "rgba16",
]
JPEGS = ["rgb", "rgb_444_progressive", "grey", "cmyk"]


def file(name):
    return (FOLDER / name).read_bytes()


def decode(op, label, contents, error=None, differs=None, **attrs):
    contents = b(contents) if isinstance(contents, bytes) else contents
    inputs = dict(contents=contents)
    if "crop_window" in attrs:
        inputs["crop_window"] = i32(attrs.pop("crop_window"))
    return Sample(op, label, inputs, attrs, error=error, differs=differs)


def encode(op, label, image, error=None, **attrs):
    inputs = {("images" if op == "EncodeJpegVariableQuality" else "image"): image}
    if op == "EncodeJpegVariableQuality":
        inputs["quality"] = i32(attrs.pop("quality"))
    differs = None if error else "another file for the same image"
    return Sample(op, label, inputs, attrs, error=error, differs=differs)


RGB, GREY = file("rgb.jpg"), file("grey.jpg")
IMAGE = uniform(4, 5, 3, high=256, dtype="uint8")


def crop(label, window, error=None, contents=RGB, differs=None, **attrs):
    attrs = dict(ACCURATE, crop_window=window, **attrs)
    return decode("DecodeAndCropJpeg", label, contents, error, differs, **attrs)


SAMPLES = [
    *(
        decode(
            "DecodeJpeg", f"{name}_{channels}", file(f"{name}.jpg"), channels=channels, **ACCURATE
        )
        for name in JPEGS
        for channels in (0, 1, 3)
        if (name, channels) != ("cmyk", 1)
    ),
    *(decode("DecodeJpeg", f"ratio_{ratio}", RGB, ratio=ratio, **ACCURATE) for ratio in (2, 4)),
    *(
        decode(
            "DecodeJpeg",
            f"fast_{name}",
            file(f"{name}.jpg"),
            differs=FAST if name == "cmyk" else None,
        )
        for name in JPEGS
    ),
    decode("DecodeJpeg", "accurate_not_fancy", RGB, fancy_upscaling=False, **ACCURATE),
    decode("DecodeJpeg", "fast_grey_of_colours", RGB, channels=1),
    decode("DecodeJpeg", "not_fancy", RGB, fancy_upscaling=False),
    decode("DecodeJpeg", "png", file("rgb.png")),
    decode("DecodeJpeg", "gif", file("one.gif")),
    decode("DecodeJpeg", "cmyk_grey", file("cmyk.jpg"), "channels must be 0 or 3", channels=1),
    decode("DecodeJpeg", "bmp", file("rgb.bmp"), "not BMP"),
    decode("DecodeJpeg", "animation", file("three.gif"), "must get one frame"),
    decode("DecodeJpeg", "four_channels", RGB, "channels must be 0, 1 or 3", channels=4),
    decode("DecodeJpeg", "two_channels", RGB, "channels must be 0, 1, 3", channels=2),
    decode("DecodeJpeg", "ratio_3", RGB, "ratio must be", ratio=3),
    decode("DecodeJpeg", "method", RGB, "dct_method must be", dct_method="FLOAT"),
    decode("DecodeJpeg", "empty", b"", "must not be empty"),
    decode("DecodeJpeg", "text", b"no image at all", "must be JPEG, PNG"),
    decode("DecodeJpeg", "vector", b([RGB]), "must be a scalar"),
    decode("DecodeJpeg", "truncated", RGB[: len(RGB) // 2], "JPEG file"),
    decode("DecodeJpeg", "only_magic", RGB[:4], "JPEG file"),
    crop("inside", [1, 2, 3, 4], differs="colours at a window's edges know what is outside"),
    crop("whole", [0, 0, 6, 9]),
    crop("grey", [2, 0, 2, 5], contents=GREY),
    crop("to_grey", [2, 1, 2, 5], channels=1),
    crop("outside", [1, 2, 6, 4], "crop_window must lie"),
    crop("negative", [-1, 2, 3, 4], "crop_window must lie"),
    crop("no_rows", [1, 2, 0, 4], "crop_window must lie"),
    crop("three", [1, 2, 3], "crop_window must have shape"),
    crop("png", [0, 0, 1, 1], "must get JPEG, not PNG", contents=file("rgb.png")),
    *(
        decode(
            "DecodePng",
            f"{name}_{channels}_{dtype}",
            file(f"{name}.png"),
            channels=channels,
            dtype=dtype,
        )
        for name in PNGS
        for channels in (0, 1, 3, 4)
        for dtype in ("uint8", "uint16")
    ),
    decode("DecodePng", "gif", file("one.gif")),
    decode("DecodePng", "jpeg", RGB),
    decode("DecodePng", "truncated", file("rgb.png")[:80], "PNG file"),
    decode(
        "DecodePng", "truncated_16", file("rgb16.png")[:200], "PNG pixels must have", dtype="uint16"
    ),
    decode("DecodePng", "only_magic", file("rgb.png")[:10], "header of 13 bytes"),
    decode("DecodePng", "bmp", file("rgb.bmp"), "not BMP"),
    *(
        decode("DecodeBmp", f"{name}_{channels}", file(f"{name}.bmp"), channels=channels)
        for name in ("rgb", "grey", "rgba")
        for channels in (0, 3, 4)
    ),
    decode("DecodeBmp", "one_channel", file("rgb.bmp"), "channels must be 0, 3 or 4", channels=1),
    decode("DecodeBmp", "png", file("rgb.png"), "must get BMP"),
    decode("DecodeBmp", "short", file("rgb.bmp")[:30], "32 bytes or more"),
    decode("DecodeBmp", "truncated", file("rgb.bmp")[:-1], "a BMP file must have"),
    decode("DecodeGif", "one", file("one.gif")),
    decode("DecodeGif", "three", file("three.gif")),
    decode("DecodeGif", "png", file("rgba.png")),
    decode("DecodeGif", "jpeg", RGB),
    decode("DecodeGif", "truncated", file("one.gif")[:40], "GIF file"),
    decode("DecodeGif", "bmp", file("rgb.bmp"), "not BMP"),
    *(
        decode("DecodeImage", f"{name.replace('.', '_')}_{dtype}", file(name), dtype=dtype)
        for name in ("rgb.png", "rgb16.png", "palette.png", "rgb.bmp", "one.gif", "three.gif")
        for dtype in ("uint8", "uint16", "float32")
    ),
    *(
        decode("DecodeImage", f"jpeg_{dtype}", RGB, dtype=dtype)
        for dtype in ("uint8", "uint16", "float32")
    ),
    decode("DecodeImage", "first_frame", file("three.gif"), expand_animations=False),
    decode("DecodeImage", "not_expanded", file("rgb.png"), expand_animations=False),
    decode("DecodeImage", "grey", file("rgb.png"), channels=1),
    decode("DecodeImage", "gif_channels", file("one.gif"), "channels must be 0 or 3", channels=1),
    decode("DecodeImage", "text", b"no image at all", "must be JPEG, PNG"),
    *(decode("ExtractJpegShape", name, file(f"{name}.jpg")) for name in JPEGS),
    decode("ExtractJpegShape", "long", RGB, output_type="int64"),
    decode("ExtractJpegShape", "text", b"no image at all", "must be a JPEG file"),
    decode("ExtractJpegShape", "vector", b([RGB]), "must be a scalar"),
    encode("EncodeJpeg", "rgb", IMAGE),
    encode("EncodeJpeg", "grey", IMAGE[..., :1]),
    encode("EncodeJpeg", "poor", IMAGE, quality=0, format="rgb"),
    encode("EncodeJpeg", "progressive", IMAGE, progressive=True, optimize_size=True),
    encode("EncodeJpeg", "metric", IMAGE, density_unit="cm", x_density=5, xmp_metadata="<x/>"),
    encode("EncodeJpeg", "two_channels", IMAGE[..., :2], "channels"),
    encode("EncodeJpeg", "not_grey", IMAGE, "channels", format="grayscale"),
    encode("EncodeJpeg", "quality", IMAGE, "quality must lie", quality=101),
    encode("EncodeJpeg", "rank2", IMAGE[..., 0], "rank 3"),
    encode("EncodeJpegVariableQuality", "good", IMAGE, quality=90),
    encode("EncodeJpegVariableQuality", "grey", IMAGE[..., :1], quality=10),
    encode("EncodeJpegVariableQuality", "quality", IMAGE, "quality must lie", quality=-1),
    *(
        encode("EncodePng", f"{channels}_{n}", kind(IMAGE[..., [0, 1, 2, 0][:channels]]))
        for channels in (1, 2, 3, 4)
        for n, kind in (("uint8", u8), ("uint16", u16))
    ),
    encode("EncodePng", "best", IMAGE, compression=9),
    encode(
        "EncodePng", "five_channels", uniform(2, 2, 5, high=9, dtype="uint8"), "1 to 4 channels"
    ),
    encode("EncodePng", "compression", IMAGE, "compression must lie", compression=10),
    encode("EncodePng", "rank2", IMAGE[..., 0], "rank"),
    encode("EncodePng", "no_rows", IMAGE[:0], "must not be empty"),
]
