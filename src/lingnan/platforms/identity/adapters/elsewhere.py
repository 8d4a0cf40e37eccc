"""Proofs given on a page of whoever confirms them: the face check, the e-business-licence.

We open a session at the gateway and send the person there; he comes back with nothing but the
number of our attempt, and we ask the gateway what happened. Nothing in the address is believed.
"""

from collections.abc import Mapping
from datetime import datetime
from urllib.parse import urlsplit
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from ..errors import ProofUnavailable
from .base import Answer, Field, Started, Subject, Verdict
from .wire import GatewayClient


class Elsewhere:
    """What the two have in common."""

    code: str
    path: str
    fields: tuple[Field, ...] = ()

    def __init__(self, gateway: GatewayClient, *, is_test: bool) -> None:
        self.gateway = gateway
        self.is_test = is_test

    def question(self, subject: Subject) -> dict[str, object]:
        return {
            "name": subject.name,
            "document_type": subject.document_type,
            "document_number": subject.document_number,
        }

    def start(
        self, subject: Subject, *, attempt_id: UUID, return_url: str, at: datetime
    ) -> Started:
        found = self.gateway.ask(
            f"{self.path}/open",
            {**self.question(subject), "request_id": str(attempt_id), "return_url": return_url},
        )
        url, session = found.get("url"), found.get("session")
        known, given = urlsplit(self.gateway.url), urlsplit(str(url))
        if (given.scheme, given.netloc) != (known.scheme, known.netloc) or not session:
            raise ProofUnavailable("the gateway gave no address of its own")
        return Started(url=str(url), state={"session": str(session)[:64]})

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
            f"{self.path}/result", {"session": state["session"], "request_id": str(attempt_id)}
        )
        result = str(found["result"])
        return Verdict(
            passed=result == "pass",
            reason="" if result == "pass" else result[:24],
            facts={"reference": str(found.get("reference", ""))[:64]},
        )


class Face(Elsewhere):
    code = "face"
    path = "/face"
    label = _("A look into the camera")
    hint = _("Your face is compared with the photo on your document. The picture is not kept.")

    def fits(self, subject: Subject) -> bool:
        return bool(subject.document_number)


class ELicence(Elsewhere):
    code = "e_licence"
    path = "/e-licence"
    label = _("The electronic business licence of the organisation")
    hint = _("The legal representative opens it in the licence app and confirms.")

    def fits(self, subject: Subject) -> bool:
        return bool(subject.organisation_number)

    def question(self, subject: Subject) -> dict[str, object]:
        base = super().question(subject)
        return {
            **base,
            "registration_number": subject.organisation_number,
            "organisation_name": subject.organisation_name,
        }
