"""The form in which an administrator describes a provider whose sign-in is accepted."""

from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives import hashes
from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from ..models import UpstreamChange, UpstreamProvider
from .services import saml

LEVELS = [(n, str(n)) for n in (1, 2, 3, 4)]


class ProviderForm(forms.Form):
    code = forms.SlugField(
        label=_("Short name in addresses"),
        help_text=_("Small letters, digits and hyphens; it stays."),
        max_length=32,
    )
    name = forms.CharField(label=_("Name people know it by"), max_length=100)
    protocol = forms.ChoiceField(
        label=_("Protocol"), choices=UpstreamProvider.Protocol.choices, widget=forms.RadioSelect
    )
    issuer = forms.CharField(
        label=_("Issuer or entity id"),
        help_text=_("OpenID Connect: its https address. SAML: its entity id."),
        max_length=300,
    )
    client_id = forms.CharField(
        label=_("Client id (OpenID Connect)"), max_length=200, required=False
    )
    secret = forms.CharField(
        label=_("Secret (OpenID Connect)"),
        help_text=_("Empty: the present one stays. It is never shown again."),
        max_length=300,
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )
    scopes = forms.CharField(
        label=_("Scopes (OpenID Connect)"),
        max_length=200,
        required=False,
        initial="openid profile person",
    )
    sso_url = forms.CharField(
        label=_("Address for questions (SAML, HTTP-Redirect)"), max_length=300, required=False
    )
    certificates = forms.CharField(
        label=_("Signing certificates in PEM (SAML)"),
        help_text=_("Two while the provider changes over from one to the next."),
        max_length=20_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false"}),
    )
    name_claim = forms.CharField(
        label=_("Claim or attribute: full name"), max_length=60, initial="name"
    )
    document_type_claim = forms.CharField(
        label=_("Claim or attribute: kind of document"), max_length=60, initial="document_type"
    )
    document_number_claim = forms.CharField(
        label=_("Claim or attribute: document number"), max_length=60, initial="document_number"
    )
    levels = forms.CharField(
        label=_("What its levels are worth here"),
        help_text=_("One a line: its value (acr, authentication context) = 1 to 4."),
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false"}),
    )
    default_level = forms.TypedChoiceField(
        label=_("Level where it says none of these"), choices=LEVELS, coerce=int, initial=1
    )
    link_level = forms.TypedChoiceField(
        label=_("Level from which a first arrival is taken for someone we know"),
        choices=LEVELS[1:],
        coerce=int,
        initial=2,
    )
    is_test = forms.BooleanField(label=_("A simulator, marked as test on pages"), required=False)

    def clean_levels(self) -> dict[str, int]:
        found: dict[str, int] = {}
        for line in self.cleaned_data["levels"].splitlines():
            name, _equals, level = line.rpartition("=")
            if not line.strip():
                continue
            if not name.strip() or level.strip() not in {"1", "2", "3", "4"}:
                raise forms.ValidationError(_("Write each line as: value = level."))
            found[name.strip()] = int(level)
        return found


def initial_of(row: UpstreamProvider) -> dict[str, Any]:
    """What the form shows of a provider: everything but its secret."""
    values: dict[str, Any] = {
        name: getattr(row, name)
        for name in ProviderForm.base_fields
        if name not in {"secret", "levels"}
    }
    values["levels"] = "\n".join(f"{name} = {level}" for name, level in row.levels.items())
    return values


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedField:
    """One thing that a proposal changes; `before` is empty where there is no provider yet."""

    title: str
    before: str
    after: str


def changed_fields(change: UpstreamChange, present: UpstreamProvider | None) -> list[ChangedField]:
    """What whoever enables a proposal puts in force: everything that differs from today."""
    found = []
    if present is not None and not present.active:  # enabling switches on
        title = gettext("Switched on")
        found.append(ChangedField(title=title, before=_said("", False), after=_said("", True)))
    for name, field in ProviderForm.base_fields.items():
        if name not in change.values:
            continue
        before = _said(name, getattr(present, name)) if present else ""
        after = _said(name, change.values[name])
        if before != after:
            found.append(ChangedField(title=str(field.label), before=before, after=after))
    if change.secret_sealed:
        title = str(ProviderForm.base_fields["secret"].label)
        found.append(ChangedField(title=title, before="", after=gettext("a new one")))
    return found


def _said(name: str, value: Any) -> str:
    """A value as one reads it; certificates by their SHA-256 fingerprints."""
    if name == "levels":
        return "; ".join(f"{level} = {worth}" for level, worth in sorted(value.items()))
    if name == "certificates" and value:
        marks = [one.fingerprint(hashes.SHA256()) for one in saml.read_certificates(value)]
        return " ".join(mark.hex(":").upper() for mark in marks)
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    return str(value)
