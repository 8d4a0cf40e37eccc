"""A seal's life, every use approved and logged, and what a seal out of use cannot do."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection, transaction
from django.test import Client

from lingnan.kernel import clock
from lingnan.kernel.actors import ANONYMOUS, SYSTEM, Actor, Grant
from lingnan.kernel.errors import Forbidden
from lingnan.kernel.testing import check_routes, deliver_all, max_queries
from lingnan.platforms.identity.testing import make_account, make_person
from lingnan.security.audit.models import Entry
from lingnan.security.audit.testing import client_of, with_actors
from lingnan.security.crypto.errors import DeviceAway, DeviceRefused
from lingnan.security.crypto.models import Certificate, Key

from .. import ofd, services
from ..document_checks import verify_document
from ..errors import (
    DocumentEmpty,
    DocumentUnreadable,
    SealDecidedByOneself,
    SealDocumentsMissing,
    SealGroundMissing,
    SealNeedsTwoPages,
    SealNotReplaceable,
    SealStateRefused,
    SealTaken,
    SealTextMissing,
    SealUnavailable,
    SealUnknown,
    SealUnusable,
)
from ..findings import Outcome, Step
from ..models import Seal, SealApplication, SealChange, SealRequest, SealUse
from ..services import seal_requests, sealing
from ..services.sealing import put_seal
from ..testing import holder_actor, make_agency, make_holder, make_licence, make_ofd, officer_actor
from ..types import APPROVE_SEALS, KEEP_SEALS, MANAGE_SEALS, VIEW_LICENCES, SealKind

pytestmark = pytest.mark.django_db


@pytest.fixture
def agency() -> UUID:
    return make_agency()


def _apply(keeper: Actor, agency: UUID, **changes: Any) -> SealApplication:
    values: dict[str, Any] = {
        "agency_id": agency, "kind": SealKind.SPECIAL, "text": "行政审批专用章",
        "reason": "业务需要", "actor": keeper, "at": clock.now(), **changes,
    }  # fmt: skip
    return services.apply_for_seal(**values)


def _enabled(agency: UUID, **changes: Any) -> Seal:
    keeper = officer_actor(agency, KEEP_SEALS)
    application = _apply(keeper, agency, **changes)
    approver, admin = officer_actor(agency, APPROVE_SEALS), officer_actor(agency, MANAGE_SEALS)
    now = clock.now()
    services.decide_on_seal(
        application_id=application.pk, approves=True, ground="同意", actor=approver, at=now
    )
    seal = services.make_seal(application_id=application.pk, actor=admin, at=now)
    services.record_seal(seal_id=seal.pk, record_number="备-1", actor=admin, at=now)
    return services.enable_seal(seal_id=seal.pk, ground="启用", actor=admin, at=now)


def _ask(keeper: Actor, seal: Seal, *contents: bytes, **changes: Any) -> SealRequest:
    files = [(f"{number}.ofd", content) for number, content in enumerate(contents, 1)]
    return services.ask_for_seal(
        seal_id=seal.pk, purpose="批复文件", files=files, actor=keeper, at=clock.now(), **changes
    )


def test_from_application_to_use_step_by_step(agency: UUID) -> None:
    seal = _enabled(agency)
    assert seal.state == "active"
    assert seal.record_number == "备-1"
    steps = list(SealChange.objects.filter(seal=seal).values_list("state", flat=True))
    assert sorted(steps) == ["active", "made", "recorded"]
    assert "行政审批专用章" in seal.name
    assert bytes(seal.picture).startswith(b"\x89PNG")


def test_who_asks_does_not_decide_and_nobody_decides_twice(agency: UUID) -> None:
    both = officer_actor(agency, KEEP_SEALS, APPROVE_SEALS)
    application = _apply(both, agency)
    decide: dict[str, Any] = {
        "application_id": application.pk,
        "approves": True,
        "ground": "x",
        "at": clock.now(),
    }
    with pytest.raises(SealDecidedByOneself):
        services.decide_on_seal(actor=both, **decide)
    with pytest.raises(IntegrityError), transaction.atomic():
        SealApplication.objects.filter(pk=application.pk).update(
            state="approved", decided_at=clock.now(),
            decided_by_account=application.applied_by_account,
        )  # fmt: skip
    other = officer_actor(agency, APPROVE_SEALS)
    with pytest.raises(SealGroundMissing):
        services.decide_on_seal(actor=other, **{**decide, "ground": " "})
    services.decide_on_seal(actor=other, **{**decide, "approves": False})
    with pytest.raises(SealStateRefused):
        services.decide_on_seal(actor=other, **decide)
    admin = officer_actor(agency, MANAGE_SEALS)
    with pytest.raises(SealStateRefused):  # refused is not approved
        services.make_seal(application_id=application.pk, actor=admin, at=clock.now())
    with pytest.raises(Forbidden):
        _apply(officer_actor(make_agency(), KEEP_SEALS), agency)


def test_steps_out_of_order_are_refused(agency: UUID) -> None:
    keeper, admin = officer_actor(agency, KEEP_SEALS), officer_actor(agency, MANAGE_SEALS)
    application = _apply(keeper, agency)
    services.decide_on_seal(
        application_id=application.pk, approves=True, ground="x",
        actor=officer_actor(agency, APPROVE_SEALS), at=clock.now(),
    )  # fmt: skip
    seal = services.make_seal(application_id=application.pk, actor=admin, at=clock.now())
    step: dict[str, Any] = {"seal_id": seal.pk, "ground": "x", "actor": admin, "at": clock.now()}
    with pytest.raises(SealStateRefused):  # not recorded yet
        services.enable_seal(**step)
    with pytest.raises(SealUnusable):
        _ask(keeper, seal, make_ofd())
    with pytest.raises(SealUnknown):  # a keeper does not manage
        services.destroy_seal(**{**step, "actor": keeper})
    with pytest.raises(SealUnknown):  # nor does another agency's administrator
        services.destroy_seal(**{**step, "actor": officer_actor(make_agency(), MANAGE_SEALS)})


def test_one_seal_of_the_unit_and_a_change_destroys_the_old(agency: UUID) -> None:
    first = _enabled(agency, kind=SealKind.UNIT)
    with pytest.raises(SealTaken):
        _enabled(agency, kind=SealKind.UNIT)
    second = _enabled(agency, kind=SealKind.UNIT, replaces_id=first.pk)
    first.refresh_from_db()
    assert (first.state, second.state) == ("destroyed", "active")
    key = Key.objects.get(pk=first.key_id)
    assert (key.state, bytes(key.wrapped)) == ("destroyed", b"")
    assert Certificate.objects.get(pk=first.certificate_id).revocation_reason == "superseded"
    assert services.ensure_seal(agency, at=clock.now()).pk == second.pk


def test_a_seal_replaces_only_one_of_its_agency_and_kind_that_is_left(agency: UUID) -> None:
    unit, ended, other = (
        _enabled(agency, kind=SealKind.UNIT), _enabled(agency), _enabled(make_agency())
    )  # fmt: skip
    admin, keeper = officer_actor(agency, MANAGE_SEALS), officer_actor(agency, KEEP_SEALS)
    wide = Grant(role="x", permissions=frozenset({KEEP_SEALS}), region_path="990000000000/")
    keeper = replace(keeper, grants=(wide,))
    services.destroy_seal(seal_id=ended.pk, ground="x", actor=admin, at=clock.now())
    for seal in (unit, ended, other):
        with pytest.raises(SealNotReplaceable):
            _apply(keeper, agency, replaces_id=seal.pk)
    with pytest.raises(SealTextMissing):
        _apply(keeper, agency, text=" ")
    assert SealApplication.objects.filter(state="applied").count() == 0


def test_a_lost_seal_that_is_replaced_stays_revoked_as_lost(agency: UUID) -> None:
    first = _enabled(agency)
    keeper = officer_actor(agency, KEEP_SEALS)
    services.report_seal_lost(seal_id=first.pk, ground="遗失", actor=keeper, at=clock.now())
    _enabled(agency, replaces_id=first.pk)
    first.refresh_from_db()
    assert first.state == "destroyed"
    certificate = Certificate.objects.get(pk=first.certificate_id)
    assert certificate.revocation_reason == "key_compromise"


def test_the_pages_name_what_is_replaced_and_by_what(
    clients: dict[str, Client], agency: UUID
) -> None:
    old = _enabled(agency)
    new = _enabled(agency, replaces_id=old.pk)
    keeper = clients["keeper"]
    assert f"/desk/seals/{new.pk}/" in keeper.get(f"/desk/seals/{old.pk}/").content.decode()
    assert f"/desk/seals/{old.pk}/" in keeper.get(f"/desk/seals/{new.pk}/").content.decode()
    offered = keeper.get("/desk/seals/apply/").content.decode()
    assert str(new.pk) in offered
    assert str(old.pk) not in offered
    body = {"kind": "unit", "replaces": str(new.pk), "reason": "更名"}
    refused = keeper.post("/desk/seals/apply/", body)
    assert refused.status_code == 422
    assert "replaces" in refused.context["form"].errors


def test_a_lost_seal_signs_nothing_and_what_it_signed_before_stays_proven(agency: UUID) -> None:
    licence = make_licence(agency_id=agency)
    before = services.face_bytes(licence.pk, "ofd", at=clock.now())[0]
    keeper = officer_actor(agency, KEEP_SEALS)
    services.report_seal_lost(
        seal_id=licence.sealed_by.pk, ground="介质遗失", actor=keeper, at=clock.now()
    )
    with pytest.raises(SealUnavailable):
        make_licence(agency_id=agency)
    later = clock.now() + timedelta(seconds=3)
    forged = services.face_bytes(licence.pk, "ofd", at=later)[0]
    assert forged == before  # it was rendered once
    found = {finding.step: finding for finding in verify_document(before, at=later).all_findings}
    assert found[Step.SIGNATURE_VALUE].outcome is Outcome.PROVEN
    certificate = Certificate.objects.get(pk=licence.sealed_by.certificate_id)
    assert certificate.revocation_reason == "key_compromise"


def test_many_documents_one_approval_a_report_and_a_log(agency: UUID) -> None:
    seal = _enabled(agency)
    keeper, approver = officer_actor(agency, KEEP_SEALS), officer_actor(agency, APPROVE_SEALS)
    closed = services.seal_ofd(
        make_ofd(), agency_id=agency, purpose="x", actor=SYSTEM, at=clock.now()
    )
    request = _ask(keeper, seal, make_ofd(), closed, make_ofd(pages=2))
    assert services.run_request(request_id=request.pk, at=clock.now()) == 0  # not approved yet
    services.decide_on_request(
        request_id=request.pk, approves=True, ground="同意", actor=approver, at=clock.now()
    )
    deliver_all()
    request.refresh_from_db()
    assert (request.state, request.done_count, request.refused_count) == ("done", 2, 1)
    states = list(request.items.order_by("number").values_list("state", flat=True))
    assert states == ["sealed", "refused", "sealed"]
    assert request.items.get(number=2).problem
    uses = SealUse.objects.filter(seal=seal)
    assert uses.count() == 2
    use = uses.first()
    assert use is not None
    assert (use.purpose, use.used_by_account) == ("批复文件", keeper.account_id)
    assert use.approved_by
    assert str(request.pk) in use.rule
    assert {len(use.digest_sm3), len(use.sealed_digest_sm3)} == {64}


def test_a_seal_suspended_on_the_way_stops_the_request_and_it_goes_on(agency: UUID) -> None:
    seal = _enabled(agency)
    keeper, admin = officer_actor(agency, KEEP_SEALS), officer_actor(agency, MANAGE_SEALS)
    request = _ask(keeper, seal, make_ofd())
    services.decide_on_request(
        request_id=request.pk, approves=True, ground="x",
        actor=officer_actor(agency, APPROVE_SEALS), at=clock.now(),
    )  # fmt: skip
    services.suspend_seal(seal_id=seal.pk, ground="x", actor=admin, at=clock.now())
    assert services.run_request(request_id=request.pk, at=clock.now()) == 0
    request.refresh_from_db()
    assert request.state == "stopped"
    assert seal.name in request.problem
    with pytest.raises(SealUnusable):
        services.resume_request(request_id=request.pk, actor=keeper, at=clock.now())
    services.enable_seal(seal_id=seal.pk, ground="x", actor=admin, at=clock.now())
    services.resume_request(request_id=request.pk, actor=keeper, at=clock.now())
    assert services.run_request(request_id=request.pk, at=clock.now()) == 1


def _stopped_half_way(keeper: Actor, seal: Seal, monkeypatch: pytest.MonkeyPatch) -> SealRequest:
    """Two documents; when one is sealed, the seal is destroyed."""
    request = _ask(keeper, seal, make_ofd(), make_ofd(pages=2))
    services.decide_on_request(
        request_id=request.pk, approves=True, ground="同意",
        actor=officer_actor(seal.agency_id, APPROVE_SEALS), at=clock.now(),
    )  # fmt: skip
    monkeypatch.setattr(seal_requests, "check_usable", _usable_twice(seal, sealing.check_usable))
    assert services.run_request(request_id=request.pk, at=clock.now()) == 1
    monkeypatch.undo()
    request.refresh_from_db()
    assert (request.state, request.done_count) == ("stopped", 1)
    return request


def _usable_twice(seal: Seal, check: Any) -> Any:
    left = [1, 1]  # when the first document is chosen and when it is kept

    def check_then_destroy(row: Seal, *, at: Any) -> None:
        if not left:
            admin = officer_actor(seal.agency_id, MANAGE_SEALS)
            services.destroy_seal(seal_id=seal.pk, ground="x", actor=admin, at=at)
            row.refresh_from_db()
        else:
            left.pop()
        check(row, at=at)

    return check_then_destroy


def test_a_request_whose_seal_is_destroyed_is_given_up_and_what_was_sealed_stays(
    agency: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    seal, keeper = _enabled(agency), officer_actor(agency, KEEP_SEALS)
    request = _stopped_half_way(keeper, seal, monkeypatch)
    other, now = officer_actor(agency, KEEP_SEALS), clock.now()
    for actor, ground, refusal in (
        (officer_actor(make_agency(), KEEP_SEALS), "x", SealUnknown),
        (officer_actor(agency, APPROVE_SEALS, MANAGE_SEALS), "x", SealUnknown),
        (other, " ", SealGroundMissing),
    ):
        with pytest.raises(refusal):
            services.drop_request(request_id=request.pk, ground=ground, actor=actor, at=now)
    services.drop_request(request_id=request.pk, ground="印章已注销", actor=other, at=now)
    request.refresh_from_db()
    assert (request.state, request.dropped_ground, request.ended_at) == (
        "dropped",
        "印章已注销",
        now,
    )
    assert [item.state for item in request.items.order_by("number")] == ["sealed", "dropped"]
    assert request.decided_at is not None
    (told,) = Entry.objects.filter(act="licences.seal_request_dropped")
    assert (told.object_id, told.facts["ground"]) == (str(request.pk), "印章已注销")
    with pytest.raises(SealStateRefused):
        services.drop_request(request_id=request.pk, ground="x", actor=keeper, at=now)
    with pytest.raises(SealStateRefused):
        services.resume_request(request_id=request.pk, actor=keeper, at=now)
    assert services.run_request(request_id=request.pk, at=now) == 0


def test_who_asked_withdraws_what_waits_and_nobody_else_does(agency: UUID) -> None:
    seal = _enabled(agency)
    keeper, approver = officer_actor(agency, KEEP_SEALS), officer_actor(agency, APPROVE_SEALS)
    request, now = _ask(keeper, seal, make_ofd()), clock.now()
    with pytest.raises(SealStateRefused):  # one that waits is the asker's own, or it is decided
        services.drop_request(
            request_id=request.pk, ground="x", actor=officer_actor(agency, KEEP_SEALS), at=now
        )
    services.drop_request(request_id=request.pk, ground="", actor=keeper, at=now)
    request.refresh_from_db()
    assert (request.state, request.decided_at, request.dropped_by) == ("dropped", None, keeper.name)
    with pytest.raises(SealStateRefused):
        services.decide_on_request(
            request_id=request.pk, approves=True, ground="x", actor=approver, at=now
        )
    running = _ask(keeper, seal, make_ofd())
    services.decide_on_request(
        request_id=running.pk, approves=True, ground="x", actor=approver, at=now
    )
    with pytest.raises(SealStateRefused):
        services.drop_request(request_id=running.pk, ground="", actor=keeper, at=now)


def test_a_request_is_withdrawn_or_given_up_by_page_and_over_http(
    settings: Any, agency: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_actors(settings)
    seal, keeper = _enabled(agency), officer_actor(agency, KEEP_SEALS)
    asker, other = client_of(keeper), client_of(officer_actor(agency, KEEP_SEALS))
    first, second = _ask(keeper, seal, make_ofd()), _ask(keeper, seal, make_ofd())
    page = f"/desk/seals/requests/{first.pk}/"
    assert asker.get(page).context["may_drop"]
    assert not other.get(page).context["may_drop"]
    refused = other.post(page, {"drop": "1", "dropped_ground": "不用了"})
    assert refused.status_code == 409
    assert refused.context["problem"].code == "licences.seal_state_refused"
    assert asker.post(page, {"drop": "1", "dropped_ground": ""}).status_code == 302
    shown = asker.get(page)
    assert shown.context["row"].state == "dropped"
    assert not shown.context["may_drop"]
    path = f"/api/v1/seals/requests/{second.pk}/drop"
    assert _post(other, path, {"ground": "x"}).json()["code"] == "licences.seal_state_refused"
    assert _post(asker, path, {}).json()["state"] == "dropped"
    stopped = _stopped_half_way(keeper, seal, monkeypatch)
    page = f"/desk/seals/requests/{stopped.pk}/"
    unsaid = other.post(page, {"drop": "1", "dropped_ground": ""})
    assert (unsaid.status_code, "dropped_ground" in unsaid.context["drop_form"].errors) == (
        422,
        True,
    )
    path = f"/api/v1/seals/requests/{stopped.pk}/drop"
    assert _post(other, path, {}).json()["code"] == "licences.seal_ground_missing"
    assert other.post(page, {"drop": "1", "dropped_ground": "印章已注销"}).status_code == 302
    assert "印章已注销" in other.get(page).content.decode()


def test_what_was_signed_for_a_seal_suspended_meanwhile_is_thrown_away(
    agency: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A signing device may be slow: no row is locked while it signs, and all is looked at again."""
    seal = _enabled(agency)
    request = _ask(officer_actor(agency, KEEP_SEALS), seal, make_ofd(), make_ofd())
    services.decide_on_request(
        request_id=request.pk, approves=True, ground="x",
        actor=officer_actor(agency, APPROVE_SEALS), at=clock.now(),
    )  # fmt: skip
    real, savepoints = put_seal, len(connection.savepoint_ids)

    def slow(*given: Any, **more: Any) -> bytes:
        assert len(connection.savepoint_ids) == savepoints  # in no transaction of the job's
        signed = real(*given, **more)
        services.suspend_seal(
            seal_id=seal.pk, ground="x", actor=officer_actor(agency, MANAGE_SEALS), at=clock.now()
        )
        return signed

    monkeypatch.setattr(seal_requests, "put_seal", slow)
    assert services.run_request(request_id=request.pk, at=clock.now()) == 0
    request.refresh_from_db()
    assert (request.state, request.done_count) == ("stopped", 0)
    assert set(request.items.values_list("state", flat=True)) == {"waiting"}
    assert not SealUse.objects.filter(seal=seal).exists()


