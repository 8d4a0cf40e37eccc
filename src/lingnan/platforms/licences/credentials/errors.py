"""What open credentials refuse on pages and over the API."""

from django.utils.translation import gettext_lazy as _

from lingnan.kernel.errors import Malformed, NotFound, Refusal


class CredentialUnknown(NotFound):
    code = "licences.credential_unknown"
    message = _("There is no such credential, offer or request among those you may see.")


class CredentialEnded(Refusal):
    code = "licences.credential_ended"
    message = _("This credential has already ended.")
    remedy = _("Put the licence into the wallet again if you want it there.")


class PresentationMalformed(Malformed):
    code = "licences.presentation_malformed"
    message = _("What should be shown, and what for, cannot be understood.")
    source = "个人信息保护法 6, 17"


class PresentationClosed(Refusal):
    code = "licences.presentation_closed"
    status = 410
    message = _("This request is answered or over.")
    remedy = _("Ask again: each request is good once, for a few minutes.")
    source = "OpenID4VP 1.0"
