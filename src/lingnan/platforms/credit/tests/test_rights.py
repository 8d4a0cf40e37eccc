"""Who may reach which address of credit."""

from dataclasses import replace
from uuid import uuid4

import pytest
from django.conf import settings
from django.test import Client, override_settings

from lingnan.kernel.testing import check_routes
from lingnan.platforms.identity.testing import (
    client_for,
    make_officer_actor,
    make_organisation,
    make_person,
    make_person_actor,
)
from lingnan.standards.agencies.testing import make_agency

from ..models import ArchiveView, CreditSubject, IntakeBatch
from ..queries.archives import own_q
from ..testing import deliver, make_source, penalty_row, person_row, reporter

pytestmark = pytest.mark.django_db
WHO = ("anonymous", "owner", "other", "elsewhere", "reporter", "credit")


def all_of(*statuses: int) -> dict[str, int]:
    return dict(zip(WHO, statuses, strict=True))


def test_routes() -> None:
    source = make_source()
    leader = make_person("周演示")
    firm = make_organisation(leader)
    record = deliver(source, penalty_row(source, CF_XDR_SHXYM=firm.registration_number))
    person = deliver(source, person_row(source))
    batch = IntakeBatch.objects.filter(source=source).first()
    assert batch is not None
    clients = {
        "anonymous": Client(),
        "owner": client_for(make_person_actor(leader, organisation=firm)),
        "other": client_for(make_person_actor()),
        "elsewhere": client_for(
            make_officer_actor("credit_reporter", agency_id=make_agency("housing").id)
        ),
        "reporter": client_for(reporter(source)),
        "credit": client_for(make_officer_actor("credit_officer", region_code="440106000000")),
    }
    everyone = all_of(*[200] * 6)
    desk = all_of(302, 403, 403, 200, 200, 200)
    check_routes(
        clients,
        [
            ("GET", "/credit/", everyone),
            ("GET", "/credit/decisions/", everyone),
            ("GET", "/credit/policies/", everyone),
            ("GET", "/credit/supervision/", everyone),
            ("GET", "/api/v1/credit/supervision", everyone),
            ("GET", f"/credit/subjects/{record.subject_id}/", everyone),
            ("GET", f"/credit/subjects/{uuid4()}/", all_of(*[404] * 6)),
            ("GET", f"/credit/decisions/{record.pk}/", everyone),
            ("GET", "/credit/mine/", all_of(302, 200, 200, 403, 403, 403)),
            ("GET", f"/credit/mine/records/{record.pk}/", all_of(302, 200, 404, 403, 403, 403)),
            ("GET", "/credit/mine/views/", all_of(302, 200, 404, 403, 403, 403)),
            ("GET", "/desk/credit/", desk),
            ("GET", f"/desk/credit/subjects/{record.subject_id}/", desk),
            (
                "GET",
                f"/desk/credit/subjects/{person.subject_id}/",
                all_of(302, 403, 403, 404, 200, 200),
            ),
            ("GET", f"/desk/credit/records/{record.pk}/", desk),
            ("GET", f"/desk/credit/records/{person.pk}/", all_of(302, 403, 403, 404, 200, 200)),
            ("GET", "/desk/credit/intake/", desk),
            ("GET", f"/desk/credit/intake/{batch.pk}/", all_of(302, 403, 403, 404, 200, 200)),
            ("GET", "/desk/credit/intake/export/", all_of(302, 403, 403, 200, 200, 403)),
            ("GET", "/desk/credit/sources/", desk),
            ("GET", "/api/v1/credit/subjects", everyone),
            ("GET", f"/api/v1/credit/subjects/{record.subject_id}", everyone),
            ("GET", "/api/v1/credit/decisions", everyone),
            ("GET", f"/api/v1/credit/decisions/{record.pk}", everyone),
            ("GET", "/api/v1/credit/policies", everyone),
            ("GET", "/api/v1/credit/rules", everyone),
            ("GET", "/api/v1/credit/sources", all_of(401, 403, 403, 200, 200, 200)),
            ("POST", "/api/v1/credit/sources", all_of(401, 403, 403, 403, 403, 415)),
            ("POST", "/api/v1/credit/batches", all_of(401, 403, 403, 415, 415, 403)),
            ("POST", "/api/v1/credit/batches/file", all_of(401, 403, 403, 422, 422, 403)),
            ("GET", "/api/v1/credit/batches", all_of(401, 403, 403, 200, 200, 200)),
            ("GET", f"/api/v1/credit/batches/{batch.pk}", all_of(401, 403, 403, 404, 200, 200)),
            (
                "GET",
                f"/api/v1/credit/records/{person.pk}/history",
                all_of(401, 403, 403, 404, 200, 200),
            ),
            ("GET", "/api/v1/credit/export?kind=penalty", all_of(401, 403, 403, 200, 200, 403)),
            ("GET", "/api/v1/credit/mine/records", all_of(401, 200, 404, 403, 403, 403)),
            (
                "GET",
                f"/api/v1/credit/mine/records/{record.pk}",
                all_of(401, 200, 404, 403, 403, 403),
            ),
            ("GET", "/api/v1/credit/mine/views", all_of(401, 200, 404, 403, 403, 403)),
        ],
    )


