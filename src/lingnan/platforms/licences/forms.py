"""Forms of licences' pages."""

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from lingnan.kernel.text import localise
from lingnan.standards.codes.types import DocumentType

from .life import BY_OFFICERS, grounds_for, verbs_for
from .types import HolderGiven, Status, UseKind


class VerifyForm(forms.Form):
    """An identifier typed in."""

    identifier = forms.CharField(
        label=_("Licence identifier"),
        max_length=120,
        help_text=_("It begins with 1.2.156.3005.2 and stands at the foot of the licence."),
    )


class VerifyFileForm(forms.Form):
    """A licence file."""

    file = forms.FileField(
        label=_("Licence file"), help_text=_("OFD or PDF, as you received it. It is not kept.")
    )


class SearchForm(forms.Form):
    """What an officer looks for."""

    identifier = forms.CharField(label=_("Licence identifier"), required=False, max_length=120)
    holder_code = forms.CharField(
        label=_("Holder's document number or credit code"),
        required=False,
        max_length=40,
        help_text=_("The whole number: it is stored encrypted."),
    )
    type_code = forms.ChoiceField(label=_("Type"), required=False)
    status = forms.ChoiceField(
        label=_("Status"), required=False, choices=[("", _("All")), *Status.choices]
    )

    def __init__(self, *args: Any, types: list[tuple[str, str]], **options: Any) -> None:
        super().__init__(*args, **options)
        field = self.fields["type_code"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", _("All")), *types]


class StatusForm(forms.Form):
    """A change of status, with its ground; offers what the licence's status allows."""

    change = forms.ChoiceField(label=_("What should be done"), widget=forms.RadioSelect)
    ground_code = forms.ChoiceField(label=_("Ground in the catalogue"), required=False)
    ground = forms.CharField(
        label=_("Or another ground, in words"),
        max_length=300,
        required=False,
        help_text=_("The article of law, for example: 道路交通安全法 110"),
    )
    reason = forms.CharField(
        label=_("Facts and reason"), required=False, widget=forms.Textarea(attrs={"rows": 4})
    )

    def __init__(self, *args: Any, status: Status, on: date, **options: Any) -> None:
        super().__init__(*args, **options)
        verbs = list(verbs_for(status))
        wanted = self.data.get("change")  # what was offered a moment ago is refused in words
        verbs += [verb for verb in BY_OFFICERS if verb == wanted and verb not in verbs]
        change, code = self.fields["change"], self.fields["ground_code"]
        assert isinstance(change, forms.ChoiceField)
        assert isinstance(code, forms.ChoiceField)
        change.choices = [(verb.value, verb.label) for verb in verbs]
        code.choices = [
            ("", _("Not in the catalogue")),
            *(
                (verb.label, [(g.code, f"{localise(g.title)}（{g.source}）") for g in known])
                for verb in verbs
                if (known := grounds_for(verb, on=on))
            ),
        ]

    def clean(self) -> dict[str, Any]:
        """One of the two grounds, and the catalogue's must be for what is done."""
        values = super().clean() or {}
        if not values.get("ground_code") and not values.get("ground", "").strip():
            self.add_error("ground_code", _("Choose a ground, or write one below."))
        return values


class IssueForm(forms.Form):
    """Whose licence, for how long, and under which number of the agency's own."""

    holder_kind = forms.ChoiceField(label=_("Holder is"), widget=forms.RadioSelect)
    holder_name = forms.CharField(label=_("Holder's name"), max_length=200)
    document_type = forms.ChoiceField(label=_("Kind of document"), required=False)
    holder_number = forms.CharField(label=_("Document number or credit code"), max_length=64)
    valid_from = forms.DateField(
        label=_("Valid from"), widget=forms.DateInput(attrs={"type": "date"})
    )
    valid_until = forms.DateField(
        label=_("Last day of validity"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=_("Empty: without end, where the type allows it."),
    )
    source_id = forms.CharField(
        label=_("Your agency's own number"),
        max_length=100,
        help_text=_("The same number never issues two licences."),
    )
    supersedes = forms.CharField(
        label=_("Identifier of the licence this one renews or changes"),
        required=False,
        max_length=120,
    )

    def __init__(self, *args: Any, holder_kinds: list[str], **options: Any) -> None:
        super().__init__(*args, **options)
        kind, document = self.fields["holder_kind"], self.fields["document_type"]
        assert isinstance(kind, forms.ChoiceField)
        assert isinstance(document, forms.ChoiceField)
        names = {"person": _("A person"), "organisation": _("An organisation")}
        kind.choices = [(code, names[code]) for code in holder_kinds if code in names]
        if len(kind.choices) == 1:
            kind.initial = holder_kinds[0]
        document.choices = document_type_choices()

    def given(self) -> HolderGiven:
        """The holder as the services take him."""
        values = self.cleaned_data
        return HolderGiven(
            kind=values["holder_kind"],
            name=values["holder_name"],
            number=values["holder_number"],
            document_type=values["document_type"] or "resident_id",
        )


class BatchForm(forms.Form):
    """A table of licences of one type."""

    type_code = forms.ChoiceField(label=_("Type of licence"))
    file = forms.FileField(
        label=_("Table"),
        help_text=_("CSV, XLSX or JSON, at most 2,000 rows. First it is only checked."),
    )

    def __init__(self, *args: Any, types: list[tuple[str, str]], **options: Any) -> None:
        super().__init__(*args, **options)
        field = self.fields["type_code"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = types


class OfflineForm(forms.Form):
    """The text of an offline code."""

    code = forms.CharField(
        label=_("What the square code says"),
        max_length=2000,
        help_text=_("It begins with LNQ1."),
        widget=forms.Textarea(attrs={"rows": 5}),
    )


class ScanForm(forms.Form):
    """The code a holder shows."""

    code = forms.CharField(
        label=_("Code that is shown"),
        max_length=40,
        help_text=_("Scan the square code, or type the ten characters below it."),
        widget=forms.TextInput(attrs={"autofocus": True, "autocomplete": "off"}),
    )


class CopyForm(forms.Form):
    """A marked copy: to whom, for what, until when."""

    given_to = forms.CharField(label=_("Who gets it"), max_length=200)
    purpose = forms.CharField(
        label=_("For what only"), max_length=200, help_text=_("It stands across the copy.")
    )
    until = forms.DateField(
        label=_("Good until"),
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=_("At most 180 days, and no longer than the licence."),
    )


class UsesForm(forms.Form):
    """Which lines of the log."""

    kind = forms.ChoiceField(
        label=_("How it was used"), required=False, choices=[("", _("All")), *UseKind.choices]
    )
    licence = forms.ChoiceField(label=_("Licence"), required=False)
    since = forms.DateField(
        label=_("Since"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )

    def __init__(self, *args: Any, licences: list[tuple[str, str]], **options: Any) -> None:
        super().__init__(*args, **options)
        field = self.fields["licence"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", _("All")), *licences]


def document_type_choices() -> list[tuple[str, str]]:
    """Kinds of documents of persons, with their names."""
    return [(kind.value, str(kind.label)) for kind in DocumentType]
