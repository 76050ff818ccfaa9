"""From the text a user writes to what it names: the kinds of handle and the addresses behind them.

| kind | examples | where the module comes from |
|---|---|---|
| PATH | `/models/nnlm`, `~x` is not expanded | the folder (or single file) itself |
| ARCHIVE | `nnlm.tar.gz`, `.tgz`, `.tar` | unpacked into the cache |
| PATH, ARCHIVE | `file:///models/nnlm` | the same, as a URL |
| TARBALL | `https://host/nnlm.tar.gz` | that address as it stands |
| HTTP | `https://host/google/nnlm/1` | that address, asked with `tf-hub-format=compressed` |
| TFHUB | `https://tfhub.dev/google/nnlm-en-dim128/1`, `tfhub.dev/…` | below |
| KAGGLE | `https://www.kaggle.com/models/google/nnlm/frameworks/tensorFlow1/variations/en-dim128/versions/1`, `https://www.kaggle.com/models/google/nnlm/tensorFlow1/en-dim128/1`, `kaggle.com/models/…`, `google/nnlm/tensorFlow1/en-dim128/1` | below |
| GCS_ARCHIVE | `gs://bucket/nnlm.tar.gz` | `https://storage.googleapis.com/bucket/nnlm.tar.gz` |
| GCS_FOLDER | `gs://bucket/nnlm/1` | the objects below that name, one by one, from the same host |

**tfhub.dev** is asked first; it redirects to the model's successor on kaggle.com, which redirects to the archive. The new names do not
follow from the old ones (`google/nnlm-en-dim128/1` became `google/nnlm/tensorFlow1/en-dim128/1`), so the server's redirects are the
mapping. If tfhub.dev does not answer, `https://storage.googleapis.com/tfhub-modules/<publisher>/<model>/<version>.tar.gz` is
tried, where the archives lay that tfhub.dev served. `https://hub.tensorflow.google.cn/<x>` is fetched from
`https://gcs.tensorflow.google.cn/tfhub-modules/<x>.tar.gz`, as tensorflow_hub does.

**kaggle.com** handles name publisher, model, framework, variation and version. The archive is at
`https://www.kaggle.com/api/v1/models/<publisher>/<model>/<framework>/<variation>/<version>/download`; the second try is the model's
page with `tf-hub-format=compressed`. The framework is spelled as the API does (`tensorFlow1`) whatever the handle's case. Without a
version, the API's `…/<variation>/get` is asked for the newest.

**A mirror** (`MINIHUB_MIRROR`, or an argument) replaces the hosts of tfhub.dev, kaggle.com and Google's storage, and nothing else is asked:
the mirror's address is followed by the handle's path, first with `?tf-hub-format=compressed`, then with `.tar.gz`, so that a folder of archives on any
web server will do (where a Kaggle handle has no version, `<mirror>/api/v1/models/…/get` must tell it): `<mirror>/google/nnlm-en-dim128/1.tar.gz`, `<mirror>/models/google/nnlm/tensorFlow1/en-dim128/1.tar.gz`,
`<mirror>/<bucket>/<object>`. Other http(s) handles keep their own host.

The cache key is tensorflow_hub's, the SHA-1 of the handle as typed; forms that tensorflow_hub does not know (no scheme, the four-part
Kaggle form, local archives) are first written as the URL they stand for.
"""

from __future__ import annotations

import enum
import os
import re
from dataclasses import dataclass, field
from typing import NamedTuple
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit, urlunsplit

from minihub.errors import (
    ArgumentTypeError,
    InvalidHandleError,
    NotFoundError,
    UnknownSchemeError,
)
from minihub_runtime.errors import clip
from minihub_runtime.files import is_there

__all__ = ["Address", "Handle", "Kind", "gcs_parts", "parse_handle", "shown"]

GCS_ENDPOINT = "https://storage.googleapis.com"
_KAGGLE = "https://www.kaggle.com"
_TFHUB_HOSTS = ("tfhub.dev", "www.tfhub.dev")
_KAGGLE_HOSTS = ("kaggle.com", "www.kaggle.com")
_CHINA_HOST = "hub.tensorflow.google.cn"
_CHINA_STORAGE = "https://gcs.tensorflow.google.cn"
_ARCHIVE_SUFFIXES = (".tar", ".tar.gz", ".tgz")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+)://")
# Compiled when a handle without a scheme, or with this host, is first met.
_WORD = r"[A-Za-z0-9][A-Za-z0-9._-]*"
_KAGGLE_SHORT = rf"(?P<owner>{_WORD})/(?P<model>{_WORD})/(?P<framework>{_WORD})/(?P<variation>{_WORD})(?:/(?P<version>[0-9]+))?"
_KAGGLE_LONG = (
    rf"(?P<owner>{_WORD})/(?P<model>{_WORD})/frameworks/(?P<framework>{_WORD})/variations/(?P<variation>{_WORD})"
    r"(?:/versions/(?P<version>[0-9]+))?"
)
_FRAMEWORKS = {
    name.lower(): name
    for name in (
        "tensorFlow1",
        "tensorFlow2",
        "tfLite",
        "tfJs",
        "keras",
        "jax",
        "flax",
        "pyTorch",
        "other",
    )
}


