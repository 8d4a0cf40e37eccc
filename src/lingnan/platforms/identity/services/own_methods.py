"""Ways to show that the owner of the account is here which need nobody outside."""

import secrets
from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from ..adapters.base import Answer, Field, Started, Subject, Verdict
from ..models import Account
from . import second_factor

CODE_DIGITS = 6


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
