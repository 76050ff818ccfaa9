"""Shape rules that many ops share: `@op(…, shape=same)`.

Each takes the Specs of the flat inputs.  A rule that needs attributes or names stands beside its op.
"""

from __future__ import annotations

from minihub_runtime.shapes import Shape, Spec, broadcast, dims

__all__ = ["broadcasted", "dims", "nothing", "same", "scalar", "unknown", "vector"]


def same(*inputs: Spec) -> Shape:
    """The shape of the first input."""
    return inputs[0].shape


def broadcasted(*inputs: Spec) -> Shape:
    """The shape all inputs broadcast to."""
    return broadcast(*(spec.shape for spec in inputs))


def scalar(*inputs: Spec) -> Shape:
    """A scalar."""
    return ()


def vector(*inputs: Spec) -> Shape:
    """A vector whose length only the values decide."""
    return (None,)


def unknown(*inputs: Spec) -> Shape:
    """A shape only the values decide."""
    return None


def nothing(*inputs: Spec) -> list[Shape]:
    """No outputs."""
    return []
