"""Who leads a firm, asked of the register of legal persons.

Name of the firm, its number, name and document of the legal representative go there; the register
says only whether all belong together.
"""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from .base import Answer, Field, Started, Subject, Verdict
from .wire import GatewayClient

RESULTS = {"match", "mismatch", "not_found", "closed"}


class LegalRepresentative:
    code = "legal_representative"
    label = _("Check with the register of legal persons that I lead it")
    hint = _("Your name and document are compared with the legal representative on record.")

    fields: tuple[Field, ...] = ()

    def __init__(self, gateway: GatewayClient, *, is_test: bool) -> None:
        self.gateway = gateway
        self.is_test = is_test

    def fits(self, subject: Subject) -> bool:
        return bool(subject.organisation_number and subject.document_number)

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
            "/legal-person/check",
            {
                "registration_number": subject.organisation_number,
                "organisation_name": subject.organisation_name,
                "legal_representative": subject.name,
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
