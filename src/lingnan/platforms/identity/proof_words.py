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
    "wechat": _("WeChat"),
    "alipay": _("Alipay"),
    "upstream": _("Another identity provider"),
}
REASONS = {
    "signature": _("The signature was not made by your certificate over this text."),
    "certificate_malformed": _("This is not a certificate for an SM2 key."),
    "certificate_not_yet_valid": _("The certificate is not valid yet."),
    "certificate_expired": _("The certificate has expired."),
    "certificate_revoked": _("The authority has revoked the certificate."),
    "certificate_revocation_unknown": _("Whether it was revoked cannot be told at the moment."),
    "certificate_unknown_issuer": _("It is not of an authority trusted here."),
    "certificate_bad_signature": _("It was changed, or is not of the authority it names."),
    "certificate_issuer_not_authority": _("Whoever issued it is no authority."),
    "certificate_wrong_use": _("The certificate is not for signing."),
    "certificate_algorithm": _("It is not signed with SM2 and SM3."),
    "certificate_other_person": _("It does not carry your name and the number of your document."),
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
    "other_browser": _("It was not this browser that came back from the other page."),
    "pending": _("It was not finished on the other page."),
    "unknown": _("The other side gave no clear answer."),
}


NUMBERS = {
    "level": _("level of the proof"),
    "session": _("level of the session"),
    "days": _("days it counts (0: for good)"),
    "default": _("level of a matter"),
    "idle_minutes": _("minutes without a click"),
    "hours": _("hours at most"),
    "minutes": _("minutes"),
    "tries": _("wrong attempts"),
    "an_hour": _("codes in an hour"),
    "proof_minutes": _("minutes for a proof"),
    "fresh_minutes": _("minutes since the sign-in"),
    "passkeys_an_hour": _("passkeys asked for in an hour"),
    "length": _("characters at least"),
    "kinds": _("kinds of characters"),
    "history": _("former passwords remembered"),
    "name": _("the name has to agree (1: yes, 0: no)"),
    "number": _("the number has to agree (1: yes, 0: no)"),
}
OF = {
    "person": _("Residents"),
    "officer": _("Officers"),
    "account": _("One name"),
    "address": _("One network address"),
    "register": _("Registrations from one address"),
    "device": _("Codes of devices"),
}


def number_text(key: str) -> str:
    """A rule's number in words: "face.level" is the level of the face check."""
    whose, _dot, what = key.rpartition(".")
    text = str(NUMBERS.get(what, what))
    if not whose:
        return text
    is_proof = whose in KINDS and what in {"level", "session", "days"}
    return f"{OF[whose] if whose in OF and not is_proof else kind_text(whose)}：{text}"


def kind_text(kind: str) -> str:
    return str(KINDS.get(kind, kind))


def reason_text(reason: str) -> str:
    return str(REASONS.get(reason, ""))
