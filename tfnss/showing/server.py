"""The server of the page: for this machine alone unless told otherwise, and it gives nothing away but pictures."""

import contextlib
import ipaddress
import os
import signal
import socket
import tempfile
import threading
import urllib.parse
import webbrowser
from collections.abc import Callable, Iterator
from typing import Any

# The browser fetches nothing from any other host, whatever the page says.
_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; base-uri 'self'; form-action 'self'; frame-ancestors 'self'"
)
_HEADERS = ((b"content-security-policy", _POLICY.encode()), (b"referrer-policy", b"no-referrer"))
_SECONDS_TO_END = 1


def listening(host: str, port: int) -> socket.socket:
    """A socket that listens at an address.

    Args:
        host: Name or address of this machine.
        port: Number of the port; 0 for any that is free.

    Raises:
        ValueError: For an address that is not this machine's, or a port that is in use. The message says what to do.
    """
    try:
        if not host:
            raise ValueError("it is empty")
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        family, *_, place = min(found, key=lambda each: each[0] != socket.AF_INET)  # IPv4 first, as of `localhost`
        return socket.create_server(place, family=family)
    except (OSError, ValueError) as error:
        raise ValueError(
            f"nothing can listen at --host {host} --port {port} ({_reason(error)}): name another port, 0 for a free one, or "
            "another address of this machine"
        ) from error


def _reason(error: Exception) -> str:
    """What is wrong, without the address again."""
    said = getattr(error, "strerror", None) or str(error)
    return said.partition(" (while attempting")[0]


def address(listener: socket.socket) -> str:
    """The page's address in a browser on this machine."""
    host, port = listener.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


@contextlib.contextmanager
def own_folder() -> Iterator[None]:
    """Within the block, Gradio keeps its pictures in a folder that is removed at the end."""
    with tempfile.TemporaryDirectory(prefix="tfnss-show-") as folder:
        before = os.environ.get("GRADIO_TEMP_DIR")
        os.environ["GRADIO_TEMP_DIR"] = folder
        try:
            yield
        finally:
            del os.environ["GRADIO_TEMP_DIR"]
            if before is not None:
                os.environ["GRADIO_TEMP_DIR"] = before


def serve(blocks: Any, style: str, listener: socket.socket, browser: bool) -> None:
    """Serves a page, a `gradio.Blocks`, until Ctrl-C.

    Args:
        blocks: The page.
        style: Its style sheet.
        listener: Where it listens.
        browser: Whether to open a browser.

    Raises:
        KeyboardInterrupt: At Ctrl-C.
        SystemExit: At SIGTERM.
    """
    import uvicorn

    page = application(blocks, style)
    if ipaddress.ip_address(listener.getsockname()[0]).is_loopback:
        page = for_this_machine(page)
    config = uvicorn.Config(page, log_level="critical", timeout_graceful_shutdown=_SECONDS_TO_END)
    if browser:
        threading.Thread(
            target=webbrowser.open, args=(address(listener),), daemon=True
        ).start()  # it waits for the server
    before = signal.signal(signal.SIGTERM, _end)
    try:
        uvicorn.Server(config).run(sockets=[listener])  # sends itself the signal that ended it, if that is not ignored
    finally:
        signal.signal(signal.SIGTERM, before)
    raise KeyboardInterrupt


def _end(number: int, frame: Any) -> None:
    raise SystemExit(128 + number)


def for_this_machine(application: Callable[..., Any]) -> Callable[..., Any]:
    """An ASGI application that answers only requests which name this machine.

    A page of the internet could let its own name mean this machine's address, and so ask a browser for what is served here
    (DNS rebinding): its requests bear its own name.
    """
    from starlette.responses import PlainTextResponse

    refusal = PlainTextResponse(
        "This page is shown at the addresses of this machine alone, such as localhost. To show it under other names, begin "
        "`tfnss show` with --host.\n",
        status_code=403,
    )

    async def checked(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan" or _is_this_machine(dict(scope["headers"]).get(b"host", b"")):
            await application(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close"})
        else:
            await refusal(scope, receive, send)

    return checked


def _is_this_machine(host: bytes) -> bool:
    """Whether a request's `Host` is a name or an address by which a machine means itself."""
    try:
        name = urllib.parse.urlsplit(f"//{host.decode('ascii')}").hostname or ""
        return name == "localhost" or name.endswith(".localhost") or ipaddress.ip_address(name).is_loopback
    except ValueError:  # neither a name nor an address
        return False


def application(blocks: Any, style: str) -> Callable[..., Any]:
    """The page as an ASGI application."""
    import fastapi
    import gradio

    undocumented: dict[str, Any] = {"docs_url": None, "redoc_url": None, "openapi_url": None}
    mounted = gradio.mount_gradio_app(
        fastapi.FastAPI(**undocumented),
        blocks,
        path="/",
        app_kwargs=undocumented,
        css=style,
        footer_links=[],
        run_history=False,
        max_file_size=1,  # nothing is uploaded
        ssr_mode=False,
        enable_monitoring=False,
        mcp_server=False,
        pwa=False,
    )

    async def with_headers(scope: Any, receive: Any, send: Any) -> None:
        async def sending(message: Any) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), *_HEADERS]
            await send(message)

        await mounted(scope, receive, sending)

    return with_headers