def test_writing_operations_by_who_may_and_who_may_not() -> None:
    source = make_source()
    record = deliver(source, penalty_row(source))
    mine = client_for(reporter(source), bearer=True)
    other = client_for(
        make_officer_actor("credit_reporter", agency_id=make_agency("housing").id), bearer=True
    )
    office = client_for(
        make_officer_actor("credit_officer", region_code="440106000000"), bearer=True
    )
    rows = {"source": source.code, "rows": [penalty_row(source)]}

    def ask(client: Client, path: str, body: object, **headers: str) -> int:
        return client.post(
            f"/api/v1/credit/{path}", body, content_type="application/json", headers=headers
        ).status_code

    assert ask(other, "batches", rows) == 404
    assert ask(office, "batches", rows) == 403
    assert ask(mine, "batches", rows, **{"Idempotency-Key": "one"}) == 201
    assert ask(mine, "batches", rows, **{"Idempotency-Key": "one"}) == 201
    assert IntakeBatch.objects.filter(stored=1).count() == 2  # the fixture's and this one
    change = {"reason": "更正", "fine_fen": 100}
    assert ask(office, f"records/{record.pk}/corrections", change) == 403
    assert ask(other, f"records/{record.pk}/corrections", change) == 403  # may read it only
    assert ask(other, f"records/{uuid4()}/corrections", change) == 404
    assert ask(mine, f"records/{record.pk}/corrections", change) == 200
    assert ask(mine, f"records/{record.pk}/withdrawal", {"reason": "x"}) == 404  # superseded
    new = {
        "code": "tianhe.market.licence",
        "title": {"zh_hans": "许可"},
        "agency_id": str(source.agency_id),
        "kind": "licence",
        "section": "administration",
        "legal_basis": "行政许可法 第四十条",
        "cycle": "daily",
        "publicity_rule": "publicity.licence",
    }
    assert ask(mine, "sources", new) == 403
    assert ask(office, "sources", new) == 201


def test_opening_an_archive_needs_a_purpose_and_its_subject_sees_it() -> None:
    source = make_source()
    leader = make_person("周演示")
    firm = make_organisation(leader)
    record = deliver(source, penalty_row(source, CF_XDR_SHXYM=firm.registration_number))
    officer = client_for(make_officer_actor("credit_officer", region_code="440106000000"))
    path = f"/desk/credit/subjects/{record.subject_id}/"
    assert record.number not in officer.get(path).content.decode()
    assert officer.post(path, {"purpose": " "}).status_code == 422
    assert not ArchiveView.objects.exists()
    opened = officer.post(path, {"purpose": "办理食品经营许可核查"}).content.decode()
    assert record.number in opened
    owner = client_for(make_person_actor(leader, organisation=firm))
    agency, name = ArchiveView.objects.values_list("agency_name", "viewer_name").get()
    seen = owner.get("/credit/mine/views/").content.decode()
    assert "办理食品经营许可核查" in seen and agency in seen and name not in seen
    (line,) = owner.get("/api/v1/credit/mine/views").json()["items"]
    assert (line["agency_name"], line["viewer_name"]) == (agency, "")
    shown = settings.LINGNAN.model_copy(update={"officer_names": "shown"})
    with override_settings(LINGNAN=shown):
        assert name in owner.get("/credit/mine/views/").content.decode()
    other = client_for(make_person_actor())
    assert other.get("/api/v1/credit/mine/views").status_code == 404


def test_a_limited_mandate_does_not_open_the_archive() -> None:
    leader = make_person("周演示")
    firm = make_organisation(leader)
    source = make_source()
    deliver(source, penalty_row(source, CF_XDR_SHXYM=firm.registration_number))
    whole = make_person_actor(leader, organisation=firm)
    limited = replace(whole, matter_codes=frozenset({"440106000000"}))
    assert CreditSubject.objects.filter(own_q(whole)).count() == 1
    assert CreditSubject.objects.filter(own_q(limited)).count() == 0
