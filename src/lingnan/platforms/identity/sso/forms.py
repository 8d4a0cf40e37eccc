"""The forms of single sign-on's pages. What is right and wrong is decided by the services."""

import json

from django import forms
from django.utils.translation import gettext_lazy as _

from ..models import Client
from .services.clients import DEVICE_GRANT, ClientDetails
from .types import CLIENT_SCOPES, LEVELS, SCOPES

KINDS = [
    (Client.Kind.WEB, _("A web site with a server of its own")),
    (Client.Kind.NATIVE, _("An app on a telephone or computer, or a page without a server")),
    (Client.Kind.DEVICE, _("A kiosk, a television, a screen without a keyboard")),
    (Client.Kind.SERVICE, _("A system that calls in its own name")),
]
METHODS = [
    (Client.AuthMethod.BASIC, _("A secret in the header (client_secret_basic)")),
    (Client.AuthMethod.POST, _("A secret in the form (client_secret_post)")),
    (Client.AuthMethod.PRIVATE_KEY, _("A signature with its own key (private_key_jwt)")),
    (Client.AuthMethod.NONE, _("Nothing: it cannot keep a secret (PKCE)")),
]
GRANTS = {
    Client.Kind.WEB: ("authorization_code", "refresh_token"),
    Client.Kind.NATIVE: ("authorization_code", "refresh_token"),
    Client.Kind.DEVICE: (DEVICE_GRANT, "refresh_token"),
    Client.Kind.SERVICE: ("client_credentials",),
}


def _lines(label: object, hint: object) -> forms.CharField:
    return forms.CharField(
        label=label,  # type: ignore[arg-type]
        help_text=hint,  # type: ignore[arg-type]
        required=False,
        max_length=8000,
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
    )


class UserCodeForm(forms.Form):
    user_code = forms.CharField(
        label=_("The code on the device"),
        help_text=_("Eight letters, such as BCDF-GHJK."),
        max_length=20,
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}
        ),
    )


class ClientForm(forms.Form):
    """`purpose_<scope>`: an empty purpose means that the scope is not asked for."""

    name = forms.CharField(label=_("Name people know it by"), max_length=100)
    kind = forms.ChoiceField(
        label=_("What is it?"), choices=KINDS, initial=Client.Kind.WEB, widget=forms.RadioSelect
    )
    auth_method = forms.ChoiceField(
        label=_("How does it prove itself?"),
        choices=METHODS,
        initial=Client.AuthMethod.BASIC,
        widget=forms.RadioSelect,
    )
    redirect_uris = _lines(
        _("Where people return to after signing in"), _("Full https:// addresses, one per line.")
    )
    post_logout_redirect_uris = _lines(
        _("Where people return to after signing out"), _("Full https:// addresses, one per line.")
    )
    backchannel_logout_uri = forms.CharField(
        label=_("Where we tell it that someone signed out"), max_length=500, required=False
    )
    jwks = _lines(
        _("Its public keys"), _("A JWK set; only for a program that signs with its own key.")
    )
    default_level = forms.TypedChoiceField(
        label=_("How surely must people be known?"),
        choices=[(level, _("Level %(level)s") % {"level": level}) for level in LEVELS],
        coerce=int,
        initial=1,
    )
    website = forms.CharField(label=_("Its web site"), max_length=500, required=False)
    policy_url = forms.CharField(label=_("Its privacy statement"), max_length=500, required=False)
    contact = forms.CharField(
        label=_("How we reach whoever runs it"),
        help_text=_("A telephone number or e-mail address."),
        max_length=200,
    )
    extra_scopes = forms.CharField(
        label=_("Other scopes"),
        help_text=_(
            "Modules of our own API, or scopes in its own name (scim, introspect),"
            " separated by spaces."
        ),
        max_length=500,
        required=False,
    )
    extra_purpose = forms.CharField(
        label=_("What it needs the other scopes for"), max_length=200, required=False
    )

    def __init__(self, *args: object, **options: object) -> None:
        super().__init__(*args, **options)  # type: ignore[arg-type]
        for scope in SCOPES.values():
            if scope.code != "openid":
                self.fields[f"purpose_{scope.code}"] = forms.CharField(
                    label=_("%(datum)s: what for?") % {"datum": scope.title},
                    help_text=_("One sentence people will read. Empty: not needed."),
                    max_length=200,
                    required=False,
                )

    def clean_jwks(self) -> object:
        text: str = self.cleaned_data["jwks"].strip()
        if not text:
            return {}
        try:
            found = json.loads(text)
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, dict):
            raise forms.ValidationError(_("This is not a JWK set."))
        return found

    def details(self) -> ClientDetails:
        """What was typed, as the service reads it. After `is_valid`."""
        data = self.cleaned_data
        extra = data["extra_scopes"].split()
        purposes = {
            code: data[f"purpose_{code}"].strip()
            for code in SCOPES
            if code != "openid" and data[f"purpose_{code}"].strip()
        }
        why = data["extra_purpose"].strip()
        purposes |= {code: why for code in extra if why or code not in CLIENT_SCOPES}
        own = [] if data["kind"] == Client.Kind.SERVICE else ["openid"]
        return ClientDetails(
            name=data["name"],
            kind=data["kind"],
            auth_method=data["auth_method"],
            scopes=[*own, *dict.fromkeys([*purposes, *extra])],
            purposes=purposes,
            redirect_uris=data["redirect_uris"].split(),
            post_logout_redirect_uris=data["post_logout_redirect_uris"].split(),
            backchannel_logout_uri=data["backchannel_logout_uri"].strip(),
            grant_types=GRANTS[Client.Kind(data["kind"])],
            jwks=data["jwks"],
            default_level=data["default_level"],
            website=data["website"].strip(),
            policy_url=data["policy_url"].strip(),
            contact=data["contact"],
        )


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=_("Why"),
        help_text=_("In words the applicant can act on."),
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
