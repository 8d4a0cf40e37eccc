"""What the API refuses before any module is asked."""

from django.utils.translation import gettext_lazy as _

from lingnan.kernel.errors import Refusal, Unavailable


class Unreadable(Refusal):
    """Neither JSON nor a form as announced, or text with characters no text has."""

    code = "unreadable"
    status = 400
    message = _("The request cannot be read.")
    remedy = _("Send JSON in UTF-8 as the reference shows, without null characters.")
    source = "RFC 8259"


class WrongMediaType(Refusal):
    code = "wrong_media_type"
    status = 415
    message = _("This operation reads %(accepted)s.")
    remedy = _("Send the body in that form and say so in the header Content-Type.")
    source = "RFC 9110 15.5.16"


class TooLarge(Refusal):
    code = "too_large"
    status = 413
    message = _("The request is larger than this server takes.")
    remedy = _("Send smaller files, or fewer at a time.")
    source = "RFC 9110 15.5.14"


class MethodNotAllowed(Refusal):
    code = "method_not_allowed"
    status = 405
    message = _("Nothing here answers to this method.")
    remedy = _("The header Allow names the methods of this address.")
    source = "RFC 9110 15.5.6"


class InternalError(Refusal):
    """Never raised: how a bug looks from outside."""

    code = "internal_error"
    status = 500
    message = _("Something went wrong on our side; it has been recorded.")
    remedy = _("Try again later with the same idempotency key; nothing is done twice.")


class DatabaseSilent(Unavailable):
    code = "database_silent"
    message = _("The database does not answer.")
