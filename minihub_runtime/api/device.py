"""Descriptions of devices: written into graphs, where TensorFlow heeds them; here there is one device.

Source: tensorflow/python/framework/device_spec.py.
"""

from __future__ import annotations

from typing import Any

from minihub_runtime.public import public

__all__ = ["DeviceSpec", "merged_device"]

#: Types that may stand without `device:` in front.
DEVICE_TYPES = frozenset({"CPU", "CUSTOM", "EPU", "GPU", "TPU"})


@public("DeviceSpec")
class DeviceSpec:
    """A device, described in whole or in part.

    Attributes:
        job: name of the job, or None.
        replica: index of the replica, or None.
        task: index of the task, or None.
        device_type: such as "CPU", or None.
        device_index: index of the device, or None.
    """

    def __init__(
        self,
        job: str | None = None,
        replica: int | None = None,
        task: int | None = None,
        device_type: str | None = None,
        device_index: int | None = None,
    ) -> None:
        self.job = None if job is None else str(job)
        self.replica = None if replica is None else int(replica)
        self.task = None if task is None else int(task)
        self.device_type = None if device_type is None else _upper(device_type)
        self.device_index = None if device_index is None else int(device_index)

    @classmethod
    def from_string(cls, spec: str | None) -> DeviceSpec:
        """The device that `/job:worker/replica:0/task:1/device:GPU:0` or a part of it describes.

        Raises:
            ValueError: the text describes none.
        """
        return cls().parse_from_string(spec)

    def parse_from_string(self, spec: str | None) -> DeviceSpec:
        """Take what the text describes; see `from_string`."""
        self.__init__()  # type: ignore[misc]
        for part in (spec or "").split("/"):
            name, *rest = part.split(":")
            if name in ("job", "replica", "task") and len(rest) == 1:
                setattr(self, name, rest[0] if name == "job" else int(rest[0]))
            elif name.upper() in DEVICE_TYPES and len(rest) < 2:
                self._set_type(name.upper(), rest[0] if rest else "*", spec)
            elif name == "device" and len(rest) == 2:
                self._set_type(rest[0], rest[1], spec)
            elif name:
                raise ValueError(
                    f"Unknown attribute '{name}' is encountered while parsing the device spec: '{spec}'."
                )
        return self

    def _set_type(self, device_type: str, index: str, spec: str | None) -> None:
        if self.device_type is not None:
            raise ValueError(
                f"Multiple device types are not allowed while parsing the device spec: {spec}."
            )
        self.device_type = _upper(device_type)
        self.device_index = None if index == "*" else int(index)

    def to_string(self) -> str:
        """The description as text; empty if nothing is described."""
        parts = [
            f"/{name}:{getattr(self, name)}"
            for name in ("job", "replica", "task")
            if getattr(self, name) is not None
        ]
        if self.device_type is not None:
            index = "*" if self.device_index is None else self.device_index
            parts.append(f"/device:{self.device_type}:{index}")
        return "".join(parts)

    def make_merged_spec(self, dev: DeviceSpec) -> DeviceSpec:
        """A new description; where both say something, `dev` counts."""
        mine, theirs = vars(self), vars(dev)
        return DeviceSpec(
            **{key: mine[key] if theirs[key] is None else theirs[key] for key in mine}
        )

    def merge_from(self, dev: DeviceSpec) -> None:
        """Take what `dev` says."""
        vars(self).update(vars(self.make_merged_spec(dev)))

    def replace(self, **changes: Any) -> DeviceSpec:
        """A copy with some parts replaced."""
        return DeviceSpec(**{**vars(self), **changes})

    def __repr__(self) -> str:
        parts = ", ".join(f"{key}={value}" for key, value in vars(self).items())
        return f"<DeviceSpec({parts})>"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, DeviceSpec) and self.to_string() == other.to_string()

    def __hash__(self) -> int:
        return hash(self.to_string())


def _upper(device_type: str) -> str:
    """The two common types may be written in small letters."""
    return device_type.upper() if device_type in ("cpu", "gpu") else device_type


def merged_device(outer: str | DeviceSpec, inner: str) -> str:
    """A device as text: what `inner` leaves open, `outer` says."""
    spec = DeviceSpec.from_string(outer) if isinstance(outer, str) else outer
    return spec.make_merged_spec(DeviceSpec.from_string(inner)).to_string()
