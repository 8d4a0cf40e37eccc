"""Which addresses a client may name: where codes, people and notices are sent."""

from urllib.parse import urlsplit

from django.conf import settings

from ...models import Client

LENGTH_MAX = 500
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_FORBIDDEN_SCHEMES = frozenset({"javascript", "data", "file", "vbscript", "blob", "about"})


def is_redirect_uri(uri: str, *, kind: str) -> bool:
    """Whether codes may be sent there.

    HTTPS for the web; a native program may also use a loopback address or a scheme of its own that
    holds its domain reversed (`cn.gov.gd.app:/cb`). Outside production loopback is open to all.
    Source: RFC 8252 7, RFC 9700 2.1.
    """
    if not _is_plain(uri):
        return False
    parts = urlsplit(uri)
    if parts.scheme == "https":
        return bool(parts.hostname) and not parts.username
    if parts.scheme == "http":
        allowed = kind == Client.Kind.NATIVE or not settings.LINGNAN.production
        return allowed and parts.hostname in _LOOPBACK and not parts.username
    own = "." in parts.scheme and parts.scheme not in _FORBIDDEN_SCHEMES
    return kind == Client.Kind.NATIVE and own and not parts.netloc


def is_web_address(uri: str) -> bool:
    """Whether we may call it or show it: HTTPS, outside production also loopback."""
    if not _is_plain(uri):
        return False
    parts = urlsplit(uri)
    if parts.scheme == "https":
        return bool(parts.hostname) and not parts.username
    local = parts.scheme == "http" and parts.hostname in _LOOPBACK
    return local and not settings.LINGNAN.production


def matches(client: Client, uri: str) -> bool:
    """Whether a redirect address is one of the client's, character by character.

    Only the port of a native program's loopback address may differ: the system chooses it.
    Source: RFC 9700 2.1, RFC 8252 7.3.
    """
    if uri in client.redirect_uris:
        return True
    if client.kind != Client.Kind.NATIVE or not _is_plain(uri):
        return False
    given = urlsplit(uri)
    if given.scheme != "http" or given.hostname not in {"127.0.0.1", "::1"} or given.username:
        return False
    for registered in client.redirect_uris:
        known = urlsplit(registered)
        if (known.scheme, known.hostname, known.path, known.query) == (
            given.scheme,
            given.hostname,
            given.path,
            given.query,
        ):
            return True
    return False


def sector_of(uris: list[str], client_id: str) -> str:
    """What pairwise names are particular to: the one host of all addresses, else the client."""
    hosts = {urlsplit(uri).hostname for uri in uris}
    host = hosts.pop() if len(hosts) == 1 else None
    return host if host and host not in _LOOPBACK else client_id


def _is_plain(uri: str) -> bool:
    if not 0 < len(uri) <= LENGTH_MAX or "#" in uri or "\\" in uri or "*" in uri:
        return False
    if any(character.isspace() or ord(character) < 33 or ord(character) > 126 for character in uri):
        return False
    try:
        parts = urlsplit(uri)
        _port = parts.port
    except ValueError:
        return False
    return bool(parts.scheme)
