"""The variables, tables and modules of columns.

Source: tensorflow/python/feature_column/feature_column_v2.py, feature_column.py.
"""

from __future__ import annotations

from typing import Any

from minihub_runtime.api.variables.store import get_variable

__all__ = ["ScopeState", "StateManager"]


class StateManager:
    """What columns keep between calls of a layer.

    Args:
        trainable: whether optimisers change the variables of columns.

    Attributes:
        trainable: likewise.
        variables: the variables made so far.
    """

    #: The graph collections that new variables go to; those of `tf.get_variable` by default.
    _collections: list[Any] | None = None

    def __init__(self, trainable: bool = True) -> None:
        self.trainable = trainable
        self.variables: list[Any] = []
        self._variables: dict[tuple[Any, str], Any] = {}
        self._resources: dict[tuple[Any, str], Any] = {}

    def create_variable(
        self,
        feature_column: Any,
        name: str,
        shape: Any,
        dtype: Any = None,
        trainable: bool = True,
        use_resource: bool | None = True,
        initializer: Any = None,
    ) -> Any:
        """Make a variable of a column in the variable scope that is open.

        Args:
            feature_column: whose it is.
            name: its name.
            shape: its shape.
            dtype: its type.
            trainable: whether optimisers change it, if they change those of columns.
            use_resource: whether it is reached by a handle; None to let the scope decide.
            initializer: its initialiser.

        Raises:
            ValueError: there is one of this name.
        """
        if (feature_column, name) in self._variables:
            raise ValueError("Variable already exists.")
        variable = get_variable(
            name,
            shape=shape,
            dtype=dtype,
            initializer=initializer,
            trainable=self.trainable and trainable,
            collections=self._collections,
            use_resource=use_resource,
        )
        self._variables[feature_column, name] = variable
        self.variables.append(variable)
        return variable

    def get_variable(self, feature_column: Any, name: str) -> Any:
        """A variable of a column.

        Raises:
            ValueError: there is none of this name.
        """
        if (feature_column, name) not in self._variables:
            raise ValueError("Variable does not exist.")
        return self._variables[feature_column, name]

    def add_resource(self, feature_column: Any, name: str, resource: Any) -> None:
        """Keep a table or a module for a column."""
        self._resources[feature_column, name] = resource

    def has_resource(self, feature_column: Any, name: str) -> bool:
        """Whether there is a resource of this name."""
        return (feature_column, name) in self._resources

    def get_resource(self, feature_column: Any, name: str) -> Any:
        """A resource of a column.

        Raises:
            ValueError: there is none of this name.
        """
        if not self.has_resource(feature_column, name):
            raise ValueError("Resource does not exist.")
        return self._resources[feature_column, name]


class ScopeState(StateManager):
    """The state of one call of `input_layer` or `linear_model`, which makes things when they are asked for.

    Args:
        weight_collections: the graph collections that new variables go to.
        trainable: whether optimisers change them.
    """

    def __init__(self, weight_collections: list[Any], trainable: bool) -> None:
        super().__init__(trainable)
        self._collections = weight_collections

    def create_variable(
        self,
        feature_column: Any,
        name: str,
        shape: Any,
        dtype: Any = None,
        trainable: bool = True,
        use_resource: bool | None = True,
        initializer: Any = None,
    ) -> Any:
        """See `StateManager`; the variable scope decides whether it is reached by a handle."""
        return super().create_variable(
            feature_column, name, shape, dtype, trainable, None, initializer
        )

    def get_variable(self, feature_column: Any, name: str) -> Any:
        """A variable of a column, made now if it is not there."""
        if (feature_column, name) not in self._variables:
            feature_column.create_state(self)
        return super().get_variable(feature_column, name)

    def get_resource(self, feature_column: Any, name: str) -> Any:
        """A resource of a column, made now if it is not there."""
        if not self.has_resource(feature_column, name):
            feature_column.create_state(self)
        return super().get_resource(feature_column, name)
