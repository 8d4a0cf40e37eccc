"""Sending a result to an address somebody else named: never inwards, never elsewhere, never long.

Inwards are all addresses but those of the open internet and of networks the operator opened. The
name is resolved once and the connection goes to that very address, so that a name cannot answer
the check with one address and the connection with another (DNS rebinding). One address that is not
public refuses the name. Redirects are not followed, proxies of the environment not used; of the
answer only the status counts, and the rest is read up to a limit. One deadline covers all of it.
Source: OWASP Server-Side Request Forgery Prevention; RFC 6890 (special-purpose addresses).
"""

import ipaddress
import re
import socket
import ssl
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

ANSWER_MAX_BYTES = 65_536
_STATUS = re.compile(rb"HTTP/1\.[01] ([1-5][0-9]{2})(?: |\r?\n)")
LOOKUPS_MAX = 16
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_LOCAL_NAT64 = ipaddress.ip_network("64:ff9b:1::/48")
# In no opened network: where clouds keep their secrets, and what wraps another address.
_NEVER = tuple(
    ipaddress.ip_network(text)
    for text in ("100.100.100.200/32", "fd00:ec2::/32", "64:ff9b::/96", "64:ff9b:1::/48",
                 "2001::/32", "2002::/16", "::ffff:0:0/96")
)  # fmt: skip
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_lookups = threading.BoundedSemaphore(LOOKUPS_MAX)


class TargetRefused(Exception):
    """The address is not one to send to; the argument is a `SendProblem`-like word."""


class NotReached(Exception):
    """No answer to use; the argument is a word for the log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """An address taken apart. `host` is a name or a number, without brackets."""

    scheme: str
    host: str
    port: int
    path: str
    authority: str


def read_target(url: str, *, anywhere: bool) -> Target:
    """Take an address apart. `anywhere` (for tests) also takes http. Raises: TargetRefused."""
    if not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        raise TargetRefused("form")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise TargetRefused("form") from error
    if parts.scheme != "https" and not (anywhere and parts.scheme == "http"):
        raise TargetRefused("not_https")
    if not parts.hostname or parts.username is not None or parts.fragment or "%" in parts.netloc:
        raise TargetRefused("form")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    default = 443 if parts.scheme == "https" else 80
    return Target(
        scheme=parts.scheme,
        host=parts.hostname,
        port=default if port is None else port,
        path=path,
        authority=parts.netloc,
    )


def resolve(
    target: Target, *, anywhere: bool, networks: Sequence[str] = (), timeout_s: float
) -> str:
    """The address to connect to: of the open internet, or in one of the `networks` (CIDR) an
    operator opened. Raises: TargetRefused, NotReached.
    """
    addresses = _look_up(target, timeout_s)
    if not addresses:
        raise NotReached("name_unknown")
    opened = [ipaddress.ip_network(text) for text in networks]
    if not anywhere and not all(
        is_public(address) or _is_within(address, opened) for address in addresses
    ):
        raise TargetRefused("not_public")
    return addresses[0]


def _look_up(target: Target, timeout_s: float) -> list[str]:
    """The addresses of a name. The system's resolver knows no deadline, so it works in a thread
    that is left behind when it is late; only so many may hang. Raises: NotReached.
    """
    lookups = _lookups
    if not lookups.acquire(timeout=timeout_s):
        raise NotReached("timeout")
    found: list[str] = []
    failed: list[Exception] = []
    done = threading.Event()

    def ask() -> None:
        try:
            entries = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
            found.extend(dict.fromkeys(str(entry[4][0]) for entry in entries))
        except (OSError, UnicodeError) as error:
            failed.append(error)
        finally:
            lookups.release()
            done.set()

    threading.Thread(target=ask, name="result-name", daemon=True).start()
    if not done.wait(timeout_s):
        raise NotReached("timeout")
    if failed:
        raise NotReached("name_unknown") from failed[0]
    return found


def _is_within(address: str, networks: Sequence[Network]) -> bool:
    try:
        number = ipaddress.ip_address(address)
    except ValueError:
        return False
    if any(number in network for network in _NEVER):
        return False
    return any(number in network for network in networks)


def is_public(address: str) -> bool:
    """Whether an address is of the open internet, also where another is wrapped in it."""
    try:
        number = ipaddress.ip_address(address)
    except ValueError:
        return False  # with a zone: link-local
    if isinstance(number, ipaddress.IPv6Address):
        inner = number.ipv4_mapped or number.sixtofour
        if number.teredo is not None or number.is_site_local or number in _LOCAL_NAT64:
            return False
        if number in _NAT64:
            inner = ipaddress.IPv4Address(int(number) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
    return number.is_global and not number.is_multicast and not number.is_reserved


def post(
    target: Target, address: str, *, body: bytes, headers: Mapping[str, str], timeout_s: float
) -> int:
    """Send JSON to a resolved address; returns the status of the answer. Raises: NotReached."""
    until = time.monotonic() + timeout_s
    head = {
        "Host": target.authority,
        "Content-Type": "application/json; charset=utf-8",
        "Content-Length": str(len(body)),
        "User-Agent": "Lingnan-Results/1",
        "Connection": "close",
        **headers,
    }
    lines = [f"POST {target.path} HTTP/1.1", *(f"{name}: {value}" for name, value in head.items())]
    message = ("\r\n".join(lines) + "\r\n\r\n").encode("ascii") + body
    try:
        with socket.create_connection((address, target.port), timeout=_left(until)) as plain:
            plain.settimeout(_left(until))
            if target.scheme == "http":
                return _exchange(plain, message, until)
            context = ssl.create_default_context()
            with context.wrap_socket(plain, server_hostname=target.host) as wrapped:
                return _exchange(wrapped, message, until)
    except TimeoutError as error:
        raise NotReached("timeout") from error
    except ssl.SSLError as error:
        raise NotReached("tls") from error
    except OSError as error:
        raise NotReached("no_connection") from error


def _exchange(link: socket.socket, message: bytes, until: float) -> int:
    link.settimeout(_left(until))
    link.sendall(message)
    answer = b""
    while len(answer) < ANSWER_MAX_BYTES:
        link.settimeout(_left(until))
        try:
            part = link.recv(4096)
        except ConnectionResetError:
            break
        if not part:
            break
        answer += part
        if b"\r\n\r\n" in answer:
            break
    found = _STATUS.match(answer)
    if found is None:
        raise NotReached("not_http")
    return int(found[1])


def _left(until: float) -> float:
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left
