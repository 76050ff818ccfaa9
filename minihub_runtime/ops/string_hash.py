"""Hash buckets and fingerprints."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from minihub_runtime.dtypes import DType, bits
from minihub_runtime.ops.checking import require, require_scalar
from minihub_runtime.ops.registry import ANY, Array, at_least, op, without_gradient
from minihub_runtime.ops.shape_rules import same
from minihub_runtime.shapes import Shape, Spec, merge
from minihub_runtime.text.hashing import fingerprint64, fingerprint64_flat, hash64, strong_hash


def _buckets(hashes: NDArray[np.uint64], num_buckets: int) -> Array:
    return np.asarray(hashes % np.uint64(num_buckets)).astype(np.int64)


@op(
    "StringToHashBucket(string_tensor: string) -> output: int64",
    num_buckets=at_least(1),
    source="core/kernels/string_to_hash_bucket_op.h",
    shape=same,
)
def string_to_hash_bucket(string_tensor: Array, *, num_buckets: int) -> Array:
    """TensorFlow's own Hash64 of each string modulo `num_buckets`."""
    return _buckets(hash64(string_tensor), num_buckets)


@op(
    "StringToHashBucketFast(input: string) -> output: int64",
    num_buckets=at_least(1),
    source="core/kernels/string_to_hash_bucket_fast_op.h",
    shape=same,
)
def string_to_hash_bucket_fast(input: Array, *, num_buckets: int) -> Array:
    """FarmHash's Fingerprint64 of each string modulo `num_buckets`."""
    if num_buckets == 1:
        # The usual number of buckets for the words that a vocabulary lacks.
        return np.zeros(input.shape, np.int64)
    return _buckets(fingerprint64(input), num_buckets)


@op(
    "StringToHashBucketStrong(input: string) -> output: int64",
    num_buckets=at_least(1),
    source="core/kernels/string_to_hash_bucket_op.h",
    shape=same,
)
def string_to_hash_bucket_strong(input: Array, *, num_buckets: int, key: list[int]) -> Array:
    """SipHash-2-4 under `key`, two integers, of each string modulo `num_buckets`.

    Raises: InvalidArgumentError for a key of another length.
    """
    require(len(key) == 2, f"key must have 2 elements, not {len(key)}")
    return _buckets(strong_hash(input, key), num_buckets)


@op(
    "Fingerprint(data: T, method: string) -> fingerprint: uint8",
    T=ANY,
    source="core/kernels/fingerprint_op.cc",
)
def fingerprint(data: Array, method: Array, *, T: DType) -> Array:
    """FarmHash's Fingerprint64 of each row's bytes, little-endian; of several strings, of their fingerprints.

    Shapes: `[n] + s`, `[]` -> `[n, 8]`. Raises: InvalidArgumentError for a scalar, resources, variants, or another
    method than `farmhash64`. Differs: rows of no strings have the fingerprint of no bytes; TensorFlow reads
    beside the tensor.
    """
    require(T.name not in ("resource", "variant"), f"data must have plain elements, not {T.name}")
    require_scalar(method, "method")
    require(method[()] == b"farmhash64", f"method must be b'farmhash64', not {method[()]!r}")
    require(data.ndim >= 1, "data must have rank >= 1, not 0")
    count = len(data)
    values: NDArray[Any] = data
    if T.name == "string":
        values = fingerprint64(data.reshape(count, -1) if count else data)
        if data.size == count:
            return _little_endian(values.reshape(count))
    elif data.dtype.kind not in "b":
        values = bits(data)
    plain = np.ascontiguousarray(values).astype(values.dtype.newbyteorder("<"), copy=False)
    width = plain.nbytes // count if count else 0
    offsets = np.arange(count + 1, dtype=np.int64) * width
    return _little_endian(fingerprint64_flat(plain.reshape(-1).view(np.uint8), offsets))


def _little_endian(hashes: NDArray[np.uint64]) -> Array:
    return hashes.astype("<u8").view(np.uint8).reshape(hashes.size, 8)


@fingerprint.shape
def _fingerprint_shape(data: Spec, method: Spec) -> Shape:
    merge(method.shape, ())
    if data.shape is None:
        return (None, 8)
    require(len(data.shape) >= 1, "data must have rank >= 1, not 0")
    return (data.shape[0], 8)


without_gradient("StringToHashBucket", "StringToHashBucketFast", "StringToHashBucketStrong")
