"""A product with a matrix that does not change, of which only a product with another one is made, is one step with that.

    h = _PreparedMatMul(x, a)
    y = _PreparedMatMul(h, b)      →      y = _ChainedMatMul(x, a, b)

Threads meet once for both.  The two layers between attention and attention are such products, with gelu after the first.
"""

from __future__ import annotations

from minihub_runtime.passes.region import Region

__all__ = ["chain_products"]


def chain_products(region: Region) -> None:
    """Chain the products of a region."""
    for node in region.in_order():
        if node.op != "_PreparedMatMul" or node.attrs.get("transpose_a", False):
            continue
        inner = region.producer(node.inputs[0], "_PreparedMatMul")
        if inner is None or inner.controls or region.only_reader(inner) is not node:
            continue
        region.drop(inner.name)
        region.put(
            node.replace(
                op="_ChainedMatMul",
                inputs=(*inner.inputs, node.inputs[1]),
                attrs=inner.attrs,
            )
        )