class Kind(enum.Enum):
    """What a handle names."""

    PATH = "local folder"
    ARCHIVE = "local archive"
    HTTP = "web address of a module"
    TARBALL = "web address of an archive"
    TFHUB = "tfhub.dev handle"
    KAGGLE = "kaggle.com model handle"
    GCS_ARCHIVE = "archive in Google's storage"
    GCS_FOLDER = "folder in Google's storage"

    @property
    def local(self) -> bool:
        """Whether no network is needed."""
        return self in {Kind.PATH, Kind.ARCHIVE}


class Address(NamedTuple):
    """One place to ask for the bytes of a module.

    Attributes:
        url: what to GET; or, for a version yet unknown, a format with one `{version}`.
        version_url: where the newest version is asked for, if `url` needs it.
    """

    url: str
    version_url: str | None = None


@dataclass(frozen=True)
class Handle:
    """A handle that has been understood.

    Attributes:
        text: the handle as typed.
        kind: what it names.
        location: path of a local kind; else the URL (or `gs://` path) it stands for.
        model: the parts of a Kaggle handle: owner, model, framework, variation, version (may be empty).
    """

    text: str
    kind: Kind
    location: str
    model: dict[str, str] = field(default_factory=dict, hash=False)

    @property
    def name(self) -> str:
        """The text that the cache key is made of."""
        if self.kind is Kind.ARCHIVE:
            path = os.path.abspath(self.location).replace(os.sep, "/")
            # A name that is not UTF-8 is the bytes it is.
            return "file://" + quote(path, errors="surrogateescape")
        return self.text if _SCHEME.match(self.text) else self.location

    @property
    def key(self) -> str:
        """Name of the module's folder in the cache."""
        # Local folders have none, and OpenSSL takes its time to load.
        import hashlib

        return hashlib.sha1(
            self.name.encode("utf-8", "surrogatepass"), usedforsecurity=False
        ).hexdigest()

    def addresses(self, mirror: str | None = None, gcs: str = GCS_ENDPOINT) -> list[Address]:
        """Where to ask for the module's archive, best first.

        Args:
            mirror: base URL that replaces the public hosts.
            gcs: base URL of Google's storage.
        """
        if self.kind.local or self.kind is Kind.GCS_FOLDER:
            return []
        if self.kind is Kind.TARBALL:
            return [Address(self.location)]
        if self.kind is Kind.GCS_ARCHIVE:
            bucket, name = gcs_parts(self.location)
            return [Address(f"{mirror or gcs}/{bucket}/{quote(name)}")]
        if self.kind is Kind.KAGGLE:
            return self._kaggle_addresses(mirror)
        parts = urlsplit(self.location)
        path = parts.path.strip("/")
        if self.kind is Kind.TFHUB:
            if mirror:
                page = Address(_with_format(f"{mirror}/{path}"))
                return [page, Address(f"{mirror}/{path}.tar.gz")]
            versioned = re.fullmatch(r".+/[0-9]+", path) is not None
            stored = [Address(f"{gcs}/tfhub-modules/{path}.tar.gz")] if versioned else []
            return [Address(_with_format(self.location)), *stored]
        if parts.hostname == _CHINA_HOST:
            return [Address(f"{_CHINA_STORAGE}/tfhub-modules/{path}.tar.gz")]
        return [Address(_with_format(self.location))]

    def _kaggle_addresses(self, mirror: str | None) -> list[Address]:
        stem = "/".join(self.model[part] for part in ("owner", "model", "framework", "variation"))
        version = self.model["version"]
        newest = None if version else f"{mirror or _KAGGLE}/api/v1/models/{stem}/get"
        page = f"{mirror or _KAGGLE}/models/{stem}/{version or '{version}'}"
        if mirror:
            return [Address(_with_format(page), newest), Address(f"{page}.tar.gz", newest)]
        api = f"{_KAGGLE}/api/v1/models/{stem}/{version or '{version}'}/download"
        return [Address(api, newest), Address(_with_format(page), newest)]


def parse_handle(text: str | os.PathLike[str]) -> Handle:
    """The handle that `text` spells.

    The file system is asked only whether a text without a scheme is a local path, which then wins over every other reading.

    Raises:
        ArgumentTypeError: it is neither text nor a path.
        InvalidHandleError: the text is empty, or has characters that no handle has.
        NotFoundError: it is no path that exists and no other known form.
        PermissionDeniedError: it lies in a folder that may not be looked into.
    """
    found = os.fspath(text) if isinstance(text, os.PathLike) else text
    if not isinstance(found, str):
        raise ArgumentTypeError(f"a handle must be a string or a path, not {clip(repr(text))}")
    text = found
    if not text or "\0" in text:
        raise InvalidHandleError(
            f"a handle must be a non-empty text without NUL, not {clip(text)!r}"
        )
    scheme_match = _SCHEME.match(text)
    if scheme_match is None:
        return _local(text, text) if is_there(text) else _without_scheme(text)
    scheme = scheme_match.group(1).lower()
    if re.search(r"[\x00-\x20\x7f]", text) and scheme != "file":
        raise InvalidHandleError(
            f"a URL must have no blanks and no control characters, unlike {clip(text)!r}"
        )
    if scheme == "file":
        return _local(text, _file_path(text))
    if scheme == "gs":
        gcs_parts(text)
        kind = Kind.GCS_ARCHIVE if text.endswith(_ARCHIVE_SUFFIXES) else Kind.GCS_FOLDER
        return Handle(text, kind, text)
    if scheme in {"http", "https"}:
        return _web(text, text)
    raise UnknownSchemeError(
        f"{clip(text)} does not exist. (Handles start with http://, https://, gs:// or file://, or are local paths; "
        f"{scheme}:// is not known.)"
    )


