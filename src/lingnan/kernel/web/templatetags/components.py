"""The tags and filters of the design language: `{% load components %}`.

They render the templates in `templates/web/`; nothing here makes HTML by joining strings.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode

from django import template
from django.forms import BoundField, Form
from django.http import HttpRequest
from django.template import Context
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from ...errors import FieldProblem
from ...money import format_fen
from ...text import localise
from ..formats import format_date, format_instant, format_month, format_number
from ..icons import icon_svg
from ..navigation import Face
from ..picking import PickField, PickForm
from ..schema_forms import BoundForm, PageView, SummaryPage
from ..shell import build_shell

register = template.Library()
_PART_OF_THE_SYSTEM = re.compile(r"[a-z_]+(\.[a-z_]+)*")

LIGHTS: Mapping[str, tuple[str, SafeString]] = {
    "green": ("green", SafeString('<circle cx="10" cy="10" r="9"/>')),
    "yellow": ("yellow", SafeString('<path d="M10 1 19.500 18H.500z"/>')),
    "red": ("red", SafeString('<path d="M6 1h8l5 5v8l-5 5H6l-5-5V6z"/>')),
    "grey": ("grey", SafeString('<path d="M3 3h5v14H3zM12 3h5v14h-5z"/>')),
}


@register.simple_tag(takes_context=True)
def use_face(context: Context, face: Face) -> str:
    """Build the page's frame; stands in the `shell` block of each face's base template.

    The frame is put at the bottom of the context: a block's own variables end with the block.
    """
    request = context.get("request")
    known = request if isinstance(request, HttpRequest) else None
    flat = {str(key): value for key, value in context.flatten().items()}
    context.dicts[0]["shell"] = build_shell(known, face, flat)
    return ""


@register.simple_tag
def icon(name: str, label: str = "", classes: str = "") -> SafeString:
    """One of our icons; without a label it is decoration."""
    return icon_svg(name, label=label, classes=classes)


@register.simple_tag
def light(colour: str, text: str = "") -> SafeString:
    """A case's light: a shape of its own, a word, a colour; never the colour alone."""
    words = {
        "green": _("On time"),
        "yellow": _("Due soon"),
        "red": _("Overdue"),
        "grey": _("Clock stopped"),
    }
    name, shape = LIGHTS.get(colour, LIGHTS["grey"])
    return format_html(
        '<span class="light light--{}"><svg viewBox="0 0 20 20" aria-hidden="true" '
        'fill="currentColor">{}</svg>{}</span>',
        name,
        shape,
        text or words[name],
    )


@register.simple_tag
def tag(text: str, colour: str = "blue") -> SafeString:
    """A short state word."""
    known = colour if colour in {"green", "yellow", "red", "blue", "grey"} else "grey"
    return format_html('<span class="tag tag--{}">{}</span>', known, text)


@register.simple_tag
def test_mark(text: str = "") -> SafeString:
    """Says in words that something is test data or a simulator."""
    return format_html(
        '<span class="test-mark">{}{}</span>', icon_svg("test"), text or _("Test data")
    )


@register.inclusion_tag("web/parts/empty.html")
def empty_state(
    title: str, text: str = "", action_url: str = "", action_label: str = "", icon: str = "inbox"
) -> dict[str, str]:
    """What stands where a list is empty: what that means and what to do next."""
    return {
        "title": title,
        "text": text,
        "action_url": action_url,
        "action_label": action_label,
        "icon": icon,
    }


@register.inclusion_tag("web/parts/pager.html", takes_context=True)
def pager(context: Context, page: Any, parameter: str = "cursor") -> dict[str, Any]:
    """Links of a keyset list: back to the first rows, on to the next ones."""
    request = context.get("request")
    query: dict[str, Any] = {}
    if isinstance(request, HttpRequest):
        query = {key: request.GET.getlist(key) for key in request.GET}
    has_cursor = bool(query.pop(parameter, None))
    following = getattr(page, "next_cursor", None)
    return {
        "first_url": "?" + urlencode(query, doseq=True) if has_cursor else "",
        "next_url": (
            "?" + urlencode({**query, parameter: following}, doseq=True) if following else ""
        ),
    }


