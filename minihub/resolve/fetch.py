"""Fetches the module that a handle names: as one archive, or object by object from Google's storage."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import re
import shutil
import time
from collections.abc import Callable, Iterator
from urllib.parse import quote, urlsplit

from minihub.errors import (
    DeadlineExceededError,
    InvalidModuleError,
    NotFoundError,
    OpError,
    StorageError,
    TruncatedModuleError,
    UnexpectedAnswerError,
)
from minihub.handle import Address, Handle, Kind, gcs_parts, shown, with_format
from minihub.resolve.archive import unpack
from minihub.resolve.http import Client, PassingError, check_room
from minihub.resolve.manifest import Manifest, Stored
from minihub.resolve.settings import Settings
from minihub.resolve.tree import Limits, Tree, split_name
from minihub_runtime.errors import clip

__all__ = ["Fetcher"]


class Fetcher:
    """Fetches modules from addresses.

    Args:
        settings: limits, proxies' surroundings, the mirror.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._client = Client(settings, time.monotonic() + settings.timeout)
        self._limits = Limits(total=settings.max_bytes)

    def fetch(self, handle: Handle, folder: str, sha256: str | None = None) -> Stored:
        """The module of `handle`, fetched into `folder`.

        Args:
            handle: not local.
            folder: where to make `archive` and `module`.
            sha256: what the archive's hash must be.

        Raises:
            OpError: the error of the first address, all that were tried in its message.
        """
        uncompressed = self._settings.load_format == "UNCOMPRESSED" and handle.kind in {
            Kind.HTTP,
            Kind.TFHUB,
            Kind.KAGGLE,
        }
        if uncompressed or handle.kind is Kind.GCS_FOLDER:
            if sha256:
                raise UnexpectedAnswerError(
                    f"{shown(handle.text)} must be one archive to be compared with a SHA-256"
                )
            location = self._ask_for_location(handle) if uncompressed else handle.location
            return self._fetch_folder(handle, location, folder)
        failures: list[tuple[str, OpError]] = []
        for address in handle.addresses(self._settings.mirror, self._settings.gcs):
            try:
                return self._fetch_archive(handle, address, folder, sha256)
            except (DeadlineExceededError, StorageError):
                raise
            except OpError as error:
                failures.append((address.url, error))
        first = failures[0][1]
        if len(failures) == 1:
            raise first
        tried = "; ".join(_told(shown(url), str(error)) for url, error in failures)
        raise type(first)(
            f"{shown(handle.text)} could be had from none of its addresses. Tried {tried}"
        ) from first

    # --- archives ---------------------------------------------------------------------------------------------------

    def _fetch_archive(
        self, handle: Handle, address: Address, folder: str, sha256: str | None
    ) -> Stored:
        url = address.url
        if address.version_url:
            url = url.replace("%7Bversion%7D", "{version}")
            url = url.replace("{version}", self._newest(address.version_url))

        def attempt() -> Stored:
            archive, module = os.path.join(folder, "archive"), os.path.join(folder, "module")
            shutil.rmtree(module, ignore_errors=True)
            body = self._client.save(url, archive, _page_problem(handle.text))
            if sha256 and sha256.lower() != body.sha256:
                raise InvalidModuleError(
                    f"the archive of {shown(handle.text)} must have the SHA-256 {sha256.lower()}, not {body.sha256}"
                )
            os.mkdir(module, 0o755)
            try:
                files = unpack(
                    archive,
                    module,
                    source=handle.text,
                    limits=self._limits,
                    gzips=2 if body.encoded else 1,
                )
            except TruncatedModuleError as error:
                # Without a length only the archive itself can tell that its end is missing.
                if body.length_known:
                    raise
                raise PassingError(error) from error
            os.remove(archive)
            manifest = Manifest(handle.text, shown(url), files, body.etag, body.sha256, body.size)
            return Stored(module, manifest)

        return self._client.persist(attempt)

    def _newest(self, url: str) -> str:
        """The version that the API names as the newest of a model."""
        text = self._client.text(url)
        try:
            version = json.loads(text)["versionNumber"]
        except (ValueError, KeyError, TypeError, RecursionError):
            version = None
        if not isinstance(version, int) or version < 1:
            raise UnexpectedAnswerError(
                f"{shown(url)} must answer with a JSON object that has a versionNumber, not {clip(text, 80)!r}"
            )
        return str(version)

    # --- folders ----------------------------------------------------------------------------------------------------

    def _ask_for_location(self, handle: Handle) -> str:
        """The `gs://` path behind a handle, from a 303 answer to `tf-hub-format=uncompressed`."""
        base = handle.location
        if self._settings.mirror and handle.kind is not Kind.HTTP:
            base = self._settings.mirror + urlsplit(base).path
        url = with_format(base, "uncompressed")

        def attempt() -> str:
            with self._client.answer(url, follow=False) as (response, watchdog):
                if response.status_code != 303:
                    raise UnexpectedAnswerError(
                        f"Expected 303 See other HTTP response but received code {response.status_code} (from {shown(url)})"
                    )
                return b"".join(self._client.pieces(response, watchdog, 1 << 16)).decode(
                    "utf-8", "replace"
                )

        location = self._client.persist(attempt).strip()
        if not location.startswith("gs://"):
            raise UnexpectedAnswerError(
                f"Expected server to return a GCS location but received {clip(location)}"
            )
        return location

    def _fetch_folder(self, handle: Handle, location: str, folder: str) -> Stored:
        """Fetches the objects below a `gs://` path, one by one."""
        bucket, name = gcs_parts(location)
        objects = list(self._objects(bucket, name + "/"))
        if not objects:
            raise NotFoundError(f"{shown(location)} does not exist.")
        module = os.path.join(folder, "module")
        os.mkdir(module, 0o755)
        tree = Tree(module, handle.text, self._limits)
        total = sum(size for _, size, _ in objects)
        if total > self._limits.total:
            raise StorageError(
                f"{shown(location)} must have at most {self._limits.total} bytes, not {total}"
            )
        check_room(folder, total)
        base = self._settings.mirror or self._settings.gcs
        for full, size, md5 in objects:
            inner = full[len(name) + 1 :]
            # A name that will not do is refused before it becomes part of an address.
            split_name(inner, handle.text)
            if inner.endswith("/") or not inner:
                tree.add_folder(inner)
                continue
            url = f"{base}/{bucket}/{quote(full)}"
            part = os.path.join(folder, "archive")

            def attempt(
                url: str = url, part: str = part, size: int = size, md5: str | None = md5
            ) -> None:
                body = self._client.save(url, part, None)
                if body.size != size or (md5 and base64.b64encode(body.md5).decode() != md5):
                    error = TruncatedModuleError(
                        f"{shown(url)} must have {size} bytes with the MD5 {md5}, but {body.size} bytes came"
                    )
                    raise PassingError(error)

            self._client.persist(attempt)
            with open(part, "rb") as file:
                tree.add_file(inner, size, file.read)
        with contextlib.suppress(FileNotFoundError):
            os.remove(os.path.join(folder, "archive"))
        tree.sync()
        return Stored(module, Manifest(handle.text, shown(location), tree.files))

    def _objects(self, bucket: str, prefix: str) -> Iterator[tuple[str, int, str | None]]:
        """Name, size and MD5 of the objects whose names start with `prefix`."""
        base = f"{self._settings.mirror or self._settings.gcs}/storage/v1/b/{bucket}/o?prefix={quote(prefix, safe='')}"
        token = ""
        count = 0
        while True:
            text = self._client.text(
                base + (f"&pageToken={quote(token, safe='')}" if token else "")
            )
            try:
                page = json.loads(text)
                for item in page.get("items", []):
                    name, size, md5 = item["name"], int(item["size"]), item.get("md5Hash")
                    if not str(name).startswith(prefix) or size < 0:
                        raise ValueError(name)
                    count += 1
                    yield str(name), size, md5
                token = str(page.get("nextPageToken") or "")
            except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
                raise UnexpectedAnswerError(
                    f"{shown(base)} must answer with a list of objects, not {clip(text, 80)!r}"
                ) from error
            if count > self._limits.members:
                raise StorageError(
                    f"gs://{bucket}/{prefix} must have at most {self._limits.members} objects"
                )
            if not token:
                return


def _told(url: str, message: str) -> str:
    """What became of an address; most messages name it themselves."""
    return message if url in message else f"{url}: {message}"


def _page_problem(handle: str) -> Callable[[bytes], str | None]:
    """Tells a web page from an archive; what the page is called is the best hint to what went wrong."""

    def refuse(start: bytes) -> str | None:
        kind, _, body = start.partition(b"\n")
        text = body[:4096].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
        if not text.startswith((b"<!doctype", b"<html", b"<?xml", b"<head", b"<!--")) and (
            not kind.lower().startswith(b"text/html") or body.startswith(b"\x1f\x8b")
        ):
            return None
        title = re.search(rb"(?is)<title[^>]*>(.*?)</title>", body[:65536])
        name = clip(" ".join(title[1].decode("utf-8", "replace").split()), 80) if title else ""
        called = f" called {name!r}" if name else ""
        return (
            f"{shown(handle)} does not appear to be a valid module. (The server sent a web page{called} instead of an archive, "
            "as a login page of a proxy or a wrong address does.)"
        )

    return refuse
