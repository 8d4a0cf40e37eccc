"""How the residents' pages say states, periods and places: `{% load portal_words %}`."""

from django import template
from django.utils.safestring import SafeString

from lingnan.kernel.web.templatetags.components import tag
from lingnan.standards.calendar.types import CalendarDays, Workdays
from lingnan.standards.matters.types import ItemHit, LimitUnit

from ..models import Case, JointCase, JointChild
from ..portal import words

register = template.Library()

THEME_ICONS = {
    "birth": "child",
    "education": "edit",
    "work": "work",
    "marriage": "heart",
    "housing": "home",
    "residence": "pin",
    "driving": "driving",
    "health": "heart",
    "ageing": "elder",
    "disability": "people",
    "travel": "globe",
    "death": "document",
    "start_business": "shop",
    "run_business": "building",
    "hire": "people",
    "build": "building",
    "tax": "money",
    "land": "map",
    "environment": "globe",
    "close_business": "document",
}


def _said(row: Case | JointCase | JointChild) -> words.Said:
    if isinstance(row, Case):
        return words.of_case(row)
    if isinstance(row, JointChild):
        return words.of_child(row)
    return words.of_joint(row)


@register.simple_tag
def state_tag(row: Case | JointCase | JointChild) -> SafeString:
    """The state's word in its colour."""
    said = _said(row)
    return tag(str(said.word), said.colour)


@register.filter
def state_sentence(row: Case | JointCase | JointChild) -> str:
    return str(_said(row).sentence)


@register.filter
def period(value: Workdays | CalendarDays | None) -> str:
    """A period with its unit: 7 working days."""
    return words.limit(value)


@register.filter
def workdays(number: int) -> str:
    return words.days(int(number), LimitUnit.WORKDAYS)


@register.filter
def promise_of(hit: ItemHit) -> str:
    return words.days(hit.promised_limit, hit.promised_unit)


@register.filter
def theme_icon(code: str) -> str:
    return THEME_ICONS.get(code, "document")