def test_a_device_away_or_refusing_its_key_costs_no_document(
    agency: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    seal, keeper = _enabled(agency), officer_actor(agency, KEEP_SEALS)
    request = _ask(keeper, seal, make_ofd(), make_ofd())
    services.decide_on_request(
        request_id=request.pk, approves=True, ground="x",
        actor=officer_actor(agency, APPROVE_SEALS), at=clock.now(),
    )  # fmt: skip
    errors: list[Exception] = [
        DeviceAway("hsm"),
        DeviceRefused(device="hsm", reason="0x04000006"),
    ]

    def sign(*_given: object) -> bytes:
        raise errors.pop(0)

    with monkeypatch.context() as patched:
        patched.setattr(sealing, "sign_with_seal", sign)
        with pytest.raises(DeviceAway):
            services.run_request(request_id=request.pk, at=clock.now())
        request.refresh_from_db()
        assert (request.state, request.problem) == ("running", str(DeviceAway.message))
        assert services.run_request(request_id=request.pk, at=clock.now()) == 0
    request.refresh_from_db()
    assert (request.state, request.refused_count) == ("stopped", 0)
    assert "0x04000006" in request.problem
    assert set(request.items.values_list("state", flat=True)) == {"waiting"}
    services.resume_request(request_id=request.pk, actor=keeper, at=clock.now())
    assert services.run_request(request_id=request.pk, at=clock.now()) == 2
    request.refresh_from_db()
    assert (request.state, request.problem) == ("done", "")


def test_a_request_needs_documents_a_purpose_and_another_person(agency: UUID) -> None:
    seal = _enabled(agency)
    both = officer_actor(agency, KEEP_SEALS, APPROVE_SEALS)
    with pytest.raises(SealDocumentsMissing):
        _ask(both, seal)
    with pytest.raises(DocumentUnreadable) as refused:
        _ask(both, seal, make_ofd(), b"no ofd")
    (problem,) = refused.value.fields
    assert problem.path == "files.1"
    assert problem.message.startswith("2.ofd: ")
    with pytest.raises(DocumentEmpty):
        _ask(both, seal, b"")
    with pytest.raises(SealNeedsTwoPages):  # told at once, not when it was approved and is sealed
        _ask(both, seal, make_ofd(pages=2), make_ofd(), straddles=True)
    assert not SealRequest.objects.exists()
    request = _ask(both, seal, make_ofd())
    with pytest.raises(SealDecidedByOneself):
        services.decide_on_request(
            request_id=request.pk, approves=True, ground="x", actor=both, at=clock.now()
        )
    assert not SealUse.objects.filter(seal=seal).exists()


def test_who_asked_does_not_approve_with_a_second_account(agency: UUID) -> None:
    """His account at the keeper's desk and his own: the records say that both are one person."""
    person = make_person()
    keeper = replace(officer_actor(agency, KEEP_SEALS), account_id=make_account(person).pk)
    again = replace(officer_actor(agency, APPROVE_SEALS), person_id=person.pk)
    assert keeper.account_id != again.account_id
    now, seal = clock.now(), _enabled(agency)
    request, application = _ask(keeper, seal, make_ofd()), _apply(keeper, agency)
    with pytest.raises(SealDecidedByOneself):
        services.decide_on_request(
            request_id=request.pk, approves=True, ground="x", actor=again, at=now
        )
    with pytest.raises(SealDecidedByOneself):
        services.decide_on_seal(
            application_id=application.pk, approves=True, ground="x", actor=again, at=now
        )


def test_a_seal_whose_certificate_it_does_not_name_or_is_revoked_is_not_used(agency: UUID) -> None:
    seal, other = services.ensure_seal(agency, at=clock.now()), _enabled(make_agency())
    swapped = {"certificate_der": bytes(other.certificate_der)}
    Seal.objects.filter(pk=seal.pk).update(**swapped)
    with pytest.raises(SealUnusable):
        services.seal_ofd(make_ofd(), agency_id=agency, purpose="x", actor=SYSTEM, at=clock.now())
    Seal.objects.filter(pk=seal.pk).update(certificate_der=bytes(seal.certificate_der))
    Certificate.objects.filter(pk=seal.certificate_id).update(
        revoked_at=clock.now(), revocation_reason="unspecified"
    )
    with pytest.raises(SealUnusable):
        make_licence(agency_id=agency)


def test_seals_past_their_term_end_by_the_clock(agency: UUID) -> None:
    seal = _enabled(agency)
    assert services.expire_seals(at=clock.now()) == 0
    assert services.expire_seals(at=seal.valid_until) == 1
    seal.refresh_from_db()
    assert seal.state == "expired"


@pytest.fixture
def clients(settings: Any, agency: UUID) -> dict[str, Any]:
    with_actors(settings)
    return {
        "anonymous": client_of(ANONYMOUS),
        "person": client_of(holder_actor(make_holder())),
        "viewer": client_of(officer_actor(agency, VIEW_LICENCES)),
        "keeper": client_of(officer_actor(agency, KEEP_SEALS)),
        "approver": client_of(officer_actor(agency, APPROVE_SEALS)),
        "manager": client_of(officer_actor(agency, MANAGE_SEALS)),
        "elsewhere": client_of(
            officer_actor(make_agency(), KEEP_SEALS, APPROVE_SEALS, MANAGE_SEALS)
        ),
    }


def test_who_may_ask_what(clients: dict[str, Client], agency: UUID) -> None:
    seal = _enabled(agency)
    application = SealApplication.objects.get(seal=seal)
    request = _ask(officer_actor(agency, KEEP_SEALS), seal, make_ofd())
    see = {
        "anonymous": 302, "person": 403, "viewer": 403, "keeper": 200, "approver": 200,
        "manager": 200, "elsewhere": 404,
    }  # fmt: skip
    lists = {**see, "elsewhere": 200}
    keep = {**see, "approver": 403, "manager": 403}

    def api(of: dict[str, int]) -> dict[str, int]:
        return {**of, "anonymous": 401}

    page, rest = f"/desk/seals/{seal.pk}/", f"/api/v1/seals/{seal.pk}"
    asked = f"/api/v1/seals/requests/{request.pk}"
    check_routes(
        clients,
        [
            ("GET", "/desk/seals/", lists),
            ("GET", "/desk/seals/apply/", {**keep, "elsewhere": 200}),
            ("GET", f"/desk/seals/applications/{application.pk}/", see),
            ("GET", f"/desk/seals/requests/{request.pk}/", see),
            ("GET", page, see),
            ("GET", page + "picture.png", see),
            ("GET", page + "ask/", keep),
            ("POST", page + "ask/", {**keep, "keeper": 422}),
            ("POST", page + "step/", {**see, "approver": 403, "keeper": 422, "manager": 422}),
            ("GET", f"/desk/seals/{uuid4()}/", {"keeper": 404}),
            ("GET", f"/documents/{request.items.get().file_id}/",
             {"keeper": 200, "viewer": 404, "elsewhere": 404}),
            ("GET", "/api/v1/seals", api(lists)),
            ("GET", "/api/v1/seals/applications", api(lists)),
            ("GET", "/api/v1/seals/requests", api(lists)),
            ("GET", rest, api(see)),
            ("GET", rest + "/changes", api(see)),
            ("GET", rest + "/uses", api(see)),
            ("GET", asked, api(see)),
            ("GET", asked + "/documents", api(see)),
        ],
    )  # fmt: skip


def _post(client: Client, path: str, body: object) -> Any:
    return client.post(path, body, content_type="application/json")


def test_the_whole_life_over_http(clients: dict[str, Client], agency: UUID) -> None:
    wanted = {"kind": "department", "text": "审批科", "reason": "工作需要"}
    for who, status in {"anonymous": 401, "viewer": 403, "approver": 403}.items():
        assert _post(clients[who], "/api/v1/seals/applications", wanted).status_code == status
    made = _post(clients["keeper"], "/api/v1/seals/applications", wanted)
    assert made.status_code == 201
    base = f"/api/v1/seals/applications/{made.json()['id']}"
    yes = {"approves": True, "ground": "同意"}
    for who, status in {"keeper": 403, "elsewhere": 404, "approver": 200}.items():
        assert _post(clients[who], base + "/decision", yes).status_code == status, who
    for who, status in {"approver": 403, "elsewhere": 404, "manager": 201}.items():
        answer = _post(clients[who], base + "/seal", {})
        assert answer.status_code == status, who
    seal = f"/api/v1/seals/{answer.json()['id']}"
    for step, status in {"enable": 409, "record": 200, "burn": 422}.items():
        assert _post(clients["manager"], f"{seal}/{step}", {"ground": "x"}).status_code == status
    assert _post(clients["manager"], f"{seal}/enable", {"ground": "x"}).json()["state"] == "active"
    assert _post(clients["keeper"], f"{seal}/suspend", {"ground": "x"}).status_code == 404
    files = {"files": [SimpleUploadedFile("a.ofd", make_ofd())], "purpose": "批复"}
    asked = clients["keeper"].post(f"{seal}/requests", files)
    assert asked.status_code == 201, asked.content
    request = f"/api/v1/seals/requests/{asked.json()['id']}"
    assert _post(clients["keeper"], request + "/decision", yes).status_code == 403
    assert _post(clients["approver"], request + "/decision", yes).status_code == 200
    deliver_all()
    (document,) = clients["keeper"].get(request + "/documents").json()
    assert document["state"] == "sealed"
    sealed = clients["keeper"].get(f"/documents/{document['sealed_file_id']}/")
    content = b"".join(sealed)
    assert len(ofd.find_signatures(content)[1]) == 1
    assert _post(clients["keeper"], f"{seal}/report-lost", {"ground": "x"}).status_code == 200


def test_the_pages_do_the_same(clients: dict[str, Client], agency: UUID) -> None:
    wrong = clients["keeper"].post("/desk/seals/apply/", {"kind": "special", "reason": "需要"})
    assert wrong.status_code == 422
    assert "需要" in wrong.content.decode()
    done = clients["keeper"].post(
        "/desk/seals/apply/", {"kind": "special", "text": "专用章", "reason": "需要"}
    )
    assert done.status_code == 302
    page = done["Location"]
    assert clients["keeper"].post(page, {"approves": "yes", "ground": "x"}).status_code == 403
    assert clients["approver"].post(page, {"approves": "yes"}).status_code == 422
    assert clients["approver"].post(page, {"approves": "yes", "ground": "x"}).status_code == 302
    made = clients["manager"].post(page, {"make": "1"})
    assert made.status_code == 302
    for step in ("record", "enable"):
        answer = clients["manager"].post(made["Location"] + "step/", {"step": step, "ground": "x"})
        assert answer.status_code == 302
    upload = SimpleUploadedFile("a.ofd", make_ofd())
    asked = clients["keeper"].post(
        made["Location"] + "ask/", {"purpose": "批复", "documents": [upload]}
    )
    assert asked.status_code == 302
    answer = clients["approver"].post(asked["Location"], {"approves": "yes", "ground": "x"})
    assert answer.status_code == 302
    deliver_all()
    assert "/documents/" in clients["keeper"].get(asked["Location"]).content.decode()


def test_lists_keep_their_query_budget(clients: dict[str, Client], agency: UUID) -> None:
    for text in ("甲章", "乙章", "丙章"):
        _enabled(agency, text=text)
    clients["keeper"].get("/desk/seals/")
    with max_queries(4):  # seals, applications, requests, and the header's unread messages
        clients["keeper"].get("/desk/seals/")
    with max_queries(1):
        clients["keeper"].get("/api/v1/seals")
