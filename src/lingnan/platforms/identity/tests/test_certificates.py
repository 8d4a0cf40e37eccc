"""SM2 certificates, signed with the real `openssl`. GB/T 20518-2018, GB/T 32918.2-2016."""

import base64
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, override_settings

from lingnan.kernel import clock
from lingnan.kernel.actors import Actor
from lingnan.kernel.errors import NotFound
from lingnan.kernel.testing import check_routes
from lingnan.platforms.messaging.models import Message
from lingnan.security.crypto import services as crypto

from .. import queries, services
from ..adapters.base import Answer
from ..errors import (
    CertificateKnown,
    CertificateRefused,
    CertificatesNotOffered,
    ProofFailed,
    ProofOver,
    SecondFactorKept,
    SignInAgain,
)
from ..models import Account, AssuranceEvidence, HolderCertificate, Person, Rule, Session
from ..testing import (
    PASSWORD,
    client_for,
    make_account,
    make_officer,
    make_officer_actor,
    make_person,
    make_person_actor,
)
from .openssl_authority import Holder, OpensslAuthority, need_openssl


@pytest.fixture
def authority(tmp_path: Path, settings: Any) -> Iterator[OpensslAuthority]:
    need_openssl()
    made = OpensslAuthority(tmp_path / "演示", tmp_path / "trust")
    changed = settings.LINGNAN.model_copy(update={"certificate_trust": str(made.trust)})
    with override_settings(LINGNAN=changed):
        yield made


def number_of(person: Person) -> str:
    return queries.person(person.pk).document_number


def signed_in(account: Account) -> Actor:
    opened = services.sign_in(
        username=account.username, password=PASSWORD, address="", at=clock.now()
    )
    found = services.identify(token=opened.token, at=clock.now(), address="")
    assert found is not None
    return found.actor


def ask(actor: Actor, holder: Holder) -> services.Asked:
    return services.ask_certificate(
        actor=actor, certificate=holder.certificate.read_bytes(), at=clock.now()
    )


def text(signature: bytes) -> Answer:
    return Answer(values={"signature": base64.b64encode(signature).decode()})


def bind(actor: Actor, holder: Holder) -> HolderCertificate:
    asked = ask(actor, holder)
    return services.bind_certificate(
        actor=actor,
        attempt_id=asked.attempt_id,
        answer=text(holder.sign(str(asked.options["challenge"]))),
        at=clock.now(),
    )


def owner(authority: OpensslAuthority) -> tuple[Person, Account, Holder]:
    person = make_person("陈美玲")
    account = make_account(person, proven=False)
    return person, account, authority.issue("陈美玲", number_of(person))


@pytest.mark.django_db
def test_a_certificate_signed_with_openssl_is_bound_and_gives_level_four(
    authority: OpensslAuthority,
) -> None:
    person, account, holder = owner(authority)
    actor = signed_in(account)
    asked = ask(actor, holder)
    assert "distid:1234567812345678" in str(asked.options["command"])
    row = services.bind_certificate(
        actor=actor,
        attempt_id=asked.attempt_id,
        answer=text(holder.sign(str(asked.options["challenge"]))),
        at=clock.now(),
    )
    evidence = AssuranceEvidence.objects.get(person=person)
    assert (evidence.kind, evidence.level) == ("sm2_certificate", 4)
    assert evidence.expires_at == row.not_after, "no longer than the certificate itself"
    session = Session.objects.get(account=account)
    assert (session.level, session.methods) == (4, ["password", "sm2_certificate"])
    assert session.second_factor
    number = number_of(person)
    assert number not in f"{row.der_sealed}{row.issuer}{row.serial_number}"
    assert Message.objects.filter(person_id=person.pk, template="identity.certificate_bound")


@pytest.mark.django_db
def test_of_a_certificate_for_longer_the_evidence_ends_by_the_rule(
    authority: OpensslAuthority,
) -> None:
    person = make_person("陈美玲")
    account = make_account(person, proven=False)
    ends = clock.now() + timedelta(days=500)
    bind(signed_in(account), authority.issue("陈美玲", number_of(person), ends=ends))
    evidence = AssuranceEvidence.objects.get(person=person)
    assert evidence.expires_at is not None
    assert evidence.expires_at - evidence.obtained_at == timedelta(days=365)


