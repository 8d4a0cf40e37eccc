"""What a device calls itself, in words; an address as much of it as its owner needs."""

import ipaddress
from typing import Literal

from django.utils.translation import gettext as _

DeviceKind = Literal["computer", "phone", "tablet", "program"]

# The first that occurs is meant: Edge and WeChat also call themselves Chrome, Chrome also Safari.
_BROWSERS = (
    ("MicroMessenger", "WeChat"),
    ("Edg", "Edge"),
    ("Firefox", "Firefox"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
_SYSTEMS: tuple[tuple[str, str, DeviceKind], ...] = (
    ("HarmonyOS", "HarmonyOS", "phone"),
    ("Android", "Android", "phone"),
    ("iPhone", "iPhone", "phone"),
    ("iPad", "iPad", "tablet"),
    ("Windows", "Windows", "computer"),
    ("Mac OS", "macOS", "computer"),
    ("Linux", "Linux", "computer"),
)
IPV4_PREFIX, IPV6_PREFIX = 24, 48
"""How much of an address is one network: what a household or an office has, as a rule."""


def device_name(agent: str) -> str:
    """A browser's long name of itself as a person would say it: Chrome, Windows."""
    browser = next((name for part, name in _BROWSERS if part in agent), "")
    system = next((name for part, name, _kind in _SYSTEMS if part in agent), "")
    if browser or system:
        return ", ".join(filter(None, (browser, system)))
    return _("A program") + f" ({agent[:40]})" if agent else _("Unknown")


def device_kind(agent: str) -> DeviceKind:
    """What it is, as far as it says: a tablet with Android does not call itself mobile."""
    kind = next((kind for part, _name, kind in _SYSTEMS if part in agent), None)
    if kind == "phone" and "Android" in agent and "Mobile" not in agent:
        return "tablet"
    if kind is None or not any(part in agent for part, _name in _BROWSERS):
        return "program"
    return kind


def device_kind_text(kind: str) -> str:
    """A kind of device in words."""
    names = {
        "computer": _("Computer"),
        "phone": _("Phone"),
        "tablet": _("Tablet"),
        "program": _("Program"),
    }
    return names[kind]


def network_of(address: str) -> str:
    """The network an address is in (203.0.113.0/24, 2001:db8:1::/48); empty for none."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return ""
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is not None:
        parsed = parsed.ipv4_mapped
    prefix = IPV4_PREFIX if parsed.version == 4 else IPV6_PREFIX
    return str(ipaddress.ip_network((parsed, prefix), strict=False))


def short_address(address: str) -> str:
    """The network's part of an address: 203.0.113.*, 2001:db8:1:*."""
    network = network_of(address)
    if not network:
        return ""
    base = network.partition("/")[0]
    if ":" in base:
        groups = ipaddress.IPv6Address(base).exploded.split(":")[:3]
        return ":".join(f"{int(group, 16):x}" for group in groups) + ":*"
    return base.rpartition(".")[0] + ".*"
