"""Forms of open credentials."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _


class AskForm(forms.Form):
    """What an officer asks a wallet to show."""

    purpose = forms.CharField(
        label=_("What for"),
        max_length=300,
        min_length=2,
        help_text=_("The holder reads it in the wallet and in the log of uses."),
    )
    item_code = forms.CharField(
        label=_("Code of the matter"),
        max_length=33,
        required=False,
        help_text=_("Then what the matter's materials need is asked for, and nothing else."),
    )
    type_code = forms.ChoiceField(label=_("Or one type of licence"), required=False)

    def __init__(self, *args: Any, types: list[tuple[str, str]], **options: Any) -> None:
        super().__init__(*args, **options)
        field = self.fields["type_code"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", _("As the matter needs")), *types]

    def clean(self) -> dict[str, Any]:
        """Exactly one of matter and type."""
        data = super().clean() or {}
        if bool(data.get("item_code")) == bool(data.get("type_code")):
            self.add_error("item_code", _("Give either a matter or a type of licence."))
        return data
