"""Forms of the stewards' pages. A list is edited in the same cells a table has."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from lingnan.kernel.errors import NotFound
from lingnan.standards.agencies import queries as agencies

from .columns import READERS, cells
from .content import content_of
from .models import ItemVersion
from .types import (
    ApprovalMode,
    CaseType,
    ExerciseLevel,
    HandlingForm,
    ItemState,
    ItemType,
    LimitUnit,
    Representation,
    Scope,
    ServiceObject,
    Theme,
)


class FilterForm(forms.Form):
    """What narrows the stewards' table."""

    q = forms.CharField(required=False, max_length=60, label=_("Code or name"))
    state = forms.ChoiceField(
        required=False, label=_("State"), choices=[("", _("All states")), *ItemState.choices]
    )
    item_type = forms.ChoiceField(
        required=False, label=_("Type"), choices=[("", _("All types")), *ItemType.choices]
    )


class AgencyField(forms.CharField):
    """An agency by its credit code."""

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        try:
            return agencies.agency_by_uscc(text.upper())
        except NotFound as error:
            raise ValidationError(gettext("There is no agency with this credit code.")) from error


class ClaimForm(forms.Form):
    """Claim a basic item for an agency, or adopt a foreign list as such."""

    basic_code = forms.CharField(
        label=_("Basic code"), min_length=12, max_length=12, help_text=_("12 digits")
    )
    agency = AgencyField(label=_("Credit code of the agency"), min_length=18, max_length=18)
    exercise_level = forms.TypedChoiceField(
        label=_("Level of exercise"), choices=ExerciseLevel.choices, coerce=int
    )


class ImportForm(forms.Form):
    """A table to import."""

    file = forms.FileField(
        label=_("Table"), help_text=_("CSV or XLSX, the first row holds the column names")
    )
    scheme = forms.RegexField(
        r"^[a-z0-9][a-z0-9.-]{1,39}$",
        required=False,
        label=_("Foreign code scheme"),
        help_text=_("Empty when the codes are ours; else a name for the scheme, such as sc-2018"),
    )
    dry_run = forms.BooleanField(required=False, label=_("Only check, write nothing"))


def _area(label: Any, help_text: Any = "", rows: int = 3) -> forms.CharField:
    return forms.CharField(
        required=False,
        strip=True,
        label=label,
        help_text=help_text,
        widget=forms.Textarea(attrs={"rows": rows}),
    )


def _line(label: Any, help_text: Any = "", length: int = 300) -> forms.CharField:
    return forms.CharField(required=False, label=label, help_text=help_text, max_length=length)


def _pick(label: Any, choices: Any) -> forms.ChoiceField:
    return forms.ChoiceField(required=False, label=label, choices=choices)


def _several(label: Any, choices: Any) -> forms.MultipleChoiceField:
    return forms.MultipleChoiceField(
        required=False, label=label, choices=choices, widget=forms.CheckboxSelectMultiple
    )


def _count(label: Any, maximum: int) -> forms.IntegerField:
    return forms.IntegerField(required=False, label=label, min_value=0, max_value=maximum)


_MANY = ("themes", "service_objects", "handling_forms")
_YES_NO = ("fee_charged", "supports_courier", "supports_booking", "supports_online_payment")


