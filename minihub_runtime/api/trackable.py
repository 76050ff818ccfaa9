"""What `tf.train.Checkpoint` saves: objects that hold values, and the objects that these depend on, by name.

Source: tensorflow/python/trackable/base.py, autotrackable.py, data_structures.py.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

__all__ = ["AutoTrackable", "Trackable", "is_trackable", "trackable_children"]


class Trackable:
    """An object that can be saved."""

    #: The number of the restoration that gave it its value last.
    _restored_by = -1

    def _trackable_children(self) -> dict[str, Any]:
        """Name → object it depends on."""
        return {}

    def _gather_saveables_for_checkpoint(self) -> dict[str, Any]:
        """Name → a variable, or a function of the name in the checkpoint that makes a SaveableObject."""
        return {}


class AutoTrackable(Trackable):
    """An object that depends on whatever becomes an attribute of it and can be saved."""

    def __setattr__(self, name: str, value: Any) -> None:
        if is_trackable(value):
            self._track_trackable(value, name)
        super().__setattr__(name, value)

    def __delattr__(self, name: str) -> None:
        self._trackable_children().pop(name, None)
        super().__delattr__(name)

    def _track_trackable(self, value: Any, name: str) -> None:
        """Depend on an object."""
        self._trackable_children()[name] = value

    def _trackable_children(self) -> dict[str, Any]:
        # Subclasses may set attributes before they call `__init__`, or not call it.
        children: dict[str, Any] = self.__dict__.setdefault("_children_by_name", {})
        return children


def is_trackable(value: Any) -> bool:
    """Whether an object can be saved: lists, dicts, and tuples with something in them that can be, count."""
    if isinstance(value, tuple):
        return any(is_trackable(item) for item in value)
    return isinstance(value, Trackable) or type(value) in (list, dict, OrderedDict)


def trackable_children(value: Any) -> dict[str, Any]:
    """Name → object that an object depends on; the items of a list go by their places.

    Differs: lists and dicts are taken as they are when they are saved; TensorFlow refuses those of which items were replaced.

    Raises:
        ValueError: a dict has something that can be saved under a key that is no text.
    """
    if isinstance(value, Trackable):
        return value._trackable_children()
    items: dict[Any, Any]
    if isinstance(value, Mapping):
        items = dict(value)
    else:
        fields = getattr(value, "_fields", ())
        items = {**dict(zip(fields, value, strict=False)), **dict(enumerate(value))}
        items = {str(place): item for place, item in items.items()}
    children = {key: item for key, item in items.items() if is_trackable(item)}
    if not all(isinstance(key, str) for key in children):
        raise ValueError(
            f"Unable to save the object {value} (a dictionary wrapper constructed automatically on attribute "
            "assignment). The wrapped dictionary contains a non-string key which maps to a trackable "
            "object or mutable data structure."
        )
    return children
