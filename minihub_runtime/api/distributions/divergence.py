"""How far distributions are from each other: divergences that are registered for pairs of classes.

Source: tensorflow/python/ops/distributions/kullback_leibler.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minihub_runtime.api.building import build
from minihub_runtime.api.control_flow_assert import Assert
from minihub_runtime.api.graph import control_dependencies, name_scope
from minihub_runtime.api.identity import identity
from minihub_runtime.api.reduction import reduce_any
from minihub_runtime.public import public

__all__ = ["RegisterKL", "cross_entropy", "kl_divergence"]

#: Classes of two distributions → the function of their divergence.
_DIVERGENCES: dict[tuple[type, type], Callable[..., Any]] = {}


def _registered(type_a: type, type_b: type) -> Callable[..., Any] | None:
    """The function of the nearest ancestors: those with the fewest steps together, then the nearest of the first."""
    steps = {
        pair: (up_a + up_b, up_a)
        for up_a, of_a in enumerate(type_a.__mro__)
        for up_b, of_b in enumerate(type_b.__mro__)
        if (pair := (of_a, of_b)) in _DIVERGENCES
    }
    return _DIVERGENCES[min(steps, key=steps.__getitem__)] if steps else None


@public("distributions.kl_divergence", "contrib.distributions.kl_divergence")
def kl_divergence(
    distribution_a: Any, distribution_b: Any, allow_nan_stats: bool = True, name: str | None = None
) -> Any:
    """The Kullback-Leibler divergence of two distributions, in nats.

    Args:
        distribution_a: the distribution over which is averaged.
        distribution_b: the other one.
        allow_nan_stats: whether NaN is a result; a run fails at it otherwise.
        name: wanted name of the scope.

    Raises:
        NotImplementedError: there is no formula for these classes; see `RegisterKL`.
    """
    kinds = type(distribution_a), type(distribution_b)
    formula = _registered(*kinds)
    if formula is None:
        raise NotImplementedError(
            f"No KL(distribution_a || distribution_b) registered for distribution_a type "
            f"{kinds[0].__name__} and distribution_b type {kinds[1].__name__}"
        )
    with name_scope("KullbackLeibler"):
        found = formula(distribution_a, distribution_b, name=name)
        if allow_nan_stats:
            return found
        found = identity(found, name="kl")
        holds = build("LogicalNot", x=reduce_any(build("IsNan", x=found)))
        told = (
            f"KL calculation between {distribution_a.name} and {distribution_b.name} returned NaN "
            "values (and was called with allow_nan_stats=False). Values:"
        )
        with control_dependencies([Assert(holds, [told, found])]):
            return identity(found, name="checked_kl")


def cross_entropy(
    ref: Any, other: Any, allow_nan_stats: bool = True, name: str | None = None
) -> Any:
    """The cross-entropy of two distributions: the entropy of the first and the divergence."""
    with name_scope(name, "cross_entropy"):
        return ref.entropy() + kl_divergence(ref, other, allow_nan_stats=allow_nan_stats)


@public("distributions.RegisterKL", "contrib.distributions.RegisterKL")
class RegisterKL:
    """Decorator of a function `f(a, b, name=None)` that computes the divergence of instances of two classes.

    Of subclasses, too, unless there is a function that is nearer to them.
    """

    def __init__(self, dist_cls_a: type, dist_cls_b: type) -> None:
        self._key = (dist_cls_a, dist_cls_b)

    def __call__(self, kl_fn: Callable[..., Any]) -> Callable[..., Any]:
        """Register a function.

        Raises:
            TypeError: it is none.
            ValueError: there is one for these classes.
        """
        if not callable(kl_fn):
            raise TypeError(f"kl_fn must be callable, received: {kl_fn}")
        if self._key in _DIVERGENCES:
            first, second = (kind.__name__ for kind in self._key)
            raise ValueError(
                f"KL({first} || {second}) has already been registered to: {_DIVERGENCES[self._key]}"
            )
        _DIVERGENCES[self._key] = kl_fn
        return kl_fn
