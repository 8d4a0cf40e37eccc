"""A code is good once, for seconds, for one purpose; whoever scanned it is in the holder's log."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from lingnan.kernel import clock
from lingnan.kernel.actors import SYSTEM
from lingnan.kernel.errors import Forbidden
from lingnan.kernel.models import OutboxEvent
from lingnan.kernel.testing import check_routes, max_queries, race
from lingnan.security.audit.testing import client_of, with_actors

from .. import queries, services
from ..errors import CodeSpent, LicenceUnknown, NotValidNow, PurposeUnknown
from ..models import Licence, LicenceUse, Presentation
from ..testing import (
    FIELDS_SCHEMA,
    holder_actor,
    make_agency,
    make_holder,
    make_licence,
    make_type,
    officer_actor,
)
from ..types import SCAN, VIEW_LICENCES, Holder, ScannedLicence, ShownCode

pytestmark = pytest.mark.django_db


@pytest.fixture
def holder() -> Holder:
    return make_holder()


@pytest.fixture
def licence(holder: Holder) -> Licence:
    properties: dict[str, Any] = {**FIELDS_SCHEMA["properties"]}  # type: ignore[dict-item]
    properties["place"] = {**properties["place"], "x-sensitive": True}
    kind = make_type(fields_schema={**FIELDS_SCHEMA, "properties": properties})
    return make_licence(holder=holder, type_code=kind.code)


def show(holder: Holder, licence: Licence, purpose: str = "held") -> ShownCode:
    return services.show_licence(
        actor=holder_actor(holder), licence_id=licence.pk, purpose=purpose, at=clock.now()
    )


def scan(code: str, **changes: Any) -> ScannedLicence:
    actor = changes.pop("actor", None) or officer_actor(make_agency(), SCAN)
    return services.scan_code(actor=actor, code=code, at=clock.now(), **changes)


def test_a_scan_is_in_the_log_and_the_code_is_kept_nowhere(
    holder: Holder, licence: Licence
) -> None:
    shown = show(holder, licence)
    assert shown.code not in str(Presentation.objects.values().get())
    agency = make_agency("演示市城管局")
    found = scan(shown.code.lower(), actor=officer_actor(agency, SCAN))
    assert found.licence_id == licence.pk
    use = LicenceUse.objects.get(licence=licence)
    assert (use.kind, use.agency_id, use.fields) == ("shown", agency, [])
    assert use.used_by == "演示市城管局 李科长"
    assert OutboxEvent.objects.filter(name="licences.shown").count() == 1


@pytest.mark.parametrize(
    ("purpose", "name", "fields", "code"),
    [
        ("held", "陈*玲", [], ""),
        ("identity", "陈美玲", [], "009***********0025"),
        ("inspect", "陈美玲", ["business_scope"], ""),
        ("whole", "陈美玲", ["business_scope", "place"], "009999199005170025"),
    ],
)
def test_a_purpose_opens_what_it_needs(
    holder: Holder, licence: Licence, purpose: str, name: str, fields: list[str], code: str
) -> None:
    found = scan(show(holder, licence, purpose).code)
    assert found.holder_name == name
    assert [item.name for item in found.shown_fields] == fields
    assert found.holder_code == code


def test_a_code_is_good_once_and_not_after_its_time(holder: Holder, licence: Licence) -> None:
    first = show(holder, licence)
    second = show(holder, licence)
    with pytest.raises(CodeSpent):  # the newer one made it void
        scan(first.code)
    scan(second.code)
    with pytest.raises(CodeSpent):
        scan(second.code)
    late = show(holder, licence)
    with pytest.raises(CodeSpent):
        services.scan_code(
            actor=officer_actor(make_agency(), SCAN), code=late.code, at=late.expires_at
        )
    with pytest.raises(CodeSpent):
        scan("NOSUCHCODE")
    assert LicenceUse.objects.count() == 1


def test_who_may_show_and_scan(holder: Holder, licence: Licence) -> None:
    with pytest.raises(LicenceUnknown):
        show(make_holder(), licence)
    with pytest.raises(PurposeUnknown):
        show(holder, licence, "everything")
    shown = show(holder, licence)
    with pytest.raises(Forbidden):
        scan(shown.code, actor=officer_actor(make_agency(), VIEW_LICENCES))
    with pytest.raises(Forbidden):
        scan(shown.code, actor=holder_actor(make_holder()))
    services.suspend_licence(licence_id=licence.pk, ground="69", actor=SYSTEM, at=clock.now())
    assert scan(shown.code).status == "suspended"
    with pytest.raises(NotValidNow):
        show(holder, licence)


def test_unscanned_codes_are_forgotten(holder: Holder, licence: Licence) -> None:
    scan(show(holder, licence).code)
    show(holder, licence)
    assert services.forget_codes(at=clock.now()) == 0
    assert services.forget_codes(at=clock.now() + timedelta(days=2)) == 1
    assert Presentation.objects.filter(used_at__isnull=False).count() == 1


@pytest.mark.django_db(transaction=True)
def test_scanned_at_once_one_wins(holder: Holder) -> None:
    licence = make_licence(holder=holder)
    shown, officer = show(holder, licence), officer_actor(make_agency(), SCAN)
    results = race([lambda: scan(shown.code, actor=officer)] * 4)
    assert sum(isinstance(result, CodeSpent) for result in results) == 3
    assert LicenceUse.objects.filter(kind="shown").count() == 1


def test_the_page_shows_a_code_and_the_desk_opens_it(
    settings: Any, holder: Holder, licence: Licence
) -> None:
    with_actors(settings)
    mine = client_of(holder_actor(holder))
    officer = client_of(officer_actor(make_agency(), SCAN))
    choose = mine.get(f"/wallet/{licence.pk}/show/").content.decode()
    assert "?purpose=inspect" in choose
    assert not Presentation.objects.exists()
    page = mine.get(f"/wallet/{licence.pk}/show/?purpose=inspect")
    assert page["Cache-Control"] == "no-store"
    code = page.content.decode().split("<code>")[1].split("</code>")[0]
    opened = officer.post("/desk/licences/scan/", {"code": code}).content.decode()
    assert "热食类食品制售" in opened
    assert "演示路 1 号" not in opened
    assert officer.post("/desk/licences/scan/", {"code": code}).status_code == 410
    assert officer.post("/desk/licences/scan/", {"code": ""}).status_code == 422
    log = mine.get("/wallet/uses/").content.decode()
    assert "李科长" in log
    assert "李科长" not in mine.get("/wallet/uses/?kind=copy").content.decode()
    answer = mine.post(
        f"/api/v1/licences/{licence.pk}/show", {"purpose": "held"}, content_type="application/json"
    )
    assert answer.status_code == 201, answer.content.decode()
    body = {"code": answer.json()["code"]}
    path = "/api/v1/licences/scan"
    assert officer.post(path, body, content_type="application/json").json()["number"] == ""
    assert officer.post(path, body, content_type="application/json").status_code == 410


def test_the_log_tells_licences_of_one_type_apart(
    settings: Any, holder: Holder, licence: Licence
) -> None:
    with_actors(settings)
    again = make_licence(holder=holder, type_code=licence.type_code)
    page = client_of(holder_actor(holder)).get("/wallet/uses/")
    titles = dict(page.context["form"].fields["licence"].choices)
    numbers = {row.pk: queries.card(queries.row(row.pk)).number for row in (licence, again)}
    assert len(set(titles.values())) == len(titles) == 3
    for pk, number in numbers.items():
        assert number in titles[str(pk)]
    other = make_licence(holder=holder, type_code=licence.type_code, agency_id=make_agency())
    assert other.serial == licence.serial  # each agency counts for itself
    page = client_of(holder_actor(holder)).get("/wallet/uses/")
    titles = dict(page.context["form"].fields["licence"].choices)
    assert len(set(titles.values())) == len(titles) == 4


def test_a_marked_copy_is_logged_and_only_the_holders(
    settings: Any, holder: Holder, licence: Licence
) -> None:
    with_actors(settings)
    mine, other = client_of(holder_actor(holder)), client_of(holder_actor(make_holder()))
    officer = client_of(officer_actor(licence.agency_id))
    form = {"given_to": "房东", "purpose": "租房", "until": (clock.today()).isoformat()}
    assert mine.post(f"/wallet/{licence.pk}/copy/", {**form, "purpose": ""}).status_code == 422
    late = {**form, "until": (clock.today() + timedelta(days=181)).isoformat()}
    assert mine.post(f"/wallet/{licence.pk}/copy/", late).status_code == 422
    assert other.post(f"/wallet/{licence.pk}/copy/", form).status_code == 404
    assert mine.post(f"/wallet/{licence.pk}/copy/", form).status_code == 302
    use = LicenceUse.objects.get(kind="copy")
    assert (use.used_by, use.purpose) == ("房东", "租房")
    paths = [
        f"/wallet/copies/{use.pk}/",
        f"/wallet/copies/{use.pk}/ofd/",
        f"/licences/copies/{use.pk}/",
    ]
    check_routes(
        {"mine": mine, "other": other, "officer": officer, "anonymous": Client()},
        [
            *(
                ("GET", path, {"mine": 200, "other": 404, "officer": 404, "anonymous": 302})
                for path in paths
            ),
            ("GET", f"/api/v1/licences/copies/{use.pk}/ofd", {"mine": 200, "officer": 404}),
            ("GET", "/wallet/uses/", {"mine": 200, "anonymous": 302}),
            ("GET", "/wallet/requests/", {"mine": 200, "anonymous": 302}),
            ("GET", f"/wallet/{licence.pk}/show/", {"other": 404, "officer": 404}),
            ("GET", f"/wallet/{licence.pk}/copy/", {"other": 404, "officer": 404}),
            ("GET", "/desk/licences/scan/", {"mine": 403, "officer": 403, "anonymous": 302}),
            ("GET", "/api/v1/licences/uses", {"mine": 200, "anonymous": 401}),
        ],
    )
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM licences_licenceuse WHERE kind = 'copy'")
        assert cursor.fetchone() == (1,)
    for _more in range(3):
        mine.post(f"/wallet/{licence.pk}/copy/", form)
    with max_queries(1):
        assert len(queries.page_of_uses(holder_actor(holder)).items) == 4
