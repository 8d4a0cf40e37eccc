"""Forms of the pages on which types of licence are written. They work without JavaScript: each
button saves the draft and then adds, removes or moves a field.
"""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from lingnan.kernel.errors import NotFound
from lingnan.kernel.text import localise
from lingnan.kernel.web.picking import Choice, PickField, PickForm
from lingnan.standards.agencies import queries as agencies
from lingnan.standards.agencies.types import AgencyKind
from lingnan.standards.regions import queries as regions

from .type_content import (
    FIELDS_MAX,
    FaceContent,
    FieldContent,
    OptionContent,
    TypeContent,
    ValidityContent,
)

KINDS = (
    ("text", _("Short text")),
    ("long_text", _("Long text")),
    ("date", _("Date")),
    ("integer", _("Whole number")),
    ("number", _("Number")),
    ("boolean", _("Yes or no")),
    ("choice", _("One of a list")),
    ("as_it_is", _("As the JSON says")),
)
PERSONAL = (
    ("public", _("Public: anyone who verifies sees it")),
    ("personal", _("Personal: seen with the code on the licence")),
    ("sensitive", _("Sensitive: in part, even with the code")),
)
_FOUND_MAX = 20


def _find_regions(query: str) -> list[Choice]:
    if not query:
        return []
    page = regions.search(query, limit=_FOUND_MAX)
    return [Choice(value=one.code, label=one.full_name, hint=one.code) for one in page]


def _name_regions(codes: Sequence[str]) -> list[Choice]:
    known = regions.regions(list(codes))
    return [
        Choice(value=code, label=known[code].full_name if code in known else code, hint=code)
        for code in codes
    ]


def _find_agencies(query: str) -> list[Choice]:
    if not query:
        return []
    page = agencies.list_agencies(text=query, limit=_FOUND_MAX)
    return [Choice(value=one.uscc, label=one.name, hint=one.uscc) for one in page.items]


def _name_agencies(codes: Sequence[str]) -> list[Choice]:
    known = agencies.agencies_by_uscc(codes)
    return [
        Choice(value=code, label=known[code].name if code in known else code, hint=code)
        for code in codes
    ]


class TypeForm(PickForm):
    """Everything of a type but its fields."""

    name_zh = forms.CharField(label=_("Chinese name"), required=False, max_length=100)
    name_en = forms.CharField(label=_("English name"), required=False, max_length=100)
    key = forms.CharField(
        label=_("Short name in forms"),
        required=False,
        max_length=40,
        help_text=_("Small letters, for example food_business. Forms take values by it."),
    )
    legal_basis = forms.CharField(label=_("Legal basis"), required=False, max_length=300)
    holder_kinds = forms.MultipleChoiceField(
        label=_("Who can hold it"),
        required=False,
        choices=[("person", _("A person")), ("organisation", _("An organisation"))],
        widget=forms.CheckboxSelectMultiple,
    )
    validity_kind = forms.ChoiceField(
        label=_("Validity"),
        choices=[
            ("years", pgettext_lazy("validity", "At most so many years")),
            ("permanent", pgettext_lazy("validity", "Without end")),
            ("open", pgettext_lazy("validity", "With or without an end")),
        ],
        widget=forms.RadioSelect,
    )
    validity_years = forms.IntegerField(
        label=_("Years"), required=False, min_value=0, max_value=999
    )
    issuer_kinds = forms.MultipleChoiceField(
        label=_("Lines of work that issue it"),
        required=False,
        choices=AgencyKind.choices,
        widget=forms.SelectMultiple(attrs={"size": 8}),
        help_text=_("Hold Ctrl (or Command) to choose several."),
    )
    issuer_regions = PickField(
        label=_("Only in these regions"),
        required=False,
        many=True,
        find=_find_regions,
        name=_name_regions,
        search_label=_("Find a region by its name"),
        help_text=_("None chosen: everywhere."),
    )
    issuer_agencies = PickField(
        label=_("Single agencies that issue it too"),
        required=False,
        many=True,
        find=_find_agencies,
        name=_name_agencies,
        search_label=_("Find an agency by its name or credit code"),
    )
    layout = forms.ChoiceField(
        label=_("Layout of the face"),
        choices=[
            ("landscape", pgettext_lazy("layout", "Certificate, across")),
            ("portrait", pgettext_lazy("layout", "Certificate, upright")),
        ],
        widget=forms.RadioSelect,
    )
    style = forms.ChoiceField(
        label=_("Colour"),
        choices=[
            ("red", pgettext_lazy("colour", "Red")),
            ("blue", pgettext_lazy("colour", "Blue")),
            ("green", pgettext_lazy("colour", "Green")),
        ],
        widget=forms.RadioSelect,
    )
    number_field = forms.CharField(
        label=_("Field that is the licence's number"),
        required=False,
        max_length=60,
        help_text=_("The name of a required field. Empty: the serial number."),
    )
    revision = forms.IntegerField(widget=forms.HiddenInput)


class FieldForm(forms.Form):
    """One field of a type. `was` is the name under which it was saved."""

    was = forms.CharField(required=False, max_length=60, widget=forms.HiddenInput)
    title_zh = forms.CharField(label=_("Chinese title"), required=False, max_length=60)
    title_en = forms.CharField(label=_("English title"), required=False, max_length=60)
    name = forms.CharField(label=_("Name in data"), required=False, max_length=60)
    kind = forms.ChoiceField(label=_("Kind of value"), choices=KINDS)
    personal = forms.ChoiceField(label=_("Who sees it"), choices=PERSONAL)
    required = forms.BooleanField(label=_("Required"), required=False)
    shown = forms.BooleanField(label=_("On the face"), required=False)
    options = forms.CharField(
        label=_("Choices"),
        required=False,
        max_length=8000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("For a list: one in a line, value = Chinese | English."),
    )