@pytest.mark.django_db
def test_a_bound_certificate_raises_a_later_session_once_per_challenge(
    authority: OpensslAuthority,
) -> None:
    _person, account, holder = owner(authority)
    bind(signed_in(account), holder)
    actor = signed_in(account)

    def challenge() -> services.StartedProof:
        return services.start_proof(actor=actor, method="sm2_certificate", at=clock.now())

    def answer(started: services.StartedProof, signature: bytes) -> services.Proven:
        return services.finish_proof(
            actor=actor, attempt_id=started.attempt_id, answer=text(signature), at=clock.now()
        )

    started = challenge()
    good = holder.sign(str(started.shown["challenge"]))
    assert answer(started, good).level == 4
    given = AssuranceEvidence.objects.filter(account=account).latest("id")
    assert given.expires_at == HolderCertificate.objects.get(account=account).not_after
    with pytest.raises(ProofOver):
        answer(started, good)
    with pytest.raises(ProofFailed) as replayed:
        answer(challenge(), good)
    assert replayed.value.facts["reason"] == "signature"
    again = challenge()
    with pytest.raises(ProofOver):
        services.finish_proof(
            actor=actor,
            attempt_id=again.attempt_id,
            answer=text(holder.sign(str(again.shown["challenge"]))),
            at=clock.now() + timedelta(minutes=6),
        )
    wrong_key = authority.issue("别人", "0")
    other = challenge()
    with pytest.raises(ProofFailed):
        answer(other, wrong_key.sign(str(other.shown["challenge"])))
    with pytest.raises(ProofOver):
        answer(other, holder.sign(str(other.shown["challenge"])))
    identity = challenge()
    with pytest.raises(ProofFailed):
        answer(identity, holder.sign(str(identity.shown["challenge"]), distid="distid:other"))
    raw = challenge()
    shown = str(raw.shown["challenge"])
    assert answer(raw, crypto.raw_signature(holder.sign(shown))).level == 4


@pytest.mark.django_db
def test_only_a_good_certificate_of_this_person_is_taken(
    authority: OpensslAuthority, tmp_path: Path
) -> None:
    person, account, _holder = owner(authority)
    actor = signed_in(account)
    number, now = number_of(person), clock.now()
    stranger = OpensslAuthority(tmp_path / "外人", tmp_path / "elsewhere", "外地认证机构（测试）")
    revoked = authority.issue("陈美玲", number)
    authority.revoke(revoked)
    hour = timedelta(hours=1)
    for holder, reason in (
        (authority.issue("陈美玲", number, ends=now - hour), "certificate_expired"),
        (authority.issue("陈美玲", number, starts=now + hour), "certificate_not_yet_valid"),
        (revoked, "certificate_revoked"),
        (stranger.issue("陈美玲", number), "certificate_unknown_issuer"),
        (authority.issue("陈美丽", number), "certificate_other_person"),
        (authority.issue("陈美玲", number_of(make_person())), "certificate_other_person"),
        (authority.issue("陈美玲"), "certificate_other_person"),
    ):
        with pytest.raises(CertificateRefused) as refused:
            ask(actor, holder)
        assert refused.value.facts["reason"] == reason
    forger = OpensslAuthority(tmp_path / "冒名", tmp_path / "elsewhere")
    with pytest.raises(CertificateRefused) as forged:
        ask(actor, forger.issue("陈美玲", number))
    assert forged.value.facts["reason"] == "certificate_bad_signature"
    with pytest.raises(CertificateRefused) as root:
        services.ask_certificate(
            actor=actor, certificate=(authority.folder / "ca.crt").read_bytes(), at=now
        )
    assert root.value.facts["reason"] == "certificate_wrong_use"
    assert not HolderCertificate.objects.exists()


@pytest.mark.django_db
def test_the_number_may_stand_in_the_national_extension(authority: OpensslAuthority) -> None:
    person, account, _holder = owner(authority)
    holder = authority.issue("陈美玲", coded=number_of(person))
    assert bind(signed_in(account), holder).account_id == account.pk


@pytest.mark.django_db
def test_what_the_subject_has_to_carry_is_a_rule(authority: OpensslAuthority) -> None:
    _person, account, _holder = owner(authority)
    nameless = authority.issue("陈美玲")
    with pytest.raises(CertificateRefused):
        ask(signed_in(account), nameless)
    Rule.objects.create(
        code="certificates",
        version=1,
        effective_from=clock.today(),
        parameters={"name": 1, "number": 0},
    )
    assert bind(signed_in(account), nameless).account_id == account.pk


