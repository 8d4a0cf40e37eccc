"""Forms of the calendar's page."""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import date

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from lingnan.kernel.web.picking import Choice, PickField, PickForm
from lingnan.kernel.web.schema_forms import region_source

from .types import SpecialDay

_FOUND_MAX = 20


def names_of(codes: Iterable[str]) -> dict[str, str]:
    """Code -> full name of each division that is known; the divisions stand above this module."""
    source = region_source()
    if source is None:
        return {}
    chains = {code: source.path(code) for code in set(codes)}
    return {code: chain[-1].full_name for code, chain in chains.items() if chain}


def _find_divisions(text: str) -> list[Choice]:
    source = region_source()
    found = source.search(text, _FOUND_MAX) if source is not None and text else []
    return [Choice(value=one.code, label=one.full_name, hint=one.code) for one in found]


def _name_divisions(codes: Sequence[str]) -> list[Choice]:
    known = names_of(codes)
    return [Choice(value=code, label=known.get(code, code), hint=code) for code in codes]


class ClosureForm(PickForm):
    """Days on which a division's offices do not work."""

    region_code = PickField(
        required=False,
        label=gettext_lazy("Division"),
        help_text=gettext_lazy("None chosen: the whole province."),
        find=_find_divisions,
        name=_name_divisions,
        search_label=gettext_lazy("Find a division by its name or pinyin"),
    )
    first_on = forms.DateField(
        label=gettext_lazy("First day"), widget=forms.DateInput(attrs={"type": "date"})
    )
    last_on = forms.DateField(
        label=gettext_lazy("Last day"), widget=forms.DateInput(attrs={"type": "date"})
    )
    name = forms.CharField(
        max_length=100,
        label=gettext_lazy("Reason"),
        help_text=gettext_lazy("Shown to people, for instance: suspended for a typhoon."),
    )
    source_doc = forms.CharField(max_length=300, label=gettext_lazy("Order or notice"))


class PublishForm(forms.Form):
    """A year's arrangement, one day per line."""

    year = forms.IntegerField(min_value=2004, max_value=2100, label=gettext_lazy("Year"))
    source_doc = forms.CharField(
        max_length=300,
        label=gettext_lazy("Number of the notice"),
        help_text=gettext_lazy("The yearly notice of the General Office of the State Council."),
    )
    days = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 12}),
        label=gettext_lazy("Days"),
        help_text=gettext_lazy(
            "One day per line: date, holiday or swapped_workday, name. For instance:"
            " 2027-01-01,holiday,元旦"
        ),
    )

    def clean_days(self) -> list[SpecialDay]:
        found: list[SpecialDay] = []
        lines = csv.reader(io.StringIO(self.cleaned_data["days"]))
        for number, line in enumerate(lines, start=1):
            cells = [cell.strip() for cell in line]
            if not any(cells) or cells[0] == "date":
                continue
            try:
                on = date.fromisoformat(cells[0])
                kind, name = cells[1], cells[2]
            except (ValueError, IndexError) as error:
                raise ValidationError(
                    _("Line %(number)s is not a date, a kind and a name."),
                    params={"number": number},
                ) from error
            if kind not in {"holiday", "swapped_workday"} or not name:
                raise ValidationError(
                    _("Line %(number)s: the kind is holiday or swapped_workday."),
                    params={"number": number},
                )
            name_en = cells[3] if len(cells) > 3 else ""
            found.append(
                SpecialDay(
                    on=on,
                    is_workday=kind == "swapped_workday",
                    kind=kind,
                    name=name,
                    name_en=name_en,
                )
            )
        return found
