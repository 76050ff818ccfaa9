"""The errors of finding and fetching modules, below those of `minihub_runtime.errors`.

    OpError
    ├─ DataLossError (ValueError)
    │  └─ InvalidModuleError      (OSError)          bytes that are no module, or no longer the whole of one
    │     ├─ TruncatedModuleError                    they end too early; fetching them again may help
    │     └─ InvalidMessageError  (DecodeError)      a message that is none; in `minihub.native`
    ├─ InvalidArgumentError (ValueError)
    │  ├─ ArgumentTypeError       (TypeError,        a value of a type that has no meaning there
    │  │                           AttributeError)
    │  ├─ InvalidAssetError       (TypeError)        a node that cannot hold the path of an asset
    │  ├─ InvalidHandleError      (OSError)          a handle or a setting that cannot be understood
    │  ├─ UnexpectedAnswerError   (OSError)          a server that does not keep to the protocol
    │  └─ UnknownNameError        (KeyError)         a signature or a tensor that is not there
    ├─ FailedPreconditionError (RuntimeError)
    │  ├─ NotAModuleError         (NotFoundError)    a folder that holds something else than a TF1 Hub module
    │  └─ NotAFolderError         (AlreadyExistsError) a file where a folder is to be
    ├─ PermissionDeniedError (PermissionError)       HTTP 401, 403, 407
    │  └─ CacheNotWritableError
    ├─ NotFoundError (FileNotFoundError)             HTTP 404, 410, a local path that is not there
    │  ├─ UnknownModelError       (ValueError)       a folder without a SavedModel
    │  └─ UnknownSchemeError      (UnimplementedError) a handle of a kind that is not known
    ├─ ResourceExhaustedError (MemoryError)
    │  └─ StorageError            (OSError)          no room on the disk, or more bytes than the caps allow
    ├─ UnavailableError (ConnectionError)            no connection, HTTP 429 and 5xx
    │  └─ OfflineError                               not in the cache, and the network is switched off
    └─ DeadlineExceededError (TimeoutError)          the download takes too long in all, or is too slow

Whatever resolving a handle raises is an OSError, as most of it is in tensorflow_hub, but for what is no handle by its type.  An
`except` clause that catches an error of tensorflow_hub's catches ours in its place: hence the bases in brackets, some of
which are where tensorflow_hub happens to fail (`tests/hub/misuses.py` compares them).
"""

from __future__ import annotations

from minihub_runtime.errors import (
    AlreadyExistsError,
    DataLossError,
    DeadlineExceededError,
    FailedPreconditionError,
    InvalidArgumentError,
    NotFoundError,
    OpError,
    PermissionDeniedError,
    ResourceExhaustedError,
    UnavailableError,
    UnimplementedError,
    UnsupportedOpsError,
)

__all__ = [
    "ArgumentTypeError",
    "CacheNotWritableError",
    "DataLossError",
    "DeadlineExceededError",
    "InvalidArgumentError",
    "InvalidAssetError",
    "InvalidHandleError",
    "InvalidModuleError",
    "NotAFolderError",
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
    "UnknownNameError",
    "UnknownSchemeError",
    "UnsupportedOpsError",
]


class InvalidModuleError(DataLossError, OSError):
    """Bytes that are not a module, or not the whole of one."""


class TruncatedModuleError(InvalidModuleError):
    """Bytes that end too early."""


class ArgumentTypeError(InvalidArgumentError, TypeError, AttributeError):
    """A value of a type that has no meaning there, such as a number for a handle."""


class InvalidAssetError(InvalidArgumentError, TypeError):
    """A node that cannot hold the path of an asset."""


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


class NotAFolderError(FailedPreconditionError, AlreadyExistsError):
    """A file where a folder is to be."""


class NotAModuleError(FailedPreconditionError, NotFoundError):
    """A folder that holds something else than a TF1 Hub module."""


class UnknownModelError(NotFoundError, ValueError):
    """A folder without a SavedModel."""


class UnknownNameError(InvalidArgumentError, KeyError):
    """A signature or a tensor that is not there."""


class UnknownSchemeError(NotFoundError, UnimplementedError):
    """A handle of a kind that is not known."""