@pytest.mark.django_db
def test_without_a_revocation_list_in_force_nothing_is_trusted(
    authority: OpensslAuthority,
) -> None:
    _person, account, holder = owner(authority)
    for path in authority.trust.glob("*.crl"):
        path.unlink()
    with pytest.raises(CertificateRefused) as refused:
        ask(signed_in(account), holder)
    assert refused.value.facts["reason"] == "certificate_revocation_unknown"
    authority.publish()
    trust = crypto.read_trust(authority.trust)
    der = holder.certificate.read_bytes()
    week = clock.now() + timedelta(days=8)
    late = crypto.check_foreign_certificate(der, trust=trust, at=week)
    assert late.problems == ("revocation_unknown",)


@pytest.mark.django_db
def test_revoked_after_it_was_bound_it_proves_nothing_any_more(
    authority: OpensslAuthority,
) -> None:
    _person, account, holder = owner(authority)
    actor = signed_in(account)
    bind(actor, holder)
    authority.revoke(holder)
    started = services.start_proof(actor=actor, method="sm2_certificate", at=clock.now())
    with pytest.raises(ProofFailed) as refused:
        services.finish_proof(
            actor=actor,
            attempt_id=started.attempt_id,
            answer=text(holder.sign(str(started.shown["challenge"]))),
            at=clock.now(),
        )
    assert refused.value.facts["reason"] == "certificate_revoked"


@pytest.mark.django_db
def test_one_certificate_is_bound_to_one_account_and_by_its_key_alone(
    authority: OpensslAuthority,
) -> None:
    _person, account, holder = owner(authority)
    actor = signed_in(account)
    other_key = authority.issue("陈美玲", "0")
    asked = ask(actor, holder)
    with pytest.raises(CertificateRefused):
        services.bind_certificate(
            actor=actor,
            attempt_id=asked.attempt_id,
            answer=text(other_key.sign(str(asked.options["challenge"]))),
            at=clock.now(),
        )
    elsewhere = signed_in(account)
    again = ask(actor, holder)
    with pytest.raises(ProofOver):
        services.bind_certificate(
            actor=elsewhere,
            attempt_id=again.attempt_id,
            answer=text(holder.sign(str(again.options["challenge"]))),
            at=clock.now(),
        )
    row = bind(actor, holder)
    with pytest.raises(CertificateKnown):
        ask(actor, holder)
    with pytest.raises(NotFound):
        services.remove_certificate(
            actor=signed_in(make_account()), certificate_id=row.pk, at=clock.now()
        )
    services.remove_certificate(actor=actor, certificate_id=row.pk, at=clock.now())
    assert bind(actor, holder).pk != row.pk
    with pytest.raises(SignInAgain):
        services.ask_certificate(
            actor=actor,
            certificate=holder.certificate.read_bytes(),
            at=clock.now() + timedelta(minutes=20),
        )


@pytest.mark.django_db
def test_an_officer_takes_his_certificate_as_the_second_step(authority: OpensslAuthority) -> None:
    person = make_person("李工")
    officer = make_officer("approver", record_of=person)
    holder = authority.issue("李工", number_of(person))
    inside = client_for(queries.actor_of_officer(officer.pk))
    found = services.identify(
        token=inside.cookies["lingnan_session"].value, at=clock.now(), address=""
    )
    assert found is not None
    row = bind(found.actor, holder)
    assert not AssuranceEvidence.objects.filter(kind="sm2_certificate").exists()
    client = Client()
    first = client.post(
        "/account/sign-in/",
        {"username": officer.account.username, "password": PASSWORD, "as_officer": "on"},
    )
    assert first["Location"] == "/account/sign-in/code/"
    code_page = client.get(first["Location"]).content.decode()
    assert "/account/sign-in/certificate/" in code_page and 'name="code"' not in code_page
    page = "/account/sign-in/certificate/"

    def begin() -> tuple[str, str]:
        shown = client.post(page, {"next": "/desk/"})
        assert shown.status_code == 200
        return str(shown.context["attempt"]), shown.context["shown"]["challenge"]

    attempt, challenge = begin()
    wrong = authority.issue("李工", "0").sign(challenge)
    refused = client.post(page, {"attempt": attempt, "signature": base64.b64encode(wrong).decode()})
    assert refused["Location"] == "/account/sign-in/code/"
    attempt, challenge = begin()
    file = SimpleUploadedFile("signature.bin", holder.sign(challenge))
    done = client.post(page, {"attempt": attempt, "signature_file": file, "next": "/desk/"})
    assert done["Location"] == "/desk/" and client.get("/desk/").status_code == 200
    session = Session.objects.filter(account=officer.account).latest("created_at")
    assert session.methods == ["password", "sm2_certificate"] and session.second_factor
    with pytest.raises(SecondFactorKept):
        services.remove_certificate(actor=found.actor, certificate_id=row.pk, at=clock.now())


