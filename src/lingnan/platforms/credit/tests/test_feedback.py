"""What checks of commitments found goes back to who promised, and to all. Plan 五（四）2（1）."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from lingnan.kernel import clock
from lingnan.kernel.testing import max_queries
from lingnan.platforms.identity.testing import make_officer_actor
from lingnan.platforms.messaging.models import Message

from .. import queries, services
from ..models import Commitment, CreditRecord, CreditSubject
from ..testing import NOW, deliver, finish_step, make_office, make_source, person_row
from ..types import COMMITMENT_SUBJECT
from .test_rosters import firm_and_record

pytestmark = pytest.mark.django_db


def promised(subject: CreditSubject, agency_id: Any, title: str) -> Commitment:
    return services.make_commitment(
        actor=make_officer_actor(),
        subject=subject,
        agency_id=agency_id,
        title=title,
        text="承诺整改",
        text_version="1",
        case_kind="test",
        case_id=uuid4(),
        case_number="T-1",
        check_due_on=NOW.date(),
        at=NOW,
    )


def shown(**asked: str) -> list[dict[str, Any]]:
    answer = Client().get("/api/v1/credit/supervision", asked)
    assert answer.status_code == 200, answer.content
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


def test_a_kept_commitment_is_told_and_shown_for_a_year() -> None:
    make_office()
    _owner, record = firm_and_record()
    source = make_source("breach", rule="publicity.breach")
    reporter = make_officer_actor("credit_reporter", agency_id=source.agency_id)
    row = promised(record.subject, source.agency_id, "按期整改")
    assert shown() == []
    at = clock.now()
    services.check_commitment(
        actor=reporter, commitment_id=row.pk, kept=True, finding="已整改", at=at
    )
    told = Message.objects.get(template="credit.commitment_kept")
    assert "按期整改" in str(told.body) and "已履行" in str(told.body)
    (found,) = shown()
    assert (found["state"], found["subject_name"]) == ("kept", record.subject.name)
    assert found["decision_id"] is None and "finding" not in found
    assert shown(state="breached") == []
    page = Client().get("/credit/supervision/").content.decode()
    assert "按期整改" in page and record.subject.name in page
    later = clock.local_date(at) + timedelta(days=queries.SHOWN_DAYS + 2)
    with max_queries(1):
        assert queries.supervision_results(on=later).items == []
    penalties = make_source()
    resident = deliver(penalties, person_row(penalties)).subject
    Commitment.objects.filter(pk=row.pk).update(subject=resident)
    assert shown() == [], "nothing of natural persons"


def test_a_breach_is_shown_once_decided_and_no_longer_once_its_record_is_not_public() -> None:
    make_office()
    owner, record = firm_and_record()
    source = make_source("breach", rule="publicity.breach")
    reporter = make_officer_actor("credit_reporter", agency_id=source.agency_id)
    approver = make_officer_actor("credit_approver", agency_id=source.agency_id)
    row = promised(record.subject, source.agency_id, "按期整改")
    services.check_commitment(
        actor=reporter, commitment_id=row.pk, kept=False, finding="未整改", at=NOW
    )
    assert shown() == [], "it is still being heard"
    services.answer_breach(actor=owner, commitment_id=row.pk, text="忘了", at=NOW)
    finish_step(COMMITMENT_SUBJECT, row.pk, "confirm", "confirm", actor=approver, at=NOW)
    assert "未履行" in str(Message.objects.get(template="credit.commitment_breached").body)
    kept = CreditRecord.objects.get(kind="breach")
    CreditRecord.objects.filter(pk=kept.pk).update(publicity="public", publish_until=None)
    (found,) = shown(state="breached")
    assert found["decision_id"] == str(kept.pk)
    assert f"/credit/decisions/{kept.pk}/" in Client().get("/credit/supervision/").content.decode()
    CreditRecord.objects.filter(pk=kept.pk).update(in_use=False, publicity="stopped")
    assert shown() == []
