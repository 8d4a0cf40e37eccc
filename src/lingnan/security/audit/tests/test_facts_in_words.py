"""What the record's page makes of facts."""

from typing import Any

import pytest
from django.utils import translation

from lingnan.kernel import clock
from lingnan.kernel.actors import SYSTEM

from .. import services
from ..templatetags.audit_facts import facts_in_words
from ..testing import audit_admin, client_of, with_actors

FACTS = {
    "amount_fen": 123456,
    "effective_from": "2026-11-23",
    "until": "2026-11-23T01:05:00+00:00",
    "locked": True,
    "workdays": 1200,
    "state": "offered",
    "scopes": ["payment", "licences.view"],
    "names": {"zh-hans": "居住证", "en": "Residence permit"},
    "region": "440000000000/440100000000/",
    "subject": "case:01a2",
    "some_new_key": "unknown word",
    "note": "",
}
CHINESE = {
    "金额": "¥1,234.56",
    "生效日期": "2026年11月23日",
    "截止": "2026年11月23日 09:05",
    "暂时锁定": "是",
    "工作日数": "1,200",
    "状态": "待接受",
    "权限范围": "payment、licences.view",
    "名称": "居住证",
    "区划": "440100000000",
    "所属业务": "办件 01a2",
    "some new key": "unknown word",
}


def test_facts_are_labelled_and_written_for_people() -> None:
    with translation.override("zh-hans"):
        assert dict(facts_in_words(FACTS)) == CHINESE
    with translation.override("en"):
        found = dict(facts_in_words(FACTS))
    assert found["Amount"] == "¥1,234.56"
    assert found["In force from"] == "23 November 2026"
    assert found["Locked for a while"] == "yes"
    assert found["Names"] == "Residence permit"


@pytest.mark.django_db
def test_the_page_shows_no_raw_keys(settings: Any) -> None:
    with_actors(settings)
    services.record(
        actor=SYSTEM,
        act="payment.bill_opened",
        object_kind="payment.bill",
        object_id="1",
        facts={"amount_fen": 123456, "some_new_key": "x"},
        at=clock.now(),
    )
    text = client_of(audit_admin()).get("/admin/audit/").content.decode()
    assert "amount_fen" not in text
    assert "¥1,234.56" in text
    assert "some new key" in text


@pytest.mark.django_db
def test_a_level_is_of_assurance_in_identity_and_stars_in_a_rating(settings: Any) -> None:
    with_actors(settings)
    for act, level in (("identity.proof_given", 3), ("government_services.rating.give", 5)):
        services.record(
            actor=SYSTEM,
            act=act,
            object_kind="account",
            object_id="1",
            facts={"level": level},
            at=clock.now(),
        )
    text = client_of(audit_admin()).get("/admin/audit/").content.decode()
    assert '<span class="soft">身份等级:</span> 3' in text
    assert '<span class="soft">评价等级:</span> 5' in text