@pytest.mark.django_db
def test_on_the_page_a_certificate_is_bound_used_and_removed(authority: OpensslAuthority) -> None:
    _person, account, holder = owner(authority)
    client = Client()
    client.post("/account/sign-in/", {"username": account.username, "password": PASSWORD})
    page = "/account/certificates/"
    assert client.post(page, {"certificate_text": ""}).status_code == 422
    broken = client.post(page, {"certificate_text": "nonsense"})
    assert broken.status_code == 422 and "nonsense" in broken.content.decode()
    shown = client.post(page, {"certificate_text": holder.certificate.read_text()})
    challenge = shown.context["shown"]["challenge"]
    assert challenge in shown.content.decode() and "distid" in shown.content.decode()
    signature = base64.encodebytes(holder.sign(challenge)).decode()
    body = {"attempt": shown.context["attempt"], "signature": signature}
    assert client.post(page, body)["Location"] == page
    listed = client.get(page).content.decode()
    row = HolderCertificate.objects.get(account=account)
    assert row.serial_number in listed
    begun = client.post("/account/step-up/?level=4", {"method": "sm2_certificate", "level": "4"})
    assert begun["Location"] == "/account/assurance/", "binding it has raised this session"
    assert client.post(f"{page}{row.pk}/remove/").status_code == 302
    assert row.serial_number not in client.get(page).content.decode()


@pytest.mark.django_db
def test_over_the_api_the_same(authority: OpensslAuthority) -> None:
    _person, account, holder = owner(authority)
    opened = services.sign_in(
        username=account.username, password=PASSWORD, address="", at=clock.now()
    )
    client = Client(headers={"Authorization": f"Bearer {opened.token}"})

    def send(path: str, body: dict[str, Any]) -> Any:
        return client.post(f"/api/v1{path}", body, content_type="application/json")

    refused = send("/me/certificates/challenge", {"certificate": "nonsense"})
    assert refused.status_code == 422 and refused.json()["code"] == "identity.certificate_refused"
    asked = send("/me/certificates/challenge", {"certificate": holder.certificate.read_text()})
    assert asked.status_code == 201
    signature = base64.b64encode(holder.sign(asked.json()["challenge"])).decode()
    made = send("/me/certificates", {"id": asked.json()["id"], "signature": signature})
    assert made.status_code == 201
    (item,) = client.get("/api/v1/me/certificates").json()["items"]
    assert item["id"] == made.json()["id"]
    proof = send("/me/proofs", {"method": "sm2_certificate"}).json()
    signature = base64.b64encode(holder.sign(proof["shown"]["challenge"])).decode()
    done = send(f"/me/proofs/{proof['id']}/answer", {"values": {"signature": signature}})
    assert done.json()["level"] == 4
    assert client.delete(f"/api/v1/me/certificates/{item['id']}").status_code == 204


@pytest.mark.django_db
def test_an_installation_that_trusts_no_one_offers_no_certificates(settings: Any) -> None:
    empty = settings.LINGNAN.model_copy(update={"certificate_trust": "/nonexistent"})
    with override_settings(LINGNAN=empty):
        actor = signed_in(make_account())
        with pytest.raises(CertificatesNotOffered):
            services.ask_certificate(actor=actor, certificate=b"x", at=clock.now())


@pytest.mark.django_db
def test_who_may_open_what() -> None:
    no = uuid4()
    clients = {
        "anonymous": client_for(),
        "resident": client_for(make_person_actor()),
        "officer": client_for(make_officer_actor("window_clerk")),
    }

    def statuses(*expected: int) -> dict[str, int]:
        return dict(zip(clients, expected, strict=True))

    check_routes(
        clients,
        [
            ("GET", "/account/certificates/", statuses(302, 200, 200)),
            ("POST", "/account/certificates/", statuses(302, 422, 422)),
            ("POST", f"/account/certificates/{no}/remove/", statuses(302, 404, 404)),
            ("POST", "/account/sign-in/certificate/", statuses(302, 302, 302)),
            ("GET", "/api/v1/me/certificates", statuses(401, 200, 200)),
            ("DELETE", f"/api/v1/me/certificates/{no}", statuses(401, 404, 404)),
        ],
    )
