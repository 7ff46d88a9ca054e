"""Where the page's server listens, and what it says where it cannot."""

import contextlib
import os
import socket

import pytest

from tfnss.showing import server


def test_addresses():
    with server.listening("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
        assert server.address(listener) == f"http://127.0.0.1:{port}/"
        with socket.create_connection(("127.0.0.1", port)):
            pass
    with server.listening("0.0.0.0", 0) as listener:  # from this machine it is the same
        assert server.address(listener) == f"http://127.0.0.1:{listener.getsockname()[1]}/"


@pytest.mark.skipif(not socket.has_ipv6 or not os.path.exists("/proc/net/if_inet6"), reason="no IPv6")
def test_ipv6_addresses():
    with server.listening("::1", 0) as listener:
        assert server.address(listener) == f"http://[::1]:{listener.getsockname()[1]}/"


def test_a_port_in_use():
    with server.listening("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(ValueError, match=rf"--host 127\.0\.0\.1 --port {port} \(Address already in use\): name"):
            server.listening("127.0.0.1", port)


@pytest.mark.parametrize("host", ["", "no.such.host.invalid", "192.0.2.1", "bad\0name", "odd\udcffname", "x" * 100])
def test_no_address_of_this_machine(host):
    with pytest.raises(ValueError, match="nothing can listen at --host"):
        server.listening(host, 0)


@pytest.mark.parametrize(
    "host", ["127.0.0.1:7860", "localhost:7860", "LOCALHOST", "tfnss.localhost", "[::1]:7860", "127.0.0.2"]
)
def test_requests_that_name_this_machine(host):
    assert _status(host) == 200


@pytest.mark.parametrize(
    "host", ["evil.example:7860", "192.0.2.1", "localhost.evil.example", "", "[::1", "127.0.0.1.evil.example"]
)
def test_requests_of_other_names_are_refused(host):
    assert _status(host) == 403


def _status(host):
    """Of the answer to a request that names a host."""
    testclient = pytest.importorskip("starlette.testclient")
    responses = pytest.importorskip("starlette.responses")
    client = testclient.TestClient(server.for_this_machine(responses.PlainTextResponse("a page")))
    return client.get("/", headers={"host": host}).status_code


def test_pictures_are_kept_apart_and_not_for_long(monkeypatch):
    for before in ("/elsewhere", None):
        if before is None:
            monkeypatch.delenv("GRADIO_TEMP_DIR", raising=False)
        else:
            monkeypatch.setenv("GRADIO_TEMP_DIR", before)
        with contextlib.suppress(KeyboardInterrupt), server.own_folder():
            folder = os.environ["GRADIO_TEMP_DIR"]
            assert os.path.isdir(folder)
            assert os.stat(folder).st_mode & 0o077 == 0  # of nobody else
            raise KeyboardInterrupt
        assert not os.path.exists(folder)
        assert os.environ.get("GRADIO_TEMP_DIR") == before
