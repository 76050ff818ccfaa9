"""Batch normalisation of training takes in the activation after it.

    y, … = FusedBatchNormV3(x, …)              z, … = _ActivatedBatchNorm(x, …)
    z = Relu6(y)                          →

The images do not fit the cache, so that each time they pass through it counts.

Source: tensorflow/core/kernels/fused_batch_norm_ex_op.cc, which is for GPUs.
"""

from __future__ import annotations

from minihub_runtime.dtypes import float32
from minihub_runtime.graph.ir import Node, Ref
from minihub_runtime.passes.region import Region

__all__ = ["fuse_normalization"]

NORMS = ("FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3")
#: Activations that are taken in.
TAKEN_IN = frozenset({"Relu", "Relu6"})
KEPT = ("epsilon", "exponential_avg_factor")


def fuse_normalization(region: Region) -> None:
    """Fuse all activations of a region that alone read what is normalised."""
    nodes = list(region.live().values())
    for node in [node for node in nodes if node.op in TAKEN_IN]:
        norm = region.producer(node.inputs[0], *NORMS)
        if norm is None or region.only_reader(norm) is not node:
            continue
        attrs = norm.attrs
        if attrs.get("T") is not float32 or attrs.get("U", float32) is not float32:
            continue
        if not attrs.get("is_training", True) or attrs.get("data_format", "NHWC") != "NHWC":
            continue
        given = {name: attrs[name] for name in KEPT if name in attrs}
        region.put(
            Node(
                norm.name,
                "_ActivatedBatchNorm",
                norm.inputs,
                norm.controls,
                {**given, "activation": node.op},
                norm.device,
            )
        )
        copy = {"T": float32}
        region.put(Node(node.name, "Identity", (Ref(norm.name),), node.controls, copy, node.device))
