"""A server on this machine that behaves as badly as a test asks for."""

from __future__ import annotations

import contextlib
import socket
import socketserver
import ssl
import struct
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import trustme

# An authority of this process, and the certificate it gives 127.0.0.1.
AUTHORITY = trustme.CA()
CERTIFICATE = AUTHORITY.issue_cert("127.0.0.1")


def trusted_bundle(folder: Path) -> str:
    """The path of a file with the authority's certificate."""
    path = folder / "authority.pem"
    AUTHORITY.cert_pem.write_to_path(path)
    return str(path)


@dataclass
class Request:
    """A request as it came."""

    target: str
    headers: dict[str, str]

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]


@dataclass
class Call:
    """What a route has to answer with: the bare connection."""

    request: Request
    connection: socket.socket
    number: int
    """How often the route was asked, this time included."""
    stop: threading.Event

    def send(self, data: bytes) -> None:
        self.connection.sendall(data)

    def answer(
        self,
        status: str = "200 OK",
        body: bytes = b"",
        *,
        length: int | None = -1,
        headers: dict[str, str] | None = None,
    ) -> None:
        """Sends a whole answer; `length=None` leaves Content-Length out."""
        lines = [f"HTTP/1.1 {status}", "Connection: close"]
        if length is not None:
            lines.append(f"Content-Length: {len(body) if length < 0 else length}")
        lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
        self.send("\r\n".join([*lines, "", ""]).encode() + body)

    def drip(self, data: bytes, pause: float, size: int = 1) -> None:
        """Sends `data` bit by bit, until the server stops."""
        for start in range(0, len(data), size):
            self.send(data[start : start + size])
            if self.stop.wait(pause):
                return

    def stall(self) -> None:
        """Keeps the connection open, silent."""
        self.stop.wait(60)

    def reset(self) -> None:
        """Ends the connection with RST instead of FIN."""
        linger = struct.pack("ii", 1, 0)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)


Route = Callable[[Call], None]


@dataclass
class Server:
    """Routes by path, on a free port, until the `with` block ends."""

    routes: dict[str, Route] = field(default_factory=dict)
    requests: list[Request] = field(default_factory=list)
    tls: bool = False
    url: str = ""

    def __enter__(self) -> Server:
        lock = threading.Lock()
        counts: Counter[str] = Counter()
        stop = self._stop = threading.Event()
        outer = self
        context = None
        if self.tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            CERTIFICATE.configure_cert(context)

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                connection: socket.socket = self.request
                # Failing reads and writes are what many tests are about.
                with contextlib.suppress(OSError), contextlib.ExitStack() as stack:
                    if context is not None:
                        secured = context.wrap_socket(connection, server_side=True)
                        connection = stack.enter_context(secured)
                    request = _read_request(connection)
                    if request is None:
                        return
                    with lock:
                        outer.requests.append(request)
                        counts[request.path] += 1
                        number = counts[request.path]
                    call = Call(request, connection, number, stop)
                    outer.routes.get(request.path, _not_found)(call)

        class TCPServer(socketserver.ThreadingTCPServer):
            daemon_threads = True
            request_queue_size = 64

        self._server = TCPServer(("127.0.0.1", 0), Handler)
        scheme = "https" if self.tls else "http"
        self.url = f"{scheme}://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._stop.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def serve(self, path: str, body: bytes, **options: object) -> str:
        """Answers `path` with `body`; the whole address."""
        self.routes[path] = lambda call: call.answer(body=body, **options)  # type: ignore[arg-type]
        return self.url + path

    def route(self, path: str, behaviour: Route) -> str:
        """Answers `path` as `behaviour` does; the whole address."""
        self.routes[path] = behaviour
        return self.url + path

    def count(self, path: str | None = None) -> int:
        """How many requests came, for one path or in all."""
        return sum(path in {None, request.path} for request in self.requests)


def _not_found(call: Call) -> None:
    call.answer("404 Not Found", b"nothing here")


def _read_request(connection: socket.socket) -> Request | None:
    connection.settimeout(10)
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(65536)
        if not piece:
            return None
        data += piece
    first, *lines = data.partition(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")
    headers = {}
    for line in lines:
        name, _, value = line.partition(":")
        headers[name.strip().lower()] = value.strip()
    return Request(first.split(" ")[1], headers)
