"""Four things that must belong together at the bank: name, document, card and telephone.

The telephone is the account's verified one; the number of the card goes to the gateway and is kept
nowhere. Source: Plan 五（一）2（2）, proofs of third parties.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from .base import Answer, Field, Started, Subject, Verdict
from .wire import GatewayClient

RESULTS = {"match", "mismatch", "card_unknown", "card_blocked"}
_CARD = re.compile(r"[0-9]{12,19}", re.ASCII)


def luhn_holds(number: str) -> bool:
    """The check digit of a card number. Source: ISO/IEC 7812-1."""
    total = 0
    for place, digit in enumerate(reversed(number)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


class BankCard:
    code = "bank_card"
    label = _("A bank card in my name")
    hint = _("The bank compares name, document, card and telephone. The card is not kept.")

    fields: tuple[Field, ...] = (Field(name="card_number", label=_("Number of the card")),)

    def __init__(self, gateway: GatewayClient, *, is_test: bool) -> None:
        self.gateway = gateway
        self.is_test = is_test

    def fits(self, subject: Subject) -> bool:
        return bool(subject.phone and subject.document_number)

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
        card = "".join(answer.values.get("card_number", "").split())
        if not _CARD.fullmatch(card) or not luhn_holds(card):
            return Verdict(passed=False, reason="card_number")
        found = self.gateway.ask(
            "/bank-card/check",
            {
                "name": subject.name,
                "document_type": subject.document_type,
                "document_number": subject.document_number,
                "card_number": card,
                "phone": subject.phone,
                "request_id": str(attempt_id),
            },
        )
        result = found["result"] if found["result"] in RESULTS else "unknown"
        return Verdict(
            passed=result == "match",
            reason="" if result == "match" else result,
            facts={"reference": str(found.get("reference", ""))[:64], "card": card[-4:]},
        )
