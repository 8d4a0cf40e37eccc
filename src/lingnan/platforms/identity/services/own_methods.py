"""Ways to show that the owner of the account is here which need nobody outside."""

import secrets
from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from ..adapters import webauthn
from ..adapters.base import Answer, Field, Started, Subject, Verdict
from ..errors import CertificateRefused, PasskeyRefused
from ..models import Account
from ..queries.keys import live_certificates, live_passkeys
from . import certificate_use, key_use, second_factor

CODE_DIGITS = 6


class PasskeyProof:
    """A signature of a passkey of the account, the user verified by the device."""

    code = "passkey"
    label = _("A passkey")
    hint = _("Your finger, your face or the lock of your device.")
    is_test = False
    fields: tuple[Field, ...] = (
        Field(name="credential", label=_("Answer of the device"), kind="long"),
    )

    def fits(self, subject: Subject) -> bool:
        return key_use.is_offered() and bool(live_passkeys(subject.account_id))

    def start(
        self, subject: Subject, *, attempt_id: UUID, return_url: str, at: datetime
    ) -> Started:
        keys = [key.public_key for key in live_passkeys(subject.account_id)]
        options, state = webauthn.ask_signature(key_use.public_url(), keys=keys)
        return Started(shown={"passkey": options}, state=state, once=True)

    def judge(
        self,
        subject: Subject,
        *,
        attempt_id: UUID,
        state: Mapping[str, object],
        answer: Answer,
        at: datetime,
    ) -> Verdict:
        try:
            row = key_use.use_passkey(
                state=state,
                answer=answer.values.get("credential", ""),
                account_id=subject.account_id,
                at=at,
            )
        except PasskeyRefused:
            return Verdict(passed=False, reason="passkey")
        return Verdict(passed=True, facts={"passkey_id": row.pk})


class Sm2Certificate:
    """A signature over our challenge by the key of a certificate bound to the account."""

    code = certificate_use.KIND
    label = _("My SM2 certificate")
    hint = _("You sign a line of text with the key of your certificate and send the signature.")
    is_test = False
    fields = certificate_use.signature_fields()

    def fits(self, subject: Subject) -> bool:
        return bool(live_certificates(subject.account_id)) and certificate_use.is_offered()

    def start(
        self, subject: Subject, *, attempt_id: UUID, return_url: str, at: datetime
    ) -> Started:
        challenge = certificate_use.new_challenge(attempt_id, at)
        shown = certificate_use.shown_of(challenge)
        return Started(shown=shown, state={"challenge": challenge}, once=True)

    def judge(
        self,
        subject: Subject,
        *,
        attempt_id: UUID,
        state: Mapping[str, object],
        answer: Answer,
        at: datetime,
    ) -> Verdict:
        account = Account.objects.get(pk=subject.account_id)
        signature = certificate_use.signature_from(answer)
        try:
            row = certificate_use.use_certificate(account, str(state["challenge"]), signature, at)
        except CertificateRefused as refused:
            return Verdict(passed=False, reason=str(refused.facts["reason"]))
        return Verdict(passed=True, facts={"certificate": str(row.pk)}, until=row.not_after)


class Totp:
    """The six digits of the authenticator, or a recovery code. Source: RFC 6238."""

    code = "totp"
    label = _("The authenticator on my phone")
    hint = _("Six digits that change every half minute; or a recovery code.")
    is_test = False
    fields: tuple[Field, ...] = (Field(name="code", label=_("Six digits"), kind="code"),)

    def fits(self, subject: Subject) -> bool:
        rows = Account.objects.filter(pk=subject.account_id, totp_confirmed_at__isnull=False)
        return rows.exists()

    def start(
        self, subject: Subject, *, attempt_id: UUID, return_url: str, at: datetime
    ) -> Started:
        return Started()

    def judge(
        self,
        subject: Subject,
        *,
        attempt_id: UUID,
        state: Mapping[str, object],
        answer: Answer,
        at: datetime,
    ) -> Verdict:
        account = Account.objects.get(pk=subject.account_id)
        passed = second_factor.use_code(account, answer.values.get("code", ""), at)
        return Verdict(passed=passed, reason="" if passed else "code")


class SmsCode:
    """A code sent to the telephone of the account; whoever started the attempt sends it."""

    code = "sms_code"
    label = _("A code by text message")
    hint = _("We send six digits to the telephone number of your account.")
    is_test = False
    fields: tuple[Field, ...] = (
        Field(name="code", label=_("The six digits we sent you"), kind="code"),
    )

    def fits(self, subject: Subject) -> bool:
        return bool(subject.phone)

    def start(
        self, subject: Subject, *, attempt_id: UUID, return_url: str, at: datetime
    ) -> Started:
        return Started(code=f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}d}")

    def judge(
        self,
        subject: Subject,
        *,
        attempt_id: UUID,
        state: Mapping[str, object],
        answer: Answer,
        at: datetime,
    ) -> Verdict:
        return Verdict(passed=answer.code_fits, reason="" if answer.code_fits else "code")