def gcs_parts(location: str) -> tuple[str, str]:
    """Bucket and object name of a `gs://` path.

    Raises:
        InvalidHandleError: one of them is missing, or has a form that Google's storage does not allow.
    """
    bucket, _, name = location.removeprefix("gs://").partition("/")
    name = name.strip("/")
    parts = name.split("/")
    if not re.fullmatch(r"[a-z0-9][a-z0-9._-]+", bucket) or {"", ".", ".."} & set(parts):
        raise InvalidHandleError(
            f"a gs:// path must read gs://<bucket>/<object>, unlike {clip(location)!r}"
        )
    return bucket, name


def shown(url: str) -> str:
    """`url` for messages and files: without a password, clipped."""
    return clip(re.sub(r"//[^/@]*@", "//…@", url), 400)


def _local(text: str, path: str) -> Handle:
    if not os.path.exists(path):
        raise NotFoundError(f"{clip(text)} does not exist.")
    archive = path.endswith(_ARCHIVE_SUFFIXES) and not os.path.isdir(path)
    return Handle(text, Kind.ARCHIVE if archive else Kind.PATH, path)


def _file_path(url: str) -> str:
    """The local path of a `file://` URL, taken literally if a file of that name exists, else percent-decoded."""
    authority, slash, path = url[len("file://") :].partition("/")
    if authority not in {"", "localhost"}:
        raise InvalidHandleError(
            f"a file:// URL must name a local path (file:///…), unlike {clip(url)!r}"
        )
    path = slash + path
    if not os.path.exists(path):
        path = unquote(path, errors="surrogateescape")
    if os.name == "nt" and re.match(r"/[A-Za-z]:", path):
        path = path[1:]
    return path


def _without_scheme(text: str) -> Handle:
    host, _, rest = text.partition("/")
    if rest and host.lower() in (*_TFHUB_HOSTS, *_KAGGLE_HOSTS) and not re.search(r"\s", text):
        return _web(text, f"https://{text}")
    model = re.fullmatch(_KAGGLE_SHORT, text)
    if model and model["framework"].lower() in _FRAMEWORKS:
        return _kaggle(text, model)
    raise NotFoundError(f"{clip(text)} does not exist.")


def _web(text: str, url: str) -> Handle:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise InvalidHandleError(f"{clip(url)!r} must be a URL, but {error}") from error
    if not host:
        raise InvalidHandleError(f"a URL must name a host, unlike {clip(url)!r}")
    path = parts.path.strip("/")
    if host in _KAGGLE_HOSTS and path.startswith("models/"):
        inner = path.removeprefix("models/")
        model = re.fullmatch(_KAGGLE_LONG, inner) or re.fullmatch(_KAGGLE_SHORT, inner)
        if model:
            return _kaggle(text, model)
        raise InvalidHandleError(
            "a kaggle.com handle must read https://www.kaggle.com/models/<publisher>/<model>/frameworks/<framework>/variations/"
            f"<variation>/versions/<version> or …/models/<publisher>/<model>/<framework>/<variation>/<version>, unlike {clip(url)!r}"
        )
    if parts.path.endswith(_ARCHIVE_SUFFIXES):
        return Handle(text, Kind.TARBALL, url)
    return Handle(text, Kind.TFHUB if host in _TFHUB_HOSTS else Kind.HTTP, url)


def _kaggle(text: str, match: re.Match[str]) -> Handle:
    model = {part: value or "" for part, value in match.groupdict().items()}
    model["framework"] = _FRAMEWORKS.get(model["framework"].lower(), model["framework"])
    stem = "/".join(model[part] for part in ("owner", "model", "framework", "variation", "version"))
    return Handle(text, Kind.KAGGLE, f"{_KAGGLE}/models/{stem.rstrip('/')}", model)


def with_format(url: str, value: str) -> str:
    """`url` asking for `tf-hub-format=value`, its other parameters kept."""
    scheme, netloc, path, query, _ = urlsplit(url)
    fields = [
        item for item in parse_qsl(query, keep_blank_values=True) if item[0] != "tf-hub-format"
    ]
    query = urlencode([*fields, ("tf-hub-format", value)])
    return urlunsplit((scheme, netloc, path, query, ""))


def _with_format(url: str) -> str:
    return with_format(url, "compressed")
