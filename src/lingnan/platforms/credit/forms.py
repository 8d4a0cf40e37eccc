"""One decision typed at the workbench, and a consent; services say what is right."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from lingnan.kernel.errors import FieldProblem
from lingnan.kernel.text import localise
from lingnan.kernel.web.picking import Choice, PickField, PickForm
from lingnan.standards.agencies import queries as agencies
from lingnan.standards.agencies.types import AgencyCard
from lingnan.standards.codes.types import DocumentType, Domain, document_types

from .columns import (
    COLUMNS,
    LICENCE_CLASSES,
    LONG_TERM_TEXT,
    PARTY_WORDS,
    PREFIXES,
    Column,
)
from .models import CreditSource

LONG_TEXT = 500
SELDOM = ("GSZC", "ZZJG", "SWDJ", "SYDW", "SHZZ", "FR_ZJLX", "FR_ZJHM", "LYDW", "LYDWDM", "SJLY")
SELDOM_WHOLE = ("BZ", "CF_SJLYDM", "XK_ZT")


class DecisionForm(forms.Form):
    """The columns of a source's kind; those few decisions need stand folded below."""

    def __init__(self, source: CreditSource, data: Any = None) -> None:
        prefix = PREFIXES.get(source.kind, "XX")
        agency = {"XK": "XK_XKJG", "CF": "CF_CFJG", "XX": "XX_RDJG"}[prefix]
        initial = {agency: source.agency.name, f"{agency}DM": source.agency.uscc}
        super().__init__(data, initial=initial)
        self.columns = COLUMNS[source.kind]
        for column in self.columns:
            self.fields[column.name] = _field(column, prefix)

    def row(self) -> dict[str, str]:
        """What was typed, as a row of a table would hold it."""
        return {column.name: str(self.data.get(column.name, "")) for column in self.columns}

    def usual(self) -> list[forms.BoundField]:
        return [self[column.name] for column in self.columns if not _is_seldom(column)]

    def seldom(self) -> list[forms.BoundField]:
        return [self[column.name] for column in self.columns if _is_seldom(column)]

    def show(self, problems: Iterable[FieldProblem]) -> None:
        """Put what the service found at its column, else above the form; nothing is said twice."""
        told = dict(self.errors)
        for problem in problems:
            name = problem.path if problem.path in self.fields else None
            if name is None or name not in told:
                self.add_error(name, problem.message)


def _is_seldom(column: Column) -> bool:
    return column.name in SELDOM_WHOLE or column.name.endswith(tuple(f"_{end}" for end in SELDOM))


def _field(column: Column, prefix: str) -> forms.Field:
    common: dict[str, Any] = {"label": column.title, "required": column.required}
    choices = _choices(column.name, prefix)
    if choices:
        empty = [("", _("Choose"))]
        return forms.ChoiceField(choices=[*empty, *choices.items()], **common)
    hint = ""
    widget: forms.Widget = forms.TextInput(attrs={"autocomplete": "off"})
    if column.name.endswith(("JDRQ", "YXQZ", "YXQZI", "YXQ", "GSJZQ")):
        hint = _("Such as 2026/11/23.")
        if column.name.endswith(("YXQZI", "YXQ")):
            hint = _("Such as 2026/11/23; %(never)s means without end.") % {"never": LONG_TERM_TEXT}
    elif column.length > LONG_TEXT:
        widget = forms.Textarea(attrs={"rows": 3})
    return forms.CharField(max_length=column.length, help_text=hint, widget=widget, **common)


def _choices(name: str, prefix: str) -> Mapping[str, str]:
    if name == f"{prefix}_XDR_LB":
        return {word: word for word in PARTY_WORDS.values()}
    if name == "XK_XKLB":
        return LICENCE_CLASSES
    if name in (f"{prefix}_XDR_ZJLX", f"{prefix}_FR_ZJLX"):
        return {
            row.code: str(DocumentType(row.document_type).label)
            for row in document_types.DOMAIN_CODES
            if row.domain == Domain.DOUBLE_PUBLICITY
        }
    return {}


def _choice(card: AgencyCard) -> Choice:
    return Choice(value=card.uscc, label=localise(card.name), hint=card.uscc)


def _find_agencies(text: str) -> list[Choice]:
    found = agencies.list_agencies(text=text, limit=10).items if text else []
    return [_choice(card) for card in found]


def _name_agencies(codes: Sequence[str]) -> list[Choice]:
    known = agencies.agencies_by_uscc(codes)
    return [
        _choice(known[code]) if code in known else Choice(value=code, label=code) for code in codes
    ]


class ConsentForm(PickForm):
    """Which agency may have a report on oneself, for what, until when."""

    agency = PickField(
        label=gettext_lazy("Agency"),
        search_label=gettext_lazy("Part of its name, or pinyin of its place"),
        find=_find_agencies,
        name=_name_agencies,
    )
    purpose = forms.CharField(label=gettext_lazy("What is it for?"), max_length=200)
    until = forms.DateField(
        label=gettext_lazy("Until"), widget=forms.DateInput(attrs={"type": "date"})
    )
