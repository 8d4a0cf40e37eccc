"""The port for what signs with keys that never leave it, and which device signs for whom.

A device is described by one file of the folder `LINGNAN_SIGNING_DEVICES`
(docs/howto/connect-a-signing-device.md); the file names the purposes its keys are for. The purpose
of a seal's key is `licences.seal:` and the credit code of its agency.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Protocol
from urllib.parse import urlsplit

from django.conf import settings

from lingnan.kernel.errors import UnusableFile

SOFTWARE = "software"
AUTHORITY = "authority:"
_POINT_LENGTH = 65
_TIMEOUT_MAX_S = 15  # whoever issues a licence waits twice as long


class DeviceSilent(Exception):
    """The device did not answer in time, or not at all; whether it signed is not known."""


class DeviceSaidNo(Exception):
    """The device answered, and refused; `number` is its response code."""

    def __init__(self, number: int) -> None:
        super().__init__(f"{number:#010x}")
        self.number = number


class SigningDevice(Protocol):
    """A device that holds SM2 keys. Thread-safe."""

    def sm2_sign(self, handle: bytes, data: bytes) -> bytes:
        """Sign the message (not a digest), default user id, as DER SEQUENCE{r, s}; asked once.

        Raises: DeviceSilent, DeviceSaidNo.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceKey:
    """One key of a device: its number there, what it is for, and its public half."""

    index: int
    purpose: str
    point: bytes
    code: str = field(repr=False)

    @property
    def handle(self) -> bytes:
        """What we keep of it."""
        return str(self.index).encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceFile:
    """What a file says of a device."""

    name: str
    protocol: str
    url: str
    form: str
    timeout_s: float
    is_test: bool
    ca_file: str
    keys: tuple[DeviceKey, ...]

    def code_of(self, index: int) -> str:
        """The access code of a key. Raises: UnusableFile where the file lost it."""
        for key in self.keys:
            if key.index == index:
                return key.code
        raise UnusableFile(f"signing device {self.name}: no key {index} in its file")


@cache
def device_files() -> Mapping[str, DeviceFile]:
    """Every device of this installation by its name, read once.

    Raises: UnusableFile with the file and what is wrong in it.
    """
    config = settings.LINGNAN
    folder: Path = config.signing_devices_dir
    found = {}
    for path in sorted(folder.glob("*.json")) if folder.is_dir() else ():
        try:
            read = _read(path.stem, json.loads(path.read_text()))
        except KeyError as missing:
            raise UnusableFile(f"{path}: {missing.args[0]} is missing") from missing
        except (ValueError, TypeError, AttributeError) as wrong:
            raise UnusableFile(f"{path}: {wrong}") from wrong
        if config.production and (read.is_test or not read.url.startswith("https://")):
            raise UnusableFile(f"{path}: production takes no test device, and only https")
        found[read.name] = read
    keys = [key for read in found.values() for key in read.keys]
    if len({key.purpose for key in keys}) < len(keys):
        raise UnusableFile("two keys of signing devices are for the same purpose")
    if len({key.point for key in keys}) < len(keys):
        raise UnusableFile("one key of a signing device is for two purposes")
    return MappingProxyType(found)


def _read(name: str, said: Mapping[str, Any]) -> DeviceFile:
    if name == SOFTWARE or len(name) > 40:
        raise ValueError("a name of a device of at most 40 characters, not 'software'")
    if said["protocol"] != "gmt0029":
        raise ValueError(f"protocol {said['protocol']!r}; known: gmt0029")
    form = str(said.get("form", "urlencoded"))
    if form not in ("urlencoded", "json"):
        raise ValueError(f"form {form!r}; known: urlencoded, json")
    keys = tuple(
        DeviceKey(
            index=int(key["index"]),
            purpose=str(key["purpose"]),
            point=bytes.fromhex(key["public_key"]),
            code=str(key["code"]),
        )
        for key in said["keys"]
    )
    if len({key.index for key in keys}) < len(keys):
        raise ValueError("one key is for one purpose")
    if any(key.purpose.startswith(AUTHORITY) for key in keys):
        raise ValueError(f"purpose {AUTHORITY}…: keys of authorities do not rest in devices")
    if any(len(key.point) != _POINT_LENGTH or key.point[0] != 4 for key in keys):
        raise ValueError("public_key: 04 and 64 bytes, in hex")
    url, ca_file = urlsplit(str(said["url"])), str(said.get("ca_file", ""))
    if url.scheme not in ("http", "https") or not url.hostname or url.username is not None:
        raise ValueError("url: https, a host, and no name or password in it")
    if ca_file and not Path(ca_file).is_file():
        raise ValueError(f"ca_file: there is no {ca_file}")
    timeout_s = float(said.get("timeout_seconds", 5))
    if not 0 < timeout_s <= _TIMEOUT_MAX_S:
        raise ValueError(
            f"timeout_seconds is {timeout_s:g}, but a device is waited for at most"
            f" {_TIMEOUT_MAX_S} seconds: write a number above 0 and at most {_TIMEOUT_MAX_S}"
        )
    return DeviceFile(
        name=name,
        protocol=str(said["protocol"]),
        url=url.geturl().rstrip("/"),
        form=form,
        timeout_s=timeout_s,
        is_test=bool(said.get("is_test", False)),
        ca_file=ca_file,
        keys=keys,
    )


def key_for(purpose: str) -> tuple[str, DeviceKey] | None:
    """The device and its key that sign for a purpose; None where software does."""
    for name, read in device_files().items():
        for key in read.keys:
            if key.purpose == purpose:
                return name, key
    return None
