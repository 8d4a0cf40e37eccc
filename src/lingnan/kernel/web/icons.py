# ruff: noqa: E501  (a drawing is one line)
"""The icons, drawn for Lingnan on a 24 by 24 grid with a two-unit pen.

An icon never speaks alone: a word stands beside it, or its use passes a label.
"""

from collections.abc import Mapping
from types import MappingProxyType

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

ICONS: Mapping[str, str] = MappingProxyType(
    {
        "alert": '<path d="M12 3.500 22 20.500H2z"/><path d="M12 10v4.500M12 17.600v.1"/>',
        "arrow-left": '<path d="M20 12H4m7-7-7 7 7 7"/>',
        "arrow-right": '<path d="M4 12h16m-7-7 7 7-7 7"/>',
        "bell": '<path d="M6 10a6 6 0 0 1 12 0c0 5 2 6.500 2 6.500H4S6 15 6 10z"/>'
        '<path d="M10 20.500h4"/>',
        "building": '<path d="M4 21V6l8-3 8 3v15M2 21h20M9 9h.1M15 9h.1M9 13h.1M15 13h.1"/>'
        '<path d="M10 21v-4h4v4"/>',
        "calendar": '<path d="M4 5.500h16v15H4zM4 10h16M8 3v4M16 3v4"/>',
        "chart": '<path d="M4 3v17.500h17M8.500 16v-4M13 16V7M17.500 16v-6"/>',
        "check": '<path d="m4.500 12.500 5 5L20 7"/>',
        "check-circle": '<circle cx="12" cy="12" r="9.500"/><path d="m7.500 12.500 3 3 6-6.500"/>',
        "chevron-down": '<path d="m5 9 7 7 7-7"/>',
        "chevron-right": '<path d="m9 5 7 7-7 7"/>',
        "child": '<circle cx="12" cy="6" r="3.500"/>'
        '<path d="M5.500 13.500c2 1 4.200 1.500 6.500 1.500s4.500-.5 6.500-1.500M12 10v5m0 0-3.500 6.500M12 15l3.500 6.500"/>',
        "clock": '<circle cx="12" cy="12" r="9.500"/><path d="M12 6.500V12l3.500 2.500"/>',
        "close": '<path d="m5.500 5.500 13 13m0-13-13 13"/>',
        "code": '<path d="m8 7-5 5 5 5m8-10 5 5-5 5M13.500 5l-3 14"/>',
        "copy": '<path d="M8.500 8.500h12v12h-12zM15.500 8.500v-5h-12v12h5"/>',
        "cross-circle": '<circle cx="12" cy="12" r="9.500"/><path d="m8.500 8.500 7 7m0-7-7 7"/>',
        "document": '<path d="M6 2.500h8.500L19 7v14.500H6zM14 2.500V7.500h5M9 12h7M9 16h7"/>',
        "download": '<path d="M12 3v12m-5-5 5 5 5-5M4 20.500h16"/>',
        "driving": '<path d="M3 16v-4l2.500-6h13L21 12v4zM3 12h18M5 16v3M19 16v3M7 14h.1M17 14h.1"/>',
        "edit": '<path d="M4 20.500h4L20 8.500l-4-4L4 16.500zM13.500 7l4 4"/>',
        "elder": '<circle cx="10" cy="5.500" r="3"/><path d="M10 9v6l-3 6.500M10 15l3 6.500M10 11l5 2.500v8"/>',
        "external": '<path d="M13.500 4H20v6.500M20 4l-9.500 9.500M17 14v6H4V7h6"/>',
        "eye": '<path d="M2 12s3.500-6.500 10-6.500S22 12 22 12s-3.500 6.500-10 6.500S2 12 2 12z"/>'
        '<circle cx="12" cy="12" r="3"/>',
        "filter": '<path d="M3 5h18l-7 8.500V20l-4-2v-4.500z"/>',
        "food": '<path d="M4 11h16a8 8 0 0 1-16 0zM8 20.500h8M8 7.500c0-2 1.500-2 1.500-4M12.500 7.500c0-2 1.500-2 1.500-4"/>',
        "globe": '<circle cx="12" cy="12" r="9.500"/>'
        '<path d="M2.500 12h19M12 2.500c3 3 3.500 6 3.500 9.500s-.5 6.500-3.500 9.500c-3-3-3.500-6-3.500-9.500S9 5.500 12 2.500z"/>',
        "heart": '<path d="M12 20.500S3 15 3 8.800A4.800 4.800 0 0 1 12 7a4.800 4.800 0 0 1 9 1.800C21 15 12 20.500 12 20.500z"/>',
        "help": '<circle cx="12" cy="12" r="9.500"/>'
        '<path d="M9 9.500a3 3 0 1 1 4.500 2.600c-1 .6-1.500 1.200-1.500 2.200M12 17.300v.1"/>',
        "home": '<path d="M3 11 12 3.500 21 11M5.500 9v11.500h13V9M10 20.500v-6h4v6"/>',
        "hourglass": '<path d="M6 2.500h12M6 21.500h12M7.500 2.500v4L12 12l-4.500 5.500v4M16.500 2.500v4L12 12l4.500 5.500v4"/>',
        "inbox": '<path d="M3 13.500 6 4h12l3 9.500V20H3zM3 13.500h5.500a3.500 3.500 0 0 0 7 0H21"/>',
        "info": '<circle cx="12" cy="12" r="9.500"/><path d="M12 11v6M12 7.200v.1"/>',
        "language": '<path d="M3 6h10M8 3.500V6M11 6c-1 4-4 7-8 8.500M5.500 9c1 2.500 3.500 4.500 6 5.500"/>'
        '<path d="m11.500 21 4.500-10.500L20.500 21M13 17.500h6"/>',
        "large-type": '<path d="m2 19 5.500-14L13 19M4 14.500h7M14.500 19l3.500-9 3.500 9M15.500 16.500h5"/>',
        "law": '<path d="M12 3v17.500M7 20.500h10M4 6.500h16M4 6.500 1.500 13h5zM20 6.500 17.500 13h5z"/>',
        "list": '<path d="M8.500 6H21M8.500 12H21M8.500 18H21M3.500 6h.1M3.500 12h.1M3.500 18h.1"/>',
        "lock": '<path d="M5 10.500h14v10.500H5zM8 10.500V7.500a4 4 0 0 1 8 0v3"/>',
        "mail": '<path d="M3 5.500h18v13.500H3zM3 6.500l9 7 9-7"/>',
        "map": '<path d="m3 6 6-2.500 6 2.500 6-2.500v14.500l-6 2.500-6-2.500L3 20.500zM9 3.500V18M15 6v14.500"/>',
        "menu": '<path d="M3 6h18M3 12h18M3 18h18"/>',
        "minus": '<path d="M4 12h16"/>',
        "money": '<circle cx="12" cy="12" r="9.500"/><path d="m8 7 4 5 4-5M12 12v6M8.500 12.500h7M8.500 15.500h7"/>',
        "pause": '<circle cx="12" cy="12" r="9.500"/><path d="M9.500 8.500v7M14.500 8.500v7"/>',
        "person": '<circle cx="12" cy="7.500" r="4"/><path d="M4 21c.5-5 3.500-7 8-7s7.500 2 8 7"/>',
        "people": '<circle cx="9" cy="8" r="3.500"/><path d="M2 20c.5-4.500 3-6.500 7-6.500s6.500 2 7 6.500"/>'
        '<path d="M16 4.800a3.500 3.500 0 0 1 0 6.400M18.500 14c2 .8 3.200 2.600 3.500 6"/>',
        "phone": '<path d="M5 3h4l2 5.500-2.500 2c1.200 2.500 2.800 4 5 5l2-2.500L21 15v4c0 1.200-1 2-2 2C10 20.500 3.500 14 3 5c0-1 .8-2 2-2z"/>',
        "pin": '<path d="M12 21.500s7-6.500 7-12a7 7 0 0 0-14 0c0 5.500 7 12 7 12z"/><circle cx="12" cy="9.500" r="2.500"/>',
        "play": '<path d="M7 4v16l13-8z"/>',
        "plus": '<path d="M12 4v16M4 12h16"/>',
        "print": '<path d="M6.500 8V3h11v5M6.500 17H3V8h18v9h-3.500M6.500 14h11v7h-11z"/>',
        "qr": '<path d="M3.500 3.500h7v7h-7zM13.500 3.500h7v7h-7zM3.500 13.500h7v7h-7zM13.500 13.500h3v3h-3zM20.500 14v6.500h-6.500"/>',
        "refresh": '<path d="M20 12a8 8 0 1 1-2.500-5.800L20 8.500M20 3v5.500h-5.500"/>',
        "seal": '<circle cx="12" cy="12" r="9.500"/><path d="m12 6.500 1.600 3.600 3.900.4-2.900 2.600.8 3.900-3.400-2-3.400 2 .8-3.900-2.900-2.600 3.900-.4z"/>',
        "search": '<circle cx="10.500" cy="10.500" r="7"/><path d="m15.800 15.800 5.700 5.700"/>',
        "settings": '<path d="M3 7h11M18 7h3M3 17h3M10 17h11"/><circle cx="16" cy="7" r="2"/><circle cx="8" cy="17" r="2"/>',
        "shield": '<path d="M12 2.500 20 5.500V12c0 5-3.500 8-8 9.500C7.500 20 4 17 4 12V5.500z"/><path d="m8.500 12 2.500 2.500 4.500-5"/>',
        "shop": '<path d="M4 10.500V21h16V10.500M2.500 8 5 3h14l2.500 5a3.100 3.100 0 0 1-6.300 0 3.200 3.200 0 0 1-6.400 0 3.100 3.100 0 0 1-6.300 0z"/><path d="M10 21v-6h4v6"/>',
        "sign-out": '<path d="M10 4H4v16h6M15 7.500l4.500 4.500-4.500 4.500M19.500 12H9"/>',
        "star": '<path d="m12 3 2.800 5.900 6.400.8-4.700 4.400 1.200 6.400-5.700-3.100-5.700 3.100 1.200-6.400L2.800 9.700l6.400-.8z"/>',
        "swap": '<path d="M7 4 3 8l4 4M3 8h15M17 12l4 4-4 4M21 16H6"/>',
        "test": '<path d="M9 3h6M10 3v6.500L4.500 19c-.6 1.200.2 2.500 1.500 2.500h12c1.300 0 2.100-1.300 1.500-2.500L14 9.500V3M7.500 15h9"/>',
        "trash": '<path d="M4 6.500h16M9 6.500v-3h6v3M6 6.500l1 14h10l1-14M10 11v5.500M14 11v5.500"/>',
        "undo": '<path d="M8 4 3 9l5 5M3 9h11a6.500 6.500 0 0 1 0 13h-3"/>',
        "upload": '<path d="M12 16V4m-5 5 5-5 5 5M4 20.500h16"/>',
        "user-card": '<path d="M2.500 5h19v14h-19zM13.500 10h5M13.500 14h5"/><circle cx="8" cy="10.500" r="2"/><path d="M4.800 16c.4-2 1.500-2.800 3.200-2.800s2.800.8 3.200 2.800"/>',
        "wallet": '<path d="M3 6.500h16.500V20H3zM3 6.500 16 3v3.500M19.500 11H22v4.500h-2.500M16.500 13.300h.1"/>',
        "work": '<path d="M3 8h18v12H3zM8.500 8V4.500h7V8M3 13.500h18M12 12.500v2"/>',
    }
)


def icon_svg(name: str, *, label: str = "", classes: str = "") -> SafeString:
    """The icon as inline SVG; without a label it is hidden from screen readers.

    Raises: KeyError for an unknown name, so that a typing error is seen at once.
    """
    drawing = mark_safe(ICONS[name])  # noqa: S308  (our own constant above)
    css = f"icon {classes}".strip()
    if label:
        return format_html(
            '<svg class="{}" viewBox="0 0 24 24" role="img" aria-label="{}">{}</svg>',
            css,
            label,
            drawing,
        )
    return format_html(
        '<svg class="{}" viewBox="0 0 24 24" aria-hidden="true" focusable="false">{}</svg>',
        css,
        drawing,
    )
