"""Name and number of the document against the population library.

Source: Plan 五（一）1: built on the basic libraries of population and legal persons. The library
answers only whether both belong together, never with data of its own.
"""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from .base import Answer, Field, Started, Subject, Verdict
from .wire import GatewayClient

RESULTS = {"match", "mismatch", "not_found", "cancelled"}


class Population:
    code = "population"
    label = _("Check my name and document with the population register")
    hint = _("Nothing to type: what you registered with is compared.")

    fields: tuple[Field, ...] = ()

    def __init__(self, gateway: GatewayClient, *, is_test: bool) -> None:
        self.gateway = gateway
        self.is_test = is_test

    def fits(self, subject: Subject) -> bool:
        return bool(subject.document_number) and subject.document_type not in {"military", "other"}

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
        found = self.gateway.ask(
            "/population/check",
            {
                "name": subject.name,
                "document_type": subject.document_type,
                "document_number": subject.document_number,
                "request_id": str(attempt_id),
            },
        )
        result = found["result"] if found["result"] in RESULTS else "unknown"
        return Verdict(
            passed=result == "match",
            reason="" if result == "match" else result,
            facts={"reference": str(found.get("reference", ""))[:64]},
        )
