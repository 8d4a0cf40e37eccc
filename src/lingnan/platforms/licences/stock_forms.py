"""Forms of the pages on which licences are brought in, checked and declared."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from .forms import IssueForm
from .models import StockEntry


class StockForm(IssueForm):
    """One old or other-province licence, with the picture of its paper."""

    issuer_name = forms.CharField(
        label=_("Agency that issued it"),
        required=False,
        max_length=200,
        help_text=_("Empty: your own agency."),
    )
    issuer_uscc = forms.CharField(
        label=_("Its credit code"), required=False, max_length=18, min_length=18
    )
    scan = forms.FileField(
        label=_("Picture of the paper"), required=False, help_text=_("PDF or JPEG.")
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        del self.fields["supersedes"]


class DeclareForm(forms.Form):
    """A licence of one's own that was issued on paper or elsewhere."""

    issuer_name = forms.CharField(label=_("Agency that issued it"), max_length=200)
    valid_from = forms.DateField(
        label=_("Valid from"), widget=forms.DateInput(attrs={"type": "date"})
    )
    valid_until = forms.DateField(
        label=_("Last day of validity"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=_("Empty: without end, where the type allows it."),
    )
    scan = forms.FileField(
        label=_("Picture of the paper"),
        required=False,
        help_text=_("PDF or JPEG. Without it the licence counts as your own statement only."),
    )
    vouches = forms.BooleanField(label=_("What I state is true; I answer for it."))


class StockTableForm(forms.Form):
    """A table of licences to bring in."""

    type_code = forms.ChoiceField(label=_("Type of licence"))
    file = forms.FileField(
        label=_("Table"),
        help_text=_(
            "CSV, XLSX or JSON. More than 2,000 rows are taken by a job, up to 200,000 (not JSON);"
            " the tables to fill in are the same."
        ),
    )

    def __init__(self, *args: Any, types: list[tuple[str, str]], **options: Any) -> None:
        super().__init__(*args, **options)
        field = self.fields["type_code"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = types


class StockFilterForm(forms.Form):
    """Which entries."""

    state = forms.ChoiceField(
        label=_("State"), required=False, choices=[("", _("All")), *StockEntry.State.choices]
    )


class DecideForm(forms.Form):
    """The decision about an entry, with what it rests on."""

    accept = forms.ChoiceField(
        label=_("Decision"),
        choices=[
            ("yes", _("It is the same holder: take the licence")),
            ("no", _("Refuse it")),
        ],
        widget=forms.RadioSelect,
    )
    reason = forms.CharField(label=_("Facts and reason"), max_length=500)

    def __init__(self, data: Any = None, *, may_accept: bool) -> None:
        """Without a person under the number there is none to take it for."""
        super().__init__(data)
        field = self.fields["accept"]
        if not may_accept and isinstance(field, forms.ChoiceField):
            field.choices = [("no", _("Refuse it"))]


class SeenForm(forms.Form):
    """The original was seen for one use."""

    note = forms.CharField(
        label=_("What was compared"),
        max_length=500,
        help_text=_("For example: paper original, number and name, at window 3."),
    )


class OriginalForm(forms.Form):
    """The licence whose original is at hand: from the holder's square code, or typed."""

    identifier = forms.CharField(label=_("Licence identifier"), max_length=120)
    code = forms.CharField(
        label=_("Code behind the square code"), max_length=40, help_text=_("Twelve characters.")
    )


class CheckForm(OriginalForm):
    """The original agrees."""

    reason = forms.CharField(
        label=_("What was compared"),
        max_length=500,
        help_text=_("For example: paper original, number and name, at window 3."),
    )
