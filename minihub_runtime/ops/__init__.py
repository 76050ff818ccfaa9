"""What each op means: one file per family, kernel, gradient, shape rule and source together.

Reading order: `schema` and `registry` (what an op is), `context` (what stateful kernels may ask for), `checking` and
`shape_rules` (words that all families share), then any family.

How to add an op: write its function with the decorator `op` in the family file, add two or more rows to
`tests/samples/<family>.py`, and run `python -m tests.golden.generate <family>` where TensorFlow is installed.  Import,
export, constant folding, the coverage table and the tests follow from the registry.
"""

from __future__ import annotations

import importlib

__all__ = ["FAMILIES", "load_all"]

#: The family files.
FAMILIES = (
    "activation",
    "array",
    "assertion",
    "audio",
    "bias",
    "bitwise",
    "bounding_box",
    "bucketize",
    "casting",
    "comparison",
    "control_flow",
    "convolution",
    "convolution_gradient",
    "convolution_padded",
    "einsum",
    "elementwise",
    "division",
    "elementwise_unary",
    "fake_quantization",
    "fft",
    "functional",
    "gather",
    "histogram",
    "identity",
    "image_codec",
    "image_color",
    "image_crop",
    "image_glimpse",
    "image_resize",
    "image_resize_gradient",
    "image_sampling",
    "image_transform",
    "joining",
    "layout",
    "linalg",
    "linear_systems",
    "tridiagonal",
    "diagonal",
    "lookup",
    "loss",
    "matmul",
    "morphology",
    "non_max_suppression",
    "non_max_suppression_combined",
    "normalization",
    "padding",
    "parsing",
    "parsing_example",
    "patches",
    "pooling",
    "pooling_gradient",
    "quantization",
    "quantize_dequantize",
    "quantized_math",
    "quantized_window",
    "ragged",
    "ragged_dense",
    "ragged_variant",
    "random",
    "random_binomial",
    "random_candidates",
    "random_classes",
    "random_gamma",
    "random_generator",
    "random_poisson",
    "random_stateless",
    "random_truncated",
    "recurrent",
    "reduction",
    "response_normalization",
    "scan",
    "scatter",
    "search",
    "segment",
    "segment_sparse",
    "sets",
    "slicing",
    "space",
    "sparse",
    "sparse_math",
    "sparse_reduction",
    "sparse_slicing",
    "special",
    "special_bessel",
    "special_gamma",
    "string",
    "string_format",
    "string_hash",
    "string_regex",
    "string_unicode",
    "tensor_array",
    "tensor_list",
    "tiling",
    "unique",
    "text_normalize",
    "text_tokenize",
    "variable",
    "variable_rows",
    "file",
)


def load_all() -> None:
    """Import every family, which registers its ops."""
    for family in FAMILIES:
        importlib.import_module(f"{__name__}.{family}")
