"""Proofs and their outcomes in words."""

from django.utils.translation import gettext_lazy as _

KINDS = {
    "population": _("Population register"),
    "bank_card": _("Bank card"),
    "face": _("Face check"),
    "sm2_certificate": _("Digital certificate"),
    "window": _("In person at a window"),
    "register": _("Official register"),
    "legal_representative": _("Register of legal persons"),
    "e_licence": _("Electronic business licence"),
    "password": _("Password"),
    "totp": _("Authenticator"),
    "sms_code": _("Code by text message"),
    "passkey": _("Passkey"),
    "upstream": _("Another identity provider"),
}
REASONS = {
    "passkey": _("This passkey does not open an account here."),
    "code": _("The code is not right, or was used already."),
    "mismatch": _("The details do not belong together."),
    "not_found": _("The register does not know these details."),
    "cancelled": _("The register says this document is cancelled."),
    "closed": _("The register says this organisation is closed."),
    "card_number": _("This is not the number of a card."),
    "card_unknown": _("The bank does not know this card."),
    "card_blocked": _("The bank says this card is blocked."),
    "fail": _("The comparison failed."),
    "pending": _("It was not finished on the other page."),
    "unknown": _("The other side gave no clear answer."),
}


def kind_text(kind: str) -> str:
    return str(KINDS.get(kind, kind))


def reason_text(reason: str) -> str:
    return str(REASONS.get(reason, ""))
