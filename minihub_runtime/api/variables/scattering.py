"""The methods of variables that change some of their elements.

Source: tensorflow/python/ops/variables.py, ref_variable.py, resource_variable_ops.py.
"""

from __future__ import annotations

from typing import Any

__all__ = ["Scattering"]


class Scattering:
    """`variable.scatter_add(slices)` and its like.

    Those that take slices change the rows that an IndexedSlices names by the rows it holds; those whose names have
    `nd` take places, int32 or int64 [..., k], and what is written there.  Each returns the variable after the change.
    """

    def _scatter(self, op: str, sparse_delta: Any, use_locking: bool, name: str | None) -> Any:
        """Change rows; `op` is the end of the name of the op.

        Raises:
            TypeError: `sparse_delta` is no IndexedSlices.
        """
        raise NotImplementedError

    def _scatter_nd(self, op: str, indices: Any, updates: Any, name: str | None) -> Any:
        """Change elements or slices at places; `op` is the end of the name of the op."""
        raise NotImplementedError

    def _batch_scatter_update(self, sparse_delta: Any, use_locking: bool, name: str | None) -> Any:
        """Replace slices batch by batch."""
        raise NotImplementedError

    def scatter_add(
        self, sparse_delta: Any, use_locking: bool = False, name: str | None = None
    ) -> Any:
        """Add to rows."""
        return self._scatter("Add", sparse_delta, use_locking, name)

    def scatter_sub(
        self, sparse_delta: Any, use_locking: bool = False, name: str | None = None
    ) -> Any:
        """Subtract from rows."""
        return self._scatter("Sub", sparse_delta, use_locking, name)

    def scatter_mul(
        self, sparse_delta: Any, use_locking: bool = False, name: str | None = None
    ) -> Any:
        """Multiply rows."""
        return self._scatter("Mul", sparse_delta, use_locking, name)

    def scatter_div(
        self, sparse_delta: Any, use_locking: bool = False, name: str | None = None
    ) -> Any:
        """Divide rows."""
        return self._scatter("Div", sparse_delta, use_locking, name)

    def scatter_max(
        self, sparse_delta: Any, use_locking: bool = False, name: str | None = None
    ) -> Any:
        """Keep the larger of each element of rows and what is given."""
        return self._scatter("Max", sparse_delta, use_locking, name)

    def scatter_min(
        self, sparse_delta: Any, use_locking: bool = False, name: str | None = None
    ) -> Any:
        """Keep the smaller of each element of rows and what is given."""
        return self._scatter("Min", sparse_delta, use_locking, name)

    def scatter_update(
        self, sparse_delta: Any, use_locking: bool = False, name: str | None = None
    ) -> Any:
        """Replace rows."""
        return self._scatter("Update", sparse_delta, use_locking, name)

    def batch_scatter_update(
        self, sparse_delta: Any, use_locking: bool = False, name: str | None = None
    ) -> Any:
        """Replace slices along the last axis of the indices, for each place along the axes before."""
        return self._batch_scatter_update(sparse_delta, use_locking, name)

    def scatter_nd_add(self, indices: Any, updates: Any, name: str | None = None) -> Any:
        """Add at places."""
        return self._scatter_nd("Add", indices, updates, name)

    def scatter_nd_sub(self, indices: Any, updates: Any, name: str | None = None) -> Any:
        """Subtract at places."""
        return self._scatter_nd("Sub", indices, updates, name)

    def scatter_nd_max(self, indices: Any, updates: Any, name: str | None = None) -> Any:
        """Keep the larger at places."""
        return self._scatter_nd("Max", indices, updates, name)

    def scatter_nd_min(self, indices: Any, updates: Any, name: str | None = None) -> Any:
        """Keep the smaller at places."""
        return self._scatter_nd("Min", indices, updates, name)

    def scatter_nd_update(self, indices: Any, updates: Any, name: str | None = None) -> Any:
        """Replace at places."""
        return self._scatter_nd("Update", indices, updates, name)
