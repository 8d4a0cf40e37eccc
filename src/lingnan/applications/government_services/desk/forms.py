"""The small forms of the window. What is right and wrong the services decide."""

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from lingnan.standards.codes.types import DocumentType

DOCUMENTS = [choice for choice in DocumentType.choices if choice[0] not in {"military", "other"}]


class FindPersonForm(forms.Form):
    document_type = forms.ChoiceField(label=_("Kind of document"), choices=DOCUMENTS)
    document_number = forms.CharField(
        label=_("Number of the document"),
        help_text=_("The whole number, as on the document or read from the card."),
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    purpose = forms.CharField(
        label=pgettext_lazy("desk", "What for"),
        help_text=_("Goes on record with your name; the person can see it."),
        max_length=200,
        initial=_("Handing in an application at the window"),
    )


class FindFirmForm(forms.Form):
    uscc = forms.CharField(
        label=_("Unified social credit code"),
        max_length=18,
        min_length=18,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def clean_uscc(self) -> str:
        return str(self.cleaned_data["uscc"]).strip().upper()


class RegisterPersonForm(forms.Form):
    name = forms.CharField(label=_("Name as on the document"), max_length=100)
    document_type = forms.ChoiceField(label=_("Kind of document"), choices=DOCUMENTS)
    document_number = forms.CharField(
        label=_("Number of the document"),
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    phone = forms.CharField(
        label=_("Telephone"),
        help_text=_("Notices are announced there."),
        max_length=20,
        widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "off"}),
    )
    address = forms.CharField(label=_("Address"), max_length=300, required=False)
