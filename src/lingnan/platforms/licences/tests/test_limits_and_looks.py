"""How often anyone verifies, what of a reading its holder sees, and seals while they are used."""

from datetime import timedelta
from threading import Event, Thread
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError, connection, transaction

from lingnan.kernel import clock
from lingnan.kernel.actors import ANONYMOUS, SYSTEM, Actor, Grant
from lingnan.platforms.identity import queries as identity
from lingnan.security.audit.testing import client_of, with_actors

from .. import services
from ..access import access_licence_to_use
from ..errors import VerifiedTooOften
from ..models import Seal, VerifyCount
from ..services import verify_limits
from ..services.seal_holding import hold_seal
from ..testing import holder_actor, make_agency, make_holder, make_licence, officer_actor
from ..types import ISSUE, SCAN, VIEW_LICENCES

pytestmark = pytest.mark.django_db


def test_an_address_verifies_so_often_in_a_minute_and_again_in_the_next() -> None:
    at = clock.now().replace(second=20)
    for _number in range(verify_limits.PER_MINUTE):
        services.check_verify_rate("192.0.2.1", at=at)
    with pytest.raises(VerifiedTooOften) as refusal:
        services.check_verify_rate("192.0.2.1", at=at)
    assert refusal.value.facts["retry_after_s"] == 40
    services.check_verify_rate("192.0.2.2", at=at)
    services.check_verify_rate("192.0.2.1", at=at + timedelta(minutes=1))
    assert services.forget_verify_rates(at=at + timedelta(days=2)) == 3
    assert not VerifyCount.objects.exists()


def test_page_and_api_say_when_to_come_back(settings: Any, monkeypatch: Any) -> None:
    with_actors(settings)
    monkeypatch.setattr(verify_limits, "PER_MINUTE", 0)
    client = client_of(ANONYMOUS)
    page = client.get("/verify/1.2.156/")
    api = client.get("/api/v1/licences/verify/1.2.156")
    assert (page.status_code, api.status_code) == (429, 429)
    assert 1 <= int(page["Retry-After"]) <= 60
    assert 1 <= int(api["Retry-After"]) <= 60
    assert api["Content-Type"] == "application/problem+json"
    assert api.json()["code"] == "licences.verified_too_often"
    assert client.get("/verify/").status_code == 200
    file = SimpleUploadedFile("a.pdf", b"%PDF-1.7")
    for path in ("/verify/file/", "/api/v1/licences/verify"):
        file.seek(0)
        assert client.post(path, {"file": file}).status_code == 429
    citizen = client_of(holder_actor(make_holder()))
    assert citizen.get("/api/v1/licences/verify/1.2.156").status_code == 429
    program = client_of(officer_actor(make_agency()))
    assert program.get("/api/v1/licences/verify/1.2.156").status_code == 200


def test_a_scan_stands_among_the_looks_of_its_holder_only() -> None:
    holder = make_holder()
    agency = make_agency()
    licence = make_licence(holder=holder, agency_id=agency)
    shown = services.show_licence(
        actor=holder_actor(holder), licence_id=licence.pk, purpose="held", at=clock.now()
    )
    services.scan_code(actor=officer_actor(agency, SCAN), code=shown.code, at=clock.now())
    (seen,) = identity.access_log(holder_actor(holder)).items
    assert (seen.line.number, seen.agency_name) == (licence.identifier, "演示市市场监督管理局")
    assert identity.access_log(holder_actor(make_holder())).items == []


def test_who_reaches_everywhere_finds_every_licence() -> None:
    licence = make_licence()
    everywhere = Actor(
        kind="officer",
        name="省级",
        grants=(Grant(role="x", permissions=frozenset({VIEW_LICENCES}), region_path=""),),
    )
    for actor in (SYSTEM, everywhere):
        assert access_licence_to_use(actor=actor, licence_id=licence.pk).pk == licence.pk


@pytest.mark.parametrize("path", ["/desk/licences/types/{}/template.csv", "{}/template?kind=csv"])
def test_the_name_of_a_template_is_the_code_of_its_type(settings: Any, path: str) -> None:
    with_actors(settings)
    licence = make_licence()
    client = client_of(officer_actor(licence.agency_id, ISSUE))
    base = path if path.startswith("/") else f"/api/v1/licences/types/{path}"
    answer = client.get(base.format(licence.type_code))
    assert answer["Content-Disposition"] == f'attachment; filename="{licence.type_code}.csv"'
    odd = client.get(base.format("a%22%0d%0aX-Evil:%201"))
    assert odd.status_code == 404
    assert "X-Evil" not in odd


@pytest.mark.django_db(transaction=True)
def test_a_seal_in_use_is_not_suspended_meanwhile() -> None:
    seal = make_licence().sealed_by
    held, done = Event(), Event()

    def use() -> None:
        with transaction.atomic():
            hold_seal(Seal.objects.get(pk=seal.pk))
            held.set()
            done.wait(10)
        connection.close()

    thread = Thread(target=use)
    thread.start()
    held.wait(10)
    try:
        with transaction.atomic():  # a second use goes on beside the first
            hold_seal(Seal.objects.get(pk=seal.pk))
        with pytest.raises(OperationalError), transaction.atomic():
            connection.cursor().execute("SET LOCAL lock_timeout = '200ms'")
            Seal.objects.filter(pk=seal.pk).update(state="suspended")
    finally:
        done.set()
        thread.join()
    Seal.objects.filter(pk=seal.pk).update(state="suspended")
    assert hold_seal(seal).state == "suspended"


def test_moving_about_in_a_network_gains_nothing() -> None:
    at = clock.now().replace(second=10)
    for host in range(verify_limits.PER_MINUTE):
        services.check_verify_rate(f"2001:db8:1:2::{host:x}", at=at)
    with pytest.raises(VerifiedTooOften):
        services.check_verify_rate("2001:db8:1:2:ffff::1", at=at)
    services.check_verify_rate("2001:db8:1:3::1", at=at)