class NewTypeForm(forms.Form):
    """A new type: whose, and how it is called; or a file to bring one in."""

    department = forms.CharField(
        label=_("Credit code of the managing department"), min_length=18, max_length=18
    )
    name_zh = forms.CharField(label=_("Chinese name"), required=False, max_length=100)
    file = forms.FileField(
        label=_("Or a type as JSON"),
        required=False,
        help_text=_("As exported here. It becomes a draft; nothing is in force before review."),
    )

    def clean_department(self) -> str:
        """A credit code we know. Raises: ValidationError."""
        code = str(self.cleaned_data["department"]).strip().upper()
        try:
            return agencies.agency_by_uscc(code).uscc
        except NotFound as unknown:
            raise forms.ValidationError(_("There is no agency with this credit code.")) from unknown


class PublishForm(forms.Form):
    """From when a version is in force."""

    effective_from = forms.DateField(
        label=_("In force from"), widget=forms.DateInput(attrs={"type": "date"})
    )
    note = forms.CharField(label=_("Note"), required=False, max_length=2000)
    revision = forms.IntegerField(required=False, widget=forms.HiddenInput)


class WithdrawForm(forms.Form):
    """From when nothing is issued any more, and why."""

    effective_from = forms.DateField(
        label=_("Nothing is issued from"), widget=forms.DateInput(attrs={"type": "date"})
    )
    reason = forms.CharField(label=_("Reason"), max_length=2000)


class DecideWithdrawalForm(forms.Form):
    """Whether a type is withdrawn; a refusal says why."""

    accept = forms.ChoiceField(
        label=_("Decision"),
        choices=[("yes", _("Withdraw the type")), ("no", _("Keep the type"))],
        widget=forms.RadioSelect,
    )
    reason = forms.CharField(
        label=_("Reason"),
        max_length=2000,
        required=False,
        help_text=_("Needed where the type is kept."),
    )


FieldFormSet = forms.formset_factory(
    FieldForm, extra=0, max_num=FIELDS_MAX, validate_max=True, absolute_max=FIELDS_MAX + 1
)


def forms_of(content: TypeContent, revision: int) -> tuple[TypeForm, Any]:
    """The form and the rows that show a content."""
    head = TypeForm(
        initial={
            "name_zh": content.name.get("zh-hans", ""),
            "name_en": content.name.get("en", ""),
            "key": content.key,
            "legal_basis": content.legal_basis,
            "holder_kinds": content.holder_kinds,
            "validity_kind": content.validity.kind,
            "validity_years": content.validity.years,
            "issuer_kinds": content.issuer_kinds,
            "issuer_regions": content.issuer_regions,
            "issuer_agencies": content.issuer_agencies,
            "layout": content.face.layout,
            "style": content.face.style,
            "number_field": content.face.number_field,
            "revision": revision,
        }
    )
    return head, FieldFormSet(prefix="f", initial=[_row_of(field) for field in content.fields])


def content_from(head: TypeForm, rows: Any, before: TypeContent) -> TypeContent:
    """What valid forms say; what the forms do not show stays as it was."""
    values, known = head.cleaned_data, {field.name: field for field in before.fields}
    name = {**before.name, "zh-hans": values["name_zh"], "en": values["name_en"]}
    return before.model_copy(
        update={
            "name": {language: text for language, text in name.items() if text},
            "key": values["key"],
            "legal_basis": values["legal_basis"],
            "holder_kinds": values["holder_kinds"],
            "validity": ValidityContent(
                kind=values["validity_kind"], years=values["validity_years"]
            ),
            "issuer_kinds": values["issuer_kinds"],
            "issuer_regions": values["issuer_regions"],
            "issuer_agencies": values["issuer_agencies"],
            "face": FaceContent(
                layout=values["layout"],
                style=values["style"],
                number_field=values["number_field"],
            ),
            "fields": [_field_from(row.cleaned_data, known) for row in rows],
        }
    )


def _row_of(field: FieldContent) -> dict[str, Any]:
    return {
        "was": field.name,
        "title_zh": field.title.get("zh-hans", ""),
        "title_en": field.title.get("en", ""),
        "name": field.name,
        "kind": field.kind,
        "personal": field.personal,
        "required": field.required,
        "shown": field.shown,
        "options": "\n".join(_line_of(option) for option in field.options),
    }


def _line_of(option: OptionContent) -> str:
    english = option.title.get("en", "")
    line = f"{option.value} = {localise(option.title, 'zh-hans')}"
    return f"{line} | {english}" if english else line


def _field_from(values: dict[str, Any], known: dict[str, FieldContent]) -> FieldContent:
    old = known.get(values.get("was", ""))
    title = {**(old.title if old else {})}
    title |= {"zh-hans": values["title_zh"], "en": values["title_en"]}
    keep = old.keep if old else {}
    if old and old.kind != values["kind"]:  # a limit of another kind of value means nothing now
        keep = {key: value for key, value in keep.items() if key in ("x-from", "x-hint")}
    return FieldContent(
        name=values["name"].strip(),
        title={language: text for language, text in title.items() if text},
        kind=values["kind"],
        required=values["required"],
        personal=values["personal"],
        shown=values["shown"],
        options=[_option_from(line) for line in values["options"].splitlines() if line.strip()][
            :200
        ],
        keep=keep,
    )


def _option_from(line: str) -> OptionContent:
    value, _equals, words = line.partition("=")
    chinese, _bar, english = words.partition("|")
    title = {"zh-hans": chinese.strip() or value.strip(), "en": english.strip()}
    return OptionContent(
        value=value.strip()[:100], title={key: text for key, text in title.items() if text}
    )
