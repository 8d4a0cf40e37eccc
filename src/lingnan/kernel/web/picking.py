"""Choosing from what is too much for a list: search by name, then tick what was found.

It works without JavaScript: the search posts the form, which comes back as it was typed, with what
was found below the search box. A page that loads htmx exchanges the field alone.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.forms.utils import ErrorDict

FIND = "_find"
QUERY_LENGTH_MAX = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Something that can be chosen: what is kept, how it is called, what tells it from others."""

    value: str
    label: str
    hint: str = ""


class PickWidget(forms.Widget):
    """Reads what is ticked; `web/parts/pick.html` draws it."""

    use_fieldset = True

    def __init__(self, *, many: bool) -> None:
        super().__init__()
        self.many = many

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        if self.many:
            return data.getlist(name) if hasattr(data, "getlist") else data.get(name, [])
        return data.get(name, "")

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return False


class PickField(forms.Field):
    """One value, or several with `many`, found by words and kept as codes.

    `find` answers a search; `name` says how kept codes are called, in their order. Whether a code
    may be chosen is the service's judgement.
    """

    def __init__(
        self,
        *,
        find: Callable[[str], Sequence[Choice]],
        name: Callable[[Sequence[str]], Sequence[Choice]],
        search_label: Any,
        many: bool = False,
        **options: Any,
    ) -> None:
        super().__init__(widget=PickWidget(many=many), **options)
        self.find, self.name, self.search_label, self.many = find, name, search_label, many

    def clean(self, value: Any) -> Any:
        if self.many:
            kept = list(dict.fromkeys(str(one).strip() for one in value or () if str(one).strip()))
            return super().clean(kept)
        return super().clean(str(value or "").strip())

    def options(self, chosen: Any, query: str) -> list[tuple[Choice, bool]]:
        """What stands below the search box: what is chosen, then what was found."""
        values = list(chosen or ()) if self.many else [chosen] if chosen else []
        kept = list(self.name(values)) if values else []
        known = {choice.value for choice in kept}
        found = [choice for choice in self.find(query) if choice.value not in known]
        return [(choice, True) for choice in kept] + [(choice, False) for choice in found]


class PickForm(forms.Form):
    """A form with such fields: while someone searches it is not judged, and keeps all it has."""

    @property
    def is_finding(self) -> bool:
        """Whether this is a search: by its button, or by words not searched for yet."""
        if not self.is_bound:
            return False
        return FIND in self.data or any(
            isinstance(field, PickField) and self.query(name) != self.asked(name)
            for name, field in self.fields.items()
        )

    def query(self, name: str) -> str:
        """What is typed into a field's search box."""
        text = str(self.data.get(f"{self.add_prefix(name)}-q", ""))
        return text.strip()[:QUERY_LENGTH_MAX]

    def asked(self, name: str) -> str:
        """What its results answer already."""
        return str(self.data.get(f"{self.add_prefix(name)}-asked", "")).strip()

    def full_clean(self) -> None:
        if self.is_finding:
            self._errors = ErrorDict()
            self.cleaned_data = {}
            return
        super().full_clean()

    def is_valid(self) -> bool:
        return not self.is_finding and super().is_valid()
