"""国办函〔2016〕108号: originals before an officer; grades said as they are today."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest

from lingnan.kernel import clock
from lingnan.kernel.actors import ANONYMOUS, SYSTEM, Actor
from lingnan.kernel.testing import check_routes
from lingnan.platforms.documents import services as documents
from lingnan.platforms.identity.testing import make_person_actor
from lingnan.security.audit.models import Entry
from lingnan.security.audit.testing import client_of, with_actors
from lingnan.standards.agencies import queries as agencies

from .. import faces, queries, services, verification
from ..disclosure import disclose
from ..document_checks import verify_document
from ..errors import LicenceUnknown, OriginalNotNeeded, StockOwn, StockReasonMissing
from ..findings import Step, Verdict
from ..models import Licence, LicenceFace, LicenceType, LicenceUse
from ..testing import make_agency, officer_actor, type_content
from ..types import CHECK_ORIGINALS, VIEW_LICENCES

pytestmark = pytest.mark.django_db
PDF_BYTES = documents.render(
    "notice",
    {
        "title": "演示扫描件", "number": "", "addressee": "演示", "paragraphs": ["演示"],
        "agency_name": "演示", "date": "2026-11-23", "made_at": "2026-11-23T10:00:00+08:00",
    },
    formats=("pdf",),
)["pdf"]  # fmt: skip
SCAN = ("scan.pdf", PDF_BYTES)


@pytest.fixture
def kind() -> LicenceType:
    content = type_content(key="old_permit", effective_from="2015-01-01")
    content["code"] = f"{agencies.agency(make_agency()).uscc}701"
    return services.define_type(content, at=clock.now())


@pytest.fixture
def holder() -> Actor:
    return make_person_actor()


@pytest.fixture
def licence(kind: LicenceType, holder: Actor) -> Licence:
    entry = services.declare(
        actor=holder,
        type_code=kind.code,
        fields={"business_scope": "热食"},
        valid_from=date(2023, 1, 1),
        valid_until=clock.today() + timedelta(days=100),
        issuer_name="外省某局",
        scan=SCAN,
        source_id="own-1",
        at=clock.now(),
    )
    assert entry.licence_id is not None
    return Licence.objects.get(pk=entry.licence_id)


@pytest.fixture
def window() -> Actor:
    return officer_actor(make_agency("演示窗口"), CHECK_ORIGINALS, VIEW_LICENCES)


@pytest.fixture
def use(licence: Licence, holder: Actor, window: Actor) -> LicenceUse:
    copy = services.use_as_material(
        actor=holder,
        licence_id=licence.pk,
        purpose="开店",
        item_code="x",
        case_id=uuid4(),
        agency_id=window.agency_id,
        at=clock.now(),
    )
    assert copy.needs_original
    return LicenceUse.objects.get(pk=copy.use_id)


def test_the_original_is_noted_once_for_one_use(window: Actor, use: LicenceUse) -> None:
    at = clock.now()
    assert services.originals_lacking([use.pk], on=clock.today())
    with pytest.raises(StockReasonMissing):
        services.note_original(actor=window, use_id=use.pk, note=" ", at=at)
    first = services.note_original(actor=window, use_id=use.pk, note="原件一致", at=at)
    again = services.note_original(
        actor=window, use_id=use.pk, note="另一句", at=at + timedelta(hours=1)
    )
    assert (again.original_note, again.original_seen_at) == ("原件一致", first.original_seen_at)
    assert "演示窗口" in first.original_seen_by
    assert not services.originals_lacking([use.pk], on=clock.today())
    assert Entry.objects.filter(act="licences.original_seen").count() == 1


def test_a_copy_of_what_its_holder_uploaded_proves_no_licence(use: LicenceUse) -> None:
    content = documents.read_file(services.ensure_copy(use.pk, at=clock.now()))
    report = verify_document(content, at=clock.now())
    assert report.verdict is not Verdict.PROVEN
    found = [(f.outcome.value, f.reason) for f in report.findings if f.step is Step.LICENCE]
    assert found == [("not_proven", "brought_in")]


def test_who_may_not_note_it(holder: Actor, use: LicenceUse, window: Actor) -> None:
    elsewhere = officer_actor(make_agency(), CHECK_ORIGINALS, VIEW_LICENCES)
    for actor in (holder, elsewhere, ANONYMOUS):
        with pytest.raises(LicenceUnknown):
            services.note_original(actor=actor, use_id=use.pk, note="x", at=clock.now())
    assert window.agency_id is not None
    himself = replace(officer_actor(window.agency_id, VIEW_LICENCES), person_id=holder.person_id)
    with pytest.raises(StockOwn):
        services.note_original(actor=himself, use_id=use.pk, note="x", at=clock.now())
    Licence.objects.filter(pk=use.licence_id).update(grade="B")
    with pytest.raises(OriginalNotNeeded):
        services.note_original(actor=window, use_id=use.pk, note="x", at=clock.now())


def test_the_clerk_opens_the_picture_and_the_holder_reads_that_he_did(
    settings: Any, licence: Licence, window: Actor, holder: Actor, use: LicenceUse
) -> None:
    with_actors(settings)
    code = queries.verify_code(licence.identifier)
    found = {"identifier": licence.identifier, "code": code}
    page = client_of(window).get("/desk/licences/originals/", found).content.decode()
    assert 'action="/desk/licences/originals/scan/"' in page
    shown = client_of(window).post("/desk/licences/originals/scan/", found)
    assert (shown.status_code, shown.content, shown["Content-Type"]) == (
        200,
        SCAN[1],
        "application/pdf",
    )
    assert shown["Cache-Control"] == "no-store"
    look = Entry.objects.filter(act="licences.read").latest("id")
    assert "核对原件" in str(look.facts) or "comparing the original" in str(look.facts)
    wrong = {**found, "code": "0" * 12}
    assert client_of(window).post("/desk/licences/originals/scan/", wrong).status_code == 404
    api = "/api/v1/licences"
    clients = {
        "anonymous": client_of(ANONYMOUS),
        "holder": client_of(holder),
        "elsewhere": client_of(officer_actor(make_agency(), VIEW_LICENCES)),
        "window": client_of(window),
    }
    check_routes(
        clients,
        [
            ("GET", f"/desk/licences/copies/{use.pk}/original/",
             {"anonymous": 302, "holder": 403, "elsewhere": 404, "window": 200}),
            ("POST", f"/desk/licences/copies/{use.pk}/original/",
             {"anonymous": 302, "holder": 403, "elsewhere": 404, "window": 422}),
            ("POST", f"{api}/originals/scan",
             {"anonymous": 401, "holder": 403, "elsewhere": 403, "window": 415}),
            ("POST", f"{api}/copies/{use.pk}/original",
             {"anonymous": 401, "holder": 403, "elsewhere": 415, "window": 415}),
        ],
    )  # fmt: skip
    sent: dict[str, Any] = {"content_type": "application/json"}
    path = f"{api}/copies/{use.pk}/original"
    assert clients["elsewhere"].post(path, {"note": "x"}, **sent).status_code == 404
    done = clients["window"].post(path, {"note": "原件一致"}, **sent)
    assert (done.status_code, done.json()["note"]) == (200, "原件一致")
    scan = clients["window"].post(f"{api}/originals/scan", found, **sent)
    assert scan.content == SCAN[1]


def test_a_face_rendered_under_an_old_grade_is_not_kept(
    licence: Licence, window: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    LicenceFace.objects.all().delete()
    render, seen = faces._render, []

    def slow(row: Licence, *, at: Any) -> dict[str, bytes]:
        made = render(row, at=at)
        seen.append(row.grade)
        if len(seen) == 1:  # the clerk compares it while the face is being drawn
            services.check_original(
                actor=window,
                identifier=licence.identifier,
                code=queries.verify_code(licence.identifier),
                reason="原件",
                at=clock.now(),
            )
        return made

    monkeypatch.setattr(faces, "_render", slow)
    faces.ensure_faces(licence.pk, at=clock.now())
    assert seen == ["C", "B"]
    assert LicenceFace.objects.filter(licence=licence).count() == 1


def test_of_a_licence_brought_in_the_standing_is_said(licence: Licence) -> None:
    found = verification.verify_identifier(licence.identifier, at=clock.now())
    assert disclose(found).verdict == "brought_in"
    services.act_on_licence(
        licence_id=licence.pk, verb="revoke", ground="法 1", actor=SYSTEM, at=clock.now()
    )
    answer = client_of(ANONYMOUS).get(f"/api/v1/licences/verify/{licence.identifier}").json()
    assert (answer["verdict"], answer["status"]) == ("brought_in_not_valid", "revoked")
    page = client_of(ANONYMOUS).get(f"/verify/{licence.identifier}/").content.decode()
    assert "notice--danger" in page
