"""What each op means: one file per family, kernel, gradient, shape rule and source together.

Reading order: `registry` (what an op is), `context` (what stateful kernels may ask for), `checking` and
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
    "bitwise",
    "bucketize",
    "casting",
    "clustering",
    "comparison",
    "control_flow",
    "convolution",
    "elementwise",
    "fft",
    "functional",
    "gather",
    "image_codec",
    "image_color",
    "image_resize",
    "linalg",
    "lookup",
    "loss",
    "matmul",
    "non_max_suppression",
    "normalization",
    "parsing",
    "pooling",
    "quantization",
    "ragged",
    "random",
    "random_stateless",
    "recurrent",
    "reduction",
    "scan",
    "scatter",
    "segment",
    "sets",
    "slicing",
    "sparse",
    "special",
    "string",
    "string_hash",
    "string_regex",
    "string_unicode",
    "tensor_array",
    "tensor_list",
    "variable",
    "file",
)


def load_all() -> None:
    """Import every family, which registers its ops."""
    for family in FAMILIES:
        importlib.import_module(f"{__name__}.{family}")
