"""What a clerk types at a window: checks of persons, accounts opened there, changed documents."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from lingnan.standards.codes.types import DocumentType

from .forms import DOCUMENTS
from .models import WindowCheck


def _letter_by_letter() -> forms.TextInput:
    return forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"})


def _valid_until() -> forms.DateField:
    return forms.DateField(
        label=_("The document is valid until"),
        help_text=_("Leave empty where it is valid for good."),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )


class WindowFindForm(forms.Form):
    document_type = forms.ChoiceField(
        label=_("Document on the counter"), choices=DOCUMENTS, initial=DocumentType.RESIDENT_ID
    )
    document_number = forms.CharField(
        label=_("Number of the document"),
        help_text=_("As it stands on the document, not as the person says it."),
        max_length=40,
        widget=_letter_by_letter(),
    )


class WindowCheckForm(WindowFindForm):
    name_agrees = forms.ChoiceField(
        label=_("Is the name on the document the one shown above, character by character?"),
        choices=[("yes", _("Yes")), ("no", _("No"))],
        widget=forms.RadioSelect,
    )
    photo = forms.ChoiceField(
        label=_("The photo on the document and the person before you"),
        choices=WindowCheck.Photo.choices,
        widget=forms.RadioSelect,
    )
    document_valid_until = _valid_until()
    renews = forms.BooleanField(
        label=_("It has expired, and the person brings a renewed one"),
        help_text=_("The check proves nothing then; the new document is entered after it."),
        required=False,
    )
    place = forms.CharField(
        label=_("Hall and window"),
        max_length=100,
        help_text=_("Such as: 天河区政务服务中心 3 号窗口"),
    )


class WithdrawCheckForm(forms.Form):
    reason = forms.CharField(
        label=_("Why is this check withdrawn?"),
        help_text=_("The person reads it."),
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class WindowAccountForm(forms.Form):
    phone = forms.CharField(
        label=_("Telephone number"),
        help_text=_("Its owner signs in with it."),
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "tel", "type": "tel"}),
    )


class DetailsForm(forms.Form):
    """Another name or document of whoever was just checked."""

    name = forms.CharField(
        label=_("Name as on the new document"),
        help_text=_("Leave empty if the name stays."),
        max_length=100,
        required=False,
        widget=_letter_by_letter(),
    )
    document_type = forms.ChoiceField(
        label=_("Kind of the new document"), choices=[("", "—"), *DOCUMENTS], required=False
    )
    document_number = forms.CharField(
        label=_("Number of the new document"),
        help_text=_("Leave empty if the document stays."),
        max_length=40,
        required=False,
        widget=_letter_by_letter(),
    )
    document_valid_until = _valid_until()
    replaces = forms.ChoiceField(
        label=_("The document on record"),
        choices=[
            ("yes", _("is replaced by the new one and proves nothing any more")),
            ("no", _("stays; the person holds both")),
        ],
        initial="yes",
        widget=forms.RadioSelect,
    )
    basis = forms.CharField(
        label=_("Papers you saw"),
        help_text=_("Such as: the cancelled passport; the entry of the household register."),
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class DecideDetailsForm(forms.Form):
    document_number = forms.CharField(
        label=_("Number of the new document, read off the paper again"),
        help_text=_("Needed to confirm."),
        max_length=40,
        required=False,
        widget=_letter_by_letter(),
    )
    reason = forms.CharField(
        label=_("Reason"),
        help_text=_("Needed only to refuse; the clerk reads it."),
        max_length=300,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, has_document: bool, data: Any = None) -> None:
        super().__init__(data)
        if not has_document:
            del self.fields["document_number"]
