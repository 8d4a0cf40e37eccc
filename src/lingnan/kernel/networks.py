"""Whom an address stands for where something is counted by address; whom we trust outside."""

import ssl
from functools import lru_cache
from ipaddress import IPv6Address, ip_address, ip_network

_PREFIX_V6 = 64  # what one household or hall is given at least; its hosts choose the rest freely


def counted_as(address: str) -> str:
    """The network by which an address is counted: an IPv4 address itself, of IPv6 its /64.

    IPv4 written as IPv6 is IPv4. What is no address is itself. Source: RFC 4291, 2.5.4; RFC 6177.
    """
    try:
        parsed = ip_address(address.strip().partition("%")[0])
    except ValueError:
        return address
    if not isinstance(parsed, IPv6Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ip_network((parsed, _PREFIX_V6), strict=False))


@lru_cache(maxsize=2)
def trusted(*, by_environment: bool = True) -> ssl.SSLContext:
    """The certificates httpx trusts, read once: reading them anew costs each call 40 ms.

    Which they are the environment says (SSL_CERT_FILE, SSL_CERT_DIR), else those of certifi;
    where money moves and papers are signed, only those of certifi.
    """
    import httpx  # noqa: PLC0415  (heavy, and only needed by who calls outside)

    return httpx.create_ssl_context(trust_env=by_environment)
