"""The demo's credit data: believable, through the services, the same when loaded again."""

import pytest

from lingnan.kernel import clock
from lingnan.kernel.actors import SYSTEM
from lingnan.platforms.identity import services as identity
from lingnan.platforms.identity.queries.demo import FIRM
from lingnan.platforms.identity.testing import make_person_actor
from lingnan.standards.agencies.testing import make_agency

from .. import demo, queries
from ..models import (
    Commitment,
    CreditRecord,
    CreditSource,
    IntakeBatch,
    JointMeasure,
    Objection,
    RosterEntry,
)

pytestmark = pytest.mark.django_db
KINDS = ("market_supervision", "housing", "environment", "emergency", "tax")


def counts() -> list[int]:
    models = (
        CreditRecord,
        CreditSource,
        RosterEntry,
        JointMeasure,
        Objection,
        Commitment,
        IntakeBatch,
    )
    return [model.objects.count() for model in models]


def test_loading_again_adds_nothing() -> None:
    for kind in (*KINDS, "development_reform", "finance"):
        make_agency(kind)
    leader = make_person_actor()
    assert leader.person_id is not None
    identity.register_organisation(
        actor=SYSTEM,
        name=FIRM.name,
        registration_number=FIRM.registration_number,
        legal_representative_id=leader.person_id,
        source="register",
        at=clock.now(),
    )
    assert demo.load(at=clock.now()) == 8
    first = counts()
    assert first[2] == first[4] == 1 and first[3] >= 3
    assert first[5] == 2 and Commitment.objects.filter(state="kept").count() == 1
    assert demo.load(at=clock.now()) == 0
    assert counts() == first
    shown = queries.listed_entries(on=clock.today(), roster="safety_serious").items
    assert [entry.subject.name for entry in shown] == ["广州演示化工科技有限公司"]
    names = CreditRecord.objects.values_list("subject__name", flat=True)
    assert all("演示" in name for name in names)
