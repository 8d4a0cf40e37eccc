"""What single sign-on refuses."""

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from lingnan.kernel.errors import Forbidden, Malformed, NotFound, Refusal, Unavailable


class ClientMetadataWrong(Malformed):
    code = "identity.client_metadata_wrong"
    message = _("The registration is not complete.")
    source = "RFC 7591 2"


class ClientNeedsOwner(Forbidden):
    code = "identity.client_needs_owner"
    message = _("Programs are registered for an organisation or an agency, not for oneself.")
    remedy = _("Act for your organisation, or sign in at work, and try again.")

    @property
    def onward(self) -> str:
        """The account page says for whom one may act."""
        return reverse("identity:account")


class MandateOfMattersOnly(Forbidden):
    code = "identity.mandate_of_matters_only"
    message = _("Your mandate is for the matters it names, not for the organisation's programs.")
    remedy = _("Ask the legal representative for a mandate for all matters, or to do it himself.")
    source = "民法典 165"


class ClientStateWrong(Refusal):
    code = "identity.client_state_wrong"
    message = _("This registration is %(state)s; that step does not follow.")
    remedy = _("Look at the registration again; someone else may have decided meanwhile.")


class ProviderWrong(Malformed):
    code = "identity.provider_wrong"
    message = _("The provider is not described completely.")


class ProviderChangeWaits(Refusal):
    code = "identity.provider_change_waits"
    message = _("A change of this provider waits already.")
    remedy = _("Let another administrator decide on it first, or take it back.")


class ProviderChangeDecided(Refusal):
    code = "identity.provider_change_decided"
    message = _("This change was decided already.")
    remedy = _("Look at the provider again.")


class ReasonMissing(Malformed):
    code = "identity.reason_missing"
    message = _("Say why, in words the applicant can act on.")


class ClientHasNoSecret(Refusal):
    code = "identity.client_has_no_secret"
    message = _("This program does not use a secret.")
    remedy = _("Programs that cannot keep a secret use PKCE; those with keys of their own sign.")
    source = "RFC 6749 2.1"


class UserCodeUnknown(NotFound):
    code = "identity.user_code_unknown"
    message = _("No device waits with this code.")
    remedy = _("Compare it with the code on the device; it is good for ten minutes.")
    source = "RFC 8628 3.3"


class AuthorisationRefused(Refusal):
    """A request that must not be sent back, because where to is not certain.

    Facts: `reason`, the parameter that is wrong; `description`, for the program's authors.
    """

    code = "identity.authorisation_refused"
    status = 400
    message = _("The program that sent you here asked in a wrong way.")
    remedy = _("Go back and try again; if it happens again, tell whoever runs that program.")
    source = "RFC 6749 4.1.2.1"

    @property
    def text(self) -> str:
        return _said(self.message, _ASKED_WRONG.get(str(self.facts.get("reason", ""))))


class ConsentGone(Forbidden):
    code = "identity.consent_gone"
    message = _("What you agreed to for this program was taken back a moment ago.")
    remedy = _("Begin again at the program, and agree anew if you want to.")
    source = "个人信息保护法 15"


class UpstreamRefused(Forbidden):
    """Fact: `reason`, a code; its words are added to the message."""

    code = "identity.upstream_refused"
    message = _("Signing in elsewhere did not succeed.")
    remedy = _("Begin again from the sign-in page, in the same browser, within ten minutes.")
    source = "OpenID Connect Core 3.1.3.7"

    @property
    def text(self) -> str:
        reason = str(self.facts.get("reason", ""))
        words = _REASONS.get("saml" if reason.startswith("saml-") else reason, _REASONS["answer"])
        return _said(self.message, words)


class UpstreamIdentityUnclear(Forbidden):
    code = "identity.upstream_identity_unclear"
    message = _("The other provider did not say surely enough who you are.")
    remedy = _("Prove who you are there at a higher level, or sign in with your account here.")
    source = "规划 五（一）2（3）"


class UpstreamUnlinked(Forbidden):
    """Its owner ended the link: the word of the provider alone does not bring it back."""

    code = "identity.upstream_unlinked"
    message = _("You unlinked this account; it opens nothing here any more.")
    remedy = _("Sign in another way and link it again among your linked accounts.")


class UpstreamAccountClosed(Forbidden):
    """Whoever comes in from elsewhere is known here, and his account is closed."""

    code = "identity.upstream_account_closed"
    message = _("Your account here was closed.")
    remedy = _("A clerk at a service window opens it again; bring your document.")
    source = "规划 五（一）2（2）"


class UpstreamSilent(Unavailable):
    code = "identity.upstream_silent"
    message = _("The provider you chose does not answer at the moment.")


_REASONS: dict[str, str | Promise] = {
    "access_denied": _("You did not agree there, or the provider refused you."),
    "state": _("This browser did not ask for it, it was used already, or it took too long."),
    "expired": _("What the provider said has run out."),
    "nonce": _("What the provider said belongs to another attempt."),
    "signature": _("What came back is not signed by the provider."),
    "audience": _("What the provider said was meant for another program."),
    "issuer": _("What came back is not from the provider you chose."),
    "saml": _("What came back is not a valid answer of the provider to our question."),
    "answer": _("The provider did not confirm the sign-in."),
}


_ASKED_WRONG: dict[str, str | Promise] = {
    "client_id": _("It is not registered here, or was not approved."),
    "redirect_uri": _("The address it wants you sent back to is not registered for it."),
    "post_logout_redirect_uri": _(
        "The address it wants you sent back to is not registered for it."
    ),
    "id_token_hint": _("What it shows of your sign-in is not from here."),
}


def _said(message: str | Promise, words: str | Promise | None) -> str:
    """Two sentences, put together as the reader's language does it."""
    if not words:
        return str(message)
    space = "" if (get_language() or "").startswith("zh") else " "
    return f"{message}{space}{words}"
