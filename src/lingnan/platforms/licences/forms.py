"""Forms of licences' pages."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from .types import Status


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
    """A change of status, with its ground."""

    change = forms.ChoiceField(
        label=_("What to do"),
        widget=forms.RadioSelect,
        choices=[
            ("suspend", pgettext_lazy("licence", "Suspend")),
            ("resume", pgettext_lazy("licence", "Resume")),
            ("revoke", pgettext_lazy("licence", "Revoke")),
            ("cancel", pgettext_lazy("licence", "Cancel")),
        ],
    )
    ground = forms.CharField(
        label=_("Legal ground"), max_length=300, help_text=_("For example: 行政许可法 69（一）")
    )
    reason = forms.CharField(
        label=_("Facts and reason"), required=False, widget=forms.Textarea(attrs={"rows": 4})
    )
