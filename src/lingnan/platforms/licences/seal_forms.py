"""Forms of the seals' pages."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from .types import SealKind

STEPS = {
    "record": _("Record"),
    "enable": _("Enable"),
    "suspend": _("Suspend"),
    "report-lost": _("Report lost"),
    "destroy": _("Destroy"),
}


class ManyFiles(forms.FileInput):
    """A file field that takes several."""

    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Several files at once."""

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        """Each of the files on its own."""
        files = data if isinstance(data, list | tuple) else [data]
        return [super(FilesField, self).clean(file, initial) for file in files]


class SealApplicationForm(forms.Form):
    """What seal is wanted and why."""

    kind = forms.ChoiceField(label=_("Kind"), choices=SealKind.choices, widget=forms.RadioSelect)
    text = forms.CharField(
        label=pgettext_lazy("seal", "What it says"),
        max_length=60,
        required=False,
        help_text=_(
            "For example 行政审批专用章, or the head's name. A seal of the unit always says the"
            " unit's name."
        ),
    )
    replaces = forms.ChoiceField(label=_("In place of"), required=False)
    reason = forms.CharField(label=_("Why"), max_length=500, widget=forms.Textarea({"rows": 3}))

    def __init__(self, *args: Any, seals: list[tuple[str, str]], **options: Any) -> None:
        super().__init__(*args, **options)
        field = self.fields["replaces"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", _("none: a new seal")), *seals]


class DecisionForm(forms.Form):
    """Yes or no, and why."""

    approves = forms.ChoiceField(
        label=_("Your decision"),
        choices=[("yes", _("Approve")), ("no", _("Refuse"))],
        widget=forms.RadioSelect,
    )
    ground = forms.CharField(label=_("Why"), max_length=500)


class DropForm(forms.Form):
    """Why a request is given up; who asked need not say."""

    dropped_ground = forms.CharField(label=_("Why"), max_length=500)

    def __init__(self, *args: Any, is_askers: bool, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["dropped_ground"].required = not is_askers


class StepForm(forms.Form):
    """A step in a seal's life."""

    step = forms.ChoiceField(label=_("What should be done"), widget=forms.RadioSelect)
    ground = forms.CharField(
        label=_("Why"),
        max_length=500,
        help_text=_("When recording: the number in the register of seals."),
    )

    def __init__(self, *args: Any, steps: list[str], **options: Any) -> None:
        super().__init__(*args, **options)
        field = self.fields["step"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(step, STEPS[step]) for step in steps]


class SealRequestForm(forms.Form):
    """Documents to be sealed, and for what."""

    purpose = forms.CharField(label=_("Purpose"), max_length=300)
    documents = FilesField(
        label=_("OFD documents"),
        widget=ManyFiles(attrs={"accept": ".ofd"}),
        help_text=_("Several at once; one approval is for all of them."),
    )
    straddles = forms.BooleanField(label=_("Also across the edges of the pages"), required=False)
    leaves_open = forms.BooleanField(
        label=_("Another seal is to follow on the same documents"), required=False
    )
