"""Shape rules that many ops share: `@op(…, shape=same)`.

Each takes the Specs of the flat inputs.  A rule that needs attributes or names stands beside its op.
"""

from __future__ import annotations

from collections.abc import Callable

from minihub_runtime.shapes import Shape, Spec, broadcast, dims, merge

__all__ = ["broadcasted", "dims", "nothing", "same", "same_of_rank", "scalar", "unknown", "vector"]


def same(*inputs: Spec) -> Shape:
    """The shape of the first input."""
    return inputs[0].shape


def same_of_rank(rank: int) -> Callable[..., Shape]:
    """The rule for the shape of the first input, which must have that rank."""
    return lambda *inputs: merge((None,) * rank, inputs[0].shape)


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
