"""The errors of finding and fetching modules, below those of `minihub_runtime.errors`.

    OpError
    ├─ DataLossError (ValueError)
    │  └─ InvalidModuleError      (OSError)          bytes that are no module, or no longer the whole of one
    │     └─ TruncatedModuleError                    they end too early; fetching them again may help
    ├─ InvalidArgumentError (ValueError)
    │  ├─ InvalidHandleError      (OSError)          a handle or a setting that cannot be understood
    │  └─ UnexpectedAnswerError   (OSError)          a server that does not keep to the protocol
    ├─ FailedPreconditionError (RuntimeError)
    │  └─ NotAModuleError                            a folder that holds something else than a TF1 Hub module
    ├─ PermissionDeniedError (PermissionError)       HTTP 401, 403, 407
    │  └─ CacheNotWritableError
    ├─ NotFoundError (FileNotFoundError)             HTTP 404, 410, a local path that is not there
    │  └─ UnknownModelError       (ValueError)       a folder without a SavedModel
    ├─ ResourceExhaustedError (MemoryError)
    │  └─ StorageError            (OSError)          no room on the disk, or more bytes than the caps allow
    ├─ UnavailableError (ConnectionError)            no connection, HTTP 429 and 5xx
    │  └─ OfflineError                               not in the cache, and the network is switched off
    └─ DeadlineExceededError (TimeoutError)          the download takes too long in all, or is too slow

Whatever resolving a handle raises is an OSError, as most of it is in tensorflow_hub; where tensorflow_hub raises a
ValueError, ours is a ValueError as well.
"""

from __future__ import annotations

from minihub_runtime.errors import (
    DataLossError,
    DeadlineExceededError,
    FailedPreconditionError,
    InvalidArgumentError,
    NotFoundError,
    OpError,
    PermissionDeniedError,
    ResourceExhaustedError,
    UnavailableError,
)

__all__ = [
    "CacheNotWritableError",
    "DeadlineExceededError",
    "InvalidHandleError",
    "InvalidModuleError",
    "NotAModuleError",
    "NotFoundError",
    "OfflineError",
    "OpError",
    "PermissionDeniedError",
    "StorageError",
    "TruncatedModuleError",
    "UnavailableError",
    "UnexpectedAnswerError",
    "UnknownModelError",
]


class InvalidModuleError(DataLossError, OSError):
    """Bytes that are not a module, or not the whole of one."""


class TruncatedModuleError(InvalidModuleError):
    """Bytes that end too early."""


class InvalidHandleError(InvalidArgumentError, OSError):
    """A handle, or a setting, that cannot be understood."""


class UnexpectedAnswerError(InvalidArgumentError, OSError):
    """An answer that the protocol between client and server does not know."""


class CacheNotWritableError(PermissionDeniedError):
    """The cache folder cannot be made or written."""


class StorageError(ResourceExhaustedError, OSError):
    """More bytes than the disk has room for, or than the caps allow."""


class OfflineError(UnavailableError):
    """A module that is not in the cache while the network is switched off."""


class NotAModuleError(FailedPreconditionError):
    """A folder that holds something else than a TF1 Hub module."""


class UnknownModelError(NotFoundError, ValueError):
    """A folder without a SavedModel."""