class ListForm(forms.Form):
    """The main fields of a draft. What has no field here is kept; the API has them all."""

    revision = forms.IntegerField(widget=forms.HiddenInput)
    summary = _area(_("Summary"))
    summary_en = _area(_("Summary in English"))
    everyday_words = _area(
        _("Everyday words"), _("What people would say or ask, one phrase on each line"), 5
    )
    themes = _several(_("Life events"), Theme.choices)
    service_objects = _several(_("For whom"), ServiceObject.choices)
    handling_forms = _several(_("Ways to apply"), HandlingForm.choices)
    case_type = _pick(_("Kind of case"), CaseType.choices)
    approval_mode = _pick(_("How it is decided"), ApprovalMode.choices)
    statutory_limit = _count(_("Statutory limit"), 3660)
    statutory_unit = _pick(_("Unit of the statutory limit"), LimitUnit.choices)
    promised_limit = _count(_("Promised limit"), 3660)
    promised_unit = _pick(_("Unit of the promise"), LimitUnit.choices)
    conditions = _area(_("Conditions"), _("One on each line"), 5)
    materials = _area(
        _("Materials"), _("One on each line: code|name|必要, or 容缺 when it may follow later"), 6
    )
    flow = _area(_("Procedure"), _("One step on each line"), 4)
    results = _line(_("Results"), _("Separated by semicolons"))
    fee_charged = forms.BooleanField(required=False, label=_("A fee is charged"))
    fee_basis = _area(_("Basis of the fee"), rows=2)
    visits = _count(_("Visits"), 20)
    visits_reason = _area(_("Why a visit is needed"), rows=2)
    online_depth = _pick(_("Online depth"), [(n, ["Ⅰ", "Ⅱ", "Ⅲ", "Ⅳ"][n - 1]) for n in range(1, 5)])
    online_url = _line(_("Address of the online service"))
    supports_courier = forms.BooleanField(required=False, label=_("Courier is offered"))
    supports_booking = forms.BooleanField(required=False, label=_("Visits can be booked"))
    supports_online_payment = forms.BooleanField(required=False, label=_("Fees can be paid online"))
    assurance_level = forms.TypedChoiceField(
        required=False,
        label=_("Identity level an applicant needs"),
        choices=[("", _("By the rule for all matters")), *((n, str(n)) for n in range(1, 5))],
        coerce=int,
        empty_value=None,
    )
    representation = forms.ChoiceField(
        label=_("May another apply for the applicant?"), choices=Representation.choices
    )
    scope = _pick(_("Where one may apply"), Scope.choices)
    address = _line(_("Place"), _("Address of the counter"))
    hours = _line(_("Opening hours"))
    consult_phone = _line(_("Telephone for questions"), length=40)
    supervise_phone = _line(_("Telephone for complaints"), length=40)
    effective_from = forms.DateField(
        required=False, label=_("In force from"), widget=forms.DateInput(attrs={"type": "date"})
    )
    effective_until = forms.DateField(
        required=False, label=_("Ends on"), widget=forms.DateInput(attrs={"type": "date"})
    )

    @classmethod
    def of(cls, version: ItemVersion) -> "ListForm":
        return cls(initial=_initial(version))

    def content(self, version: ItemVersion) -> dict[str, Any]:
        """The version's content with what was changed here. Errors are added to the form."""
        known = _initial(version)
        data = content_of(version).model_dump(mode="json")
        for name in self.fields:
            value = self.cleaned_data.get(name)
            if isinstance(value, str):
                value = value.replace("\r\n", "\n")
            if name == "revision" or name in {"address", "hours"} or value == known.get(name):
                continue
            if value in (None, "") and known.get(name) in (None, ""):
                continue
            self._put(data, name, value, version)
        if {"address", "hours"} & set(self.changed_from(known)):
            place = dict(data["places"][0]) if data["places"] else {"name": ""}
            agency = version.service_item.agency
            place["name"] = place["name"] or (agency.name if agency else "")
            place["address"] = self.cleaned_data["address"]
            place["hours"] = self.cleaned_data["hours"]
            data["places"] = [place, *data["places"][1:]] if place["address"] else []
        return data

    def changed_from(self, known: Mapping[str, Any]) -> list[str]:
        return [name for name in self.fields if self.cleaned_data.get(name) != known.get(name)]

    def _put(self, data: dict[str, Any], name: str, value: Any, version: ItemVersion) -> None:
        if name == "summary_en":
            data["summary"] = {**data["summary"], "en": value}
        elif name == "summary":
            data["summary"] = {**data["summary"], "zh-hans": value}
        elif name in _MANY or name in _YES_NO or name == "approval_mode":
            data[name] = value
        elif isinstance(value, str) and value:
            try:
                data[name] = READERS[name](value)
            except ValueError:
                self.add_error(name, gettext("“%(cell)s” cannot be read.") % {"cell": value[:60]})
        elif hasattr(value, "isoformat"):
            data[name] = value.isoformat()
        else:
            data[name] = value if value != "" else _empty(data[name])


def _empty(value: Any) -> Any:
    return type(value)() if isinstance(value, list | dict | str) else None


def _initial(version: ItemVersion) -> dict[str, Any]:
    """A version as this form's values; text areas have \\n between lines."""
    values: dict[str, Any] = dict(cells(version))
    values["revision"] = version.revision
    values["summary_en"] = version.summary.get("en", "")
    values["everyday_words"] = "\n".join(version.everyday_words)
    values["approval_mode"] = version.approval_mode
    for name in (*_MANY, *_YES_NO, "statutory_limit", "promised_limit", "visits"):
        values[name] = getattr(version, name)
    for name in ("effective_from", "effective_until", "assurance_level", "representation"):
        values[name] = getattr(version, name)
    return values
