"""Functions of dense tensors that take ragged or sparse ones as well.

The tables say which public functions do, and where the version stands that is called instead; `public` wraps these functions.
Nothing is imported before a ragged or sparse tensor comes.

Source: tensorflow/python/util/dispatch.py, tensorflow/python/ops/ragged/ragged_dispatch.py.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
from collections.abc import Callable, Mapping
from typing import Any

from minihub_runtime.api.op_function import OpFunction

__all__ = ["TABLES", "Version", "dispatched"]

#: Functions of one tensor, element by element: the values are changed, the structure is kept.
_UNARY = """
    abs acos acosh angle as_string asin asinh atan atanh bitwise.invert cast ceil check_numerics clip_by_value conj cos cosh
    is_finite is_inf is_nan decode_base64 decode_compressed digamma saturate_cast encode_base64 erf erfc exp expm1 floor imag
    image.adjust_brightness image.adjust_gamma image.convert_image_dtype image.random_brightness lgamma log log1p log_sigmoid
    logical_not math.bessel_i0 math.bessel_i0e math.bessel_i1 math.bessel_i1e math.erfcinv math.erfinv nn.log_softmax
    math.ndtri negative math.nextafter real reciprocal math.reciprocal_no_nan rint round rsqrt sigmoid sign sin sinh
    nn.softplus nn.softsign math.special.bessel_j0 math.special.bessel_j1 math.special.bessel_k0 math.special.bessel_k0e
    math.special.bessel_k1 math.special.bessel_k1e math.special.bessel_y0 math.special.bessel_y1 math.special.dawsn
    math.special.expint math.special.fresnel_cos math.special.fresnel_sin math.special.spence sqrt square tan tanh nn.elu
    nn.leaky_relu nn.relu nn.relu6 nn.selu nn.silu ones_like regex_replace string_strip string_to_hash_bucket
    string_to_hash_bucket_fast string_to_hash_bucket_strong strings.length strings.lower strings.regex_full_match
    strings.substr strings.to_number strings.unicode_script strings.unicode_transcode strings.upper substr to_bfloat16
    to_complex128 to_complex64 to_double to_float to_int32 to_int64 zeros_like
"""

#: Functions of two tensors, element by element, with broadcasting.
_BINARY = """
    add atan2 bitwise.bitwise_and bitwise.bitwise_or bitwise.bitwise_xor bitwise.left_shift bitwise.right_shift complex div
    div_no_nan divide equal floor_div floordiv floormod greater greater_equal less less_equal logical_and logical_or
    logical_xor maximum minimum multiply math.multiply_no_nan not_equal pow scalar_mul squared_difference subtract truediv
    math.xdivy math.xlog1py math.xlogy zeta realdiv truncatediv truncatemod
"""

_SPARSE_UNARY = "abs negative sign square sqrt erf tanh math.bessel_i0e math.bessel_i1e"

#: Functions with a version of their own, by its module; the version has the function's last name, or that after `=`.
_RAGGED = {
    "bincount": "math.bincount=ragged_bincount",
    "ragged.gathering": "gather batch_gather gather_nd",
    "ragged.joining": "concat stack",
    "ragged.math": "add_n cumsum matmul",
    "ragged.nn": "nn.dropout nn.embedding_lookup",
    "ragged.partitions": "dynamic_partition",
    "ragged.reductions": """
        reduce_all reduce_any reduce_max reduce_mean reduce_min reduce_prod reduce_sum math.reduce_std
        math.reduce_variance
    """,
    "ragged.segments": """
        math.unsorted_segment_max=segment_max math.unsorted_segment_mean=segment_mean
        math.unsorted_segment_min=segment_min math.unsorted_segment_prod=segment_prod
        math.unsorted_segment_sqrt_n=segment_sqrt_n math.unsorted_segment_sum=segment_sum
    """,
    "ragged.selection": "where where_v2",
    "ragged.shaping": "bitcast expand_dims one_hot rank reverse size squeeze",
    "ragged.strings": "strings.join=string_join strings.reduce_join strings.format=string_format",
    "ragged.tiling": "tile",
}


class Version:
    """What is called instead of a function.

    Attributes:
        where: `module:function` below `minihub_runtime.api`.
        takes_function: whether it takes the function that it stands for first.
        comes_second: whether it is called only when the function itself has failed, as its names show.
    """

    def __init__(
        self, where: str, takes_function: bool = False, comes_second: bool = False
    ) -> None:
        self.where = where
        self.takes_function = takes_function
        self.comes_second = comes_second

    def find(self) -> Callable[..., Any]:
        """The function, imported now."""
        module, _, name = self.where.partition(":")
        found: Callable[..., Any] = getattr(
            importlib.import_module(f"minihub_runtime.api.{module}"), name
        )
        return found


def _versions(texts: Mapping[str, str]) -> dict[str, Version]:
    """Public name → version, of texts that list the names for each module."""
    found: dict[str, Version] = {}
    for module, text in texts.items():
        for item in text.split():
            name, _, version = item.partition("=")
            found[name] = Version(f"{module}:{version or name.rpartition('.')[2]}")
    return found


#: Kind of tensor → public name → what is called instead.  Of a function's names, one stands here.
TABLES: dict[str, dict[str, Version]] = {
    "ragged": {
        **{name: Version("ragged.elementwise:unary", True) for name in _UNARY.split()},
        **{name: Version("ragged.elementwise:binary", True) for name in _BINARY.split()},
        **_versions(_RAGGED),
    },
    "sparse": {
        **{name: Version("sparse.elementwise:unary", True, True) for name in _SPARSE_UNARY.split()},
        **_versions({"bincount": "math.bincount=sparse_bincount"}),
    },
}


def dispatched(function: Any, names: tuple[str, ...]) -> Any:
    """`function`, or what calls its version for ragged or sparse tensors where one of its arguments is such.

    Args:
        function: what is to be public.
        names: its public names.
    """
    versions = {
        kind: table[name] for kind, table in TABLES.items() for name in names if name in table
    }
    if not versions:
        return function

    if isinstance(function, OpFunction):
        # Its docstring waits until it is asked for, which `wraps` would do.
        function.call = _calling(function.call, function, versions)
        return function
    return functools.wraps(function)(_calling(function, function, versions))


def _calling(
    call_dense: Callable[..., Any], described: Callable[..., Any], versions: Mapping[str, Version]
) -> Callable[..., Any]:
    """A function that calls `call_dense`, or the version for the kind of its arguments.

    Args:
        call_dense: the function of dense tensors.
        described: a function that does the same for dense tensors, and has a signature.
        versions: kind of tensor → version.
    """

    def call(*args: Any, **kwargs: Any) -> Any:
        kind = _kind(args, kwargs)
        version = versions.get(kind) if kind else None
        if version is None:
            return call_dense(*args, **kwargs)
        if version.comes_second:
            with contextlib.suppress(TypeError, ValueError):
                return call_dense(*args, **kwargs)
        replacement = version.find()
        if version.takes_function:
            return replacement(described, *args, **kwargs)
        return replacement(*args, **kwargs)

    return call


def _kind(args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> str | None:
    """`ragged` if an argument, or an item of a list, is; else `sparse` if one is."""
    found: str | None = None
    for value in (*args, *kwargs.values()):
        for item in value if type(value) in (list, tuple) else (value,):
            kind: str | None = getattr(item, "dispatch_kind", None)
            if kind == "ragged":
                return kind
            found = found or kind
    return found
