"""Nothing leaves this machine for a host that the user has not allowed, however the address is written."""

from __future__ import annotations

import ipaddress

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dt6_lsp.errors import ConsentRequired
from dt6_lsp.models.consent import host_of, is_loopback, require_consent


def allowed(url: str, *hosts: str) -> bool:
    try:
        require_consent(url, hosts)
    except ConsentRequired:
        return False
    return True


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:11434",
        "http://127.0.0.1",
        "https://127.8.9.10:1/v1",
        "http://localhost:8080/v1",
        "HTTP://LOCALHOST/",
        "http://[::1]:11434",
        "http://[0:0:0:0:0:0:0:1]",
    ],
)
def test_this_machine_needs_no_entry(url: str) -> None:
    assert allowed(url)
    assert is_loopback(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1@evil.com",
        "http://127.0.0.1:11434@evil.com/",
        "http://localhost:pw@evil.com",
        "http://evil.com#@127.0.0.1",
        "http://evil.com\\@127.0.0.1",
        "http:\\\\127.0.0.1",
        "http://localhost.evil.com",
        "http://127.0.0.1.evil.com",
        "http://evil.com/127.0.0.1",
        "http://evil.com?localhost",
        "http://2130706433",
        "http://0x7f000001",
        "http://0x7f.0.0.1",
        "http://0177.0.0.1",
        "http://127.1",
        "http://127.0.0.01",
        "http://[::ffff:127.0.0.1]",
        "http://[::ffff:7f00:1]",
        "http://[2002:7f00:1::]",
        "http://[::1%25eth0]",
        "http://[::1]evil.com",
        "http://[::]",
        "http://0.0.0.0:11434",
        "http://localhost.",
        "http://127.0.0.1.",
        "http://ⓛocalhost",
        "http://１２７.0.0.1",
        "http://127。0。0。1",
        "http://bücher.example",
        "http+unix://%2Ftmp%2Fsocket/api",
        "unix:///tmp/socket",
        "file:///etc/passwd",
        "ftp://127.0.0.1",
        "//127.0.0.1",
        "127.0.0.1:11434",
        "localhost",
        "",
        " ",
        "http://",
        "http://:11434",
        "http:// 127.0.0.1",
        "http://127.0.0.1 .evil.com",
        "http://127.0.0.1\t.evil.com",
        "http://127.0.0.1\n@evil.com",
        "http://127.0.0.1:99999",
        "http://127.0.0.1:0",
        "http://127.0.0.1:80:80",
        "http://127.0.0.1%2eevil.com",
        "http://a..b",
        "http://-a.b",
        "http://192.168.0.7:11434",
        "https://api.openai.com/v1",
    ],
)
def test_all_else_is_refused_without_an_entry(url: str) -> None:
    assert not allowed(url, "127.0.0.1", "localhost", "evil", "com", "*", "")
    assert not is_loopback(url)


@pytest.mark.parametrize(
    ("url", "entry"),
    [
        ("https://api.openai.com/v1", "api.openai.com"),
        ("https://API.OpenAI.com/v1", "api.openai.com"),
        ("https://api.openai.com/v1", "API.OPENAI.COM:443"),
        ("http://gpu.lan:11434", "gpu.lan:11434"),
        ("http://gpu.lan:11434", "gpu.lan"),
        ("http://192.168.0.7:11434", "192.168.0.7"),
        ("http://[fd00::7]:11434", "[fd00::7]"),
        ("http://[fd00:0::7]:11434", "[fd00::7]:11434"),
        ("https://xn--bcher-kva.example", "xn--bcher-kva.example"),
    ],
)
def test_an_allowed_host_is_allowed(url: str, entry: str) -> None:
    assert allowed(url, "other.example", entry)


@pytest.mark.parametrize(
    ("url", "entry"),
    [
        ("https://api.openai.com/v1", "openai.com"),
        ("https://evil-api.openai.com", "api.openai.com"),
        ("https://api.openai.com.evil.com", "api.openai.com"),
        ("https://api.openai.com:8443", "api.openai.com:443"),
        ("http://gpu.lan:11434", "gpu.lan:1143"),
        ("http://gpu.lan:11434", "http://gpu.lan:11434"),
        ("http://gpu.lan:11434", "gpu.lan/x"),
        ("http://gpu.lan:11434", "*.lan"),
        ("http://gpu.lan:11434", "*"),
        ("http://gpu.lan:11434", "user@gpu.lan"),
        ("http://[fd00::7]:11434", "[fd00::7]:1"),
    ],
)
def test_an_entry_allows_its_own_host_and_port_only(url: str, entry: str) -> None:
    assert not allowed(url, entry)


def test_the_error_names_the_host_and_the_setting() -> None:
    with pytest.raises(ConsentRequired) as caught:
        require_consent("https://api.openai.com/v1", [])
    assert "api.openai.com:443" in caught.value.cause
    assert '"api.openai.com"' in caught.value.mend
    assert "privacy.allowed_hosts" in caught.value.mend


PIECES = ["127.0.0.1", "localhost", "evil.com", "[::1]", "::1", "127", "0x7f", "1", "e", "\u2460", "\u3002"]
MARKS = ["", "@", ":", ":80", "/", "\\", "#", "?", "[", "]", ".", "%2e", "%00", "-", "_", "\t", " "]
written = st.lists(st.sampled_from(PIECES + MARKS), max_size=4).map("".join)


@given(st.sampled_from(["http://", "https://", "HTTP://", "http:/", "http:", ""]), written)
def test_what_is_free_really_is_this_machine_for_the_client_that_connects(scheme: str, rest: str) -> None:
    """The client has its own reader of URLs; where it would connect is what counts."""
    url = scheme + rest
    if allowed(url):
        target = httpx.URL(url)
        assert target.host == "localhost" or ipaddress.ip_address(target.host).is_loopback
        assert target.userinfo == b""


@given(st.ip_addresses(), st.integers(1, 65535))
def test_every_address_is_judged_by_what_it_is(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address, port: int
) -> None:
    host = f"[{address}]" if address.version == 6 else str(address)
    assert allowed(f"http://{host}:{port}") == address.is_loopback
    reachable = host_of(f"http://{host}") is not None
    assert allowed(f"http://{host}:{port}", host) == reachable