@register.inclusion_tag("web/parts/field.html")
def form_field(field: BoundField, size: str = "") -> dict[str, Any]:
    """A Django form field in the house style: label, hint, error, control, tied together."""
    widget = field.field.widget
    kind = getattr(widget, "input_type", "")
    grouped = widget.use_fieldset
    single = kind == "checkbox" and not grouped
    pick = _pick(field) if isinstance(field.field, PickField) else None
    hint_id = f"{field.auto_id}_hint" if field.help_text else ""
    error_id = f"{field.auto_id}_error" if field.errors else ""
    attrs: dict[str, Any] = {}
    if not (single or grouped or kind == "file"):
        attrs["class"] = "field__input"
    described = " ".join(item for item in (hint_id, error_id) if item)
    if described and not grouped:
        attrs["aria-describedby"] = described
    if field.errors and not grouped:
        attrs["aria-invalid"] = "true"
    return {
        "field": field,
        "control": "" if grouped else field.as_widget(attrs=attrs),
        "options": list(field.subwidgets) if grouped and pick is None else [],
        "grouped": grouped,
        "pick": pick,
        "single": single,
        "hint_id": hint_id,
        "error_id": error_id,
        "described": described,
        "size": size,
    }


def _pick(field: BoundField) -> dict[str, Any]:
    picker, form = field.field, field.form
    assert isinstance(picker, PickField)
    query = form.query(field.name) if isinstance(form, PickForm) and form.is_bound else ""
    options = picker.options(field.value(), query)
    return {
        "query": query,
        "options": options,
        "found": sum(not chosen for _choice, chosen in options),
        "has_choice": any(chosen for _choice, chosen in options),
    }


@register.inclusion_tag("web/parts/error_summary.html")
def error_summary(source: Any) -> dict[str, Any]:
    """Every problem in one place, each linked to its field.

    Takes a Django form, a bound schema form, or a list of FieldProblem.
    """
    items: list[tuple[str, str]] = []
    if isinstance(source, Form):
        for message in source.non_field_errors():
            items.append(("", str(message)))
        for name, messages in source.errors.items():
            if name in source.fields:
                bound = source[name]
                grouped = bound.field.widget.use_fieldset
                target = f"{bound.auto_id}_0" if grouped else bound.auto_id
                items += [(f"#{target}", _of_field(bound.label, message)) for message in messages]
    elif isinstance(source, BoundForm):
        items = [(link.href, link.message) for link in source.problem_links()]
    elif isinstance(source, Iterable):
        for problem in source:
            if isinstance(problem, FieldProblem):
                items.append((f"#f-{problem.path.replace('.', '-')}", str(problem.message)))
            else:
                items.append(("", str(problem)))
    return {"items": items}


def _of_field(label: object, message: object) -> str:
    """A message away from its field says which one it is about."""
    named = str(label).rstrip("?？:：.。")  # a label may be a question or a sentence
    return _("%(label)s: %(message)s") % {"label": named, "message": message}


@register.inclusion_tag("web/schema/page.html")
def schema_fields(bound: BoundForm) -> dict[str, Any]:
    """The fields of the bound page."""
    page: PageView = bound.page_view()
    return {"page": page, "fields": page.fields}


@register.inclusion_tag("web/schema/summary.html")
def schema_summary(bound: BoundForm, change_url: str = "", mask: bool = False) -> dict[str, Any]:
    """Check-your-answers. `change_url` holds "{page}" where the page's id goes; `mask` hides
    sensitive values for good (without it they open on request)."""
    pages: list[SummaryPage] = bound.summary(change_url=change_url, mask=mask)
    return {"pages": pages}


@register.filter
def money(amount_fen: int | None) -> str:
    """123450 -> ¥1,234.50"""
    return "—" if amount_fen is None else format_fen(int(amount_fen))


@register.filter
def date_cn(value: date | datetime | str | None) -> str:
    """2026年11月23日, or 23 November 2026 for readers of English."""
    return format_date(value)


@register.filter
def instant_cn(value: datetime | str | None) -> str:
    """2026年11月23日 09:05, in China's time."""
    return format_instant(value)


@register.filter
def month_cn(value: str) -> str:
    """2026-11 -> 2026年11月, or November 2026 for readers of English."""
    return format_month(value)


@register.filter
def actor_name(value: str | None) -> str:
    """Who did something. The code of a part of the system ("workflow.timer") is no name."""
    return _("the system") if value and _PART_OF_THE_SYSTEM.fullmatch(value) else (value or "—")


@register.filter
def localised(value: Any) -> str:
    """A bilingual text in the reader's language (traditional derived)."""
    return localise(value)


@register.filter
def number_cn(value: float | str | None, decimals: int | None = None) -> str:
    """46212 -> 46,212; no value is a dash, never a zero."""
    return format_number(None if value in (None, "") else float(value), decimals)


@register.filter
def percent(value: float | None, decimals: int = 1) -> str:
    """0.9731 -> 97.3%; no value is a dash."""
    return "—" if value is None else f"{value * 100:.{decimals}f}%"
