"""Medians and spreads."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

__all__ = ["Spread"]


@dataclasses.dataclass(frozen=True)
class Spread:
    """The middle half of some measurements.

    Attributes:
        median: half of them are less.
        low: a quarter of them is less.
        high: a quarter of them is more.
    """

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        """The spread of one value or more."""
        low, median, high = np.percentile(values, [25, 50, 75])
        return cls(float(median), float(low), float(high))
