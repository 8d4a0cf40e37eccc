"""Telling someone: once, in his language, to him alone."""

import json
import smtplib
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from django.test import Client
from django.utils import translation

from lingnan.kernel.testing import check_routes, deliver_all, max_queries
from lingnan.kernel.text import localise

from .. import delivery, queries, services, types, views
from ..adapters.base import Parcel, Rejected
from ..adapters.outbox import OutboxGateway
from ..adapters.sms_http import SmsHttpGateway, international
from ..adapters.smtp import SmtpGateway
from ..errors import ChannelUnavailable, MessageNotFound
from ..models import Dispatch, Message
from ..testing import FACTS, NINE, TOLD, make_message
from ..types import MessageTemplate
from .acting import actors_from_tests, client_for, make_officer_actor, make_person_actor

__all__ = ("actors_from_tests",)
pytestmark = pytest.mark.usefixtures("actors_from_tests")

PARCEL = Parcel(key=f"{uuid4()}-sms", address="13800138000", title="标题", text="正文")


class Scripted:
    """A gateway that does what it is told, in turn."""

    def __init__(self, *acts: Exception | str) -> None:
        self.acts = list(acts)
        self.parcels: list[Parcel] = []

    def deliver(self, parcel: Parcel) -> str:
        self.parcels.append(parcel)
        act = self.acts.pop(0)
        if isinstance(act, Exception):
            raise act
        return act


@pytest.fixture(autouse=True)
def outbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setattr(delivery, "gateway", lambda channel: OutboxGateway(tmp_path, channel))
    monkeypatch.setattr(views, "outbox_folder", lambda: tmp_path)
    yield tmp_path


@pytest.mark.django_db
def test_a_message_says_what_it_said_in_each_language() -> None:
    message = make_message()
    assert localise(message.body, "zh-hans") == "居住证（X1）已受理。"
    with translation.override("en"):
        assert localise(message.title) == "Your application was accepted"
        assert localise(message.body) == "Residence permit (X1) was accepted."


@pytest.mark.django_db
def test_wrong_use_is_a_bug_and_leaves_nothing() -> None:
    with pytest.raises(ValueError, match="exactly one"):
        make_message(person_id=uuid4(), officer_id=uuid4())
    with pytest.raises(KeyError):
        services.send(
            person_id=uuid4(),
            template=TOLD.code,
            facts={},
            subject_kind="t",
            subject_id=uuid4(),
            at=NINE,
        )
    with pytest.raises(KeyError):
        types.template("test.unknown")
    with pytest.raises(ValueError, match="lacks"):
        MessageTemplate(code="x", title={"zh-hans": "一"}, body=TOLD.body)
    assert Message.objects.count() == 0


@pytest.mark.django_db
def test_it_goes_out_by_each_channel_that_has_an_address(outbox: Path) -> None:
    message = make_message(channels=("inbox", "sms", "email"), phone="13800138000", email="")
    deliver_all()
    dispatch = Dispatch.objects.get(message=message)
    assert (dispatch.channel, dispatch.state, dispatch.attempts) == ("sms", "sent", 1)
    assert "13800138000" not in dispatch.address_sealed
    (file,) = outbox.glob("*.json")
    assert json.loads(file.read_text())["text"] == "【政务服务】居住证已受理"


@pytest.mark.django_db
def test_a_gateway_that_does_not_answer_is_asked_again_and_sends_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    script = Scripted(ChannelUnavailable("cut"), "ref-1")
    monkeypatch.setattr(delivery, "gateway", lambda channel: script)
    make_message(phone="13800138000")
    dispatch = Dispatch.objects.get()
    with pytest.raises(ChannelUnavailable):
        delivery.bring_out(dispatch.pk, at=NINE)
    for _ in range(2):
        delivery.bring_out(dispatch.pk, at=NINE)
    dispatch.refresh_from_db()
    assert (dispatch.state, dispatch.attempts, dispatch.reference) == ("sent", 2, "ref-1")
    assert script.parcels[0] == script.parcels[1]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("acts", "tries"),
    [
        ((Rejected("unknown number"),), 1),
        ((ChannelUnavailable("down"),) * delivery.ATTEMPTS_MAX, delivery.ATTEMPTS_MAX),
    ],
    ids=["rejected", "never answers"],
)
def test_what_cannot_go_out_ends_as_failed_and_says_why(
    monkeypatch: pytest.MonkeyPatch, acts: tuple[Exception, ...], tries: int
) -> None:
    script = Scripted(*acts)
    monkeypatch.setattr(delivery, "gateway", lambda channel: script)
    make_message(phone="13800138000")
    dispatch = Dispatch.objects.get()
    for number in range(tries):
        try:
            delivery.bring_out(dispatch.pk, at=NINE)
        except ChannelUnavailable:
            assert number < tries - 1
    dispatch.refresh_from_db()
    assert (dispatch.state, dispatch.attempts) == ("failed", tries)
    assert dispatch.problem


@pytest.mark.django_db
def test_the_inbox_is_ones_own_and_costs_one_query() -> None:
    actor = make_person_actor()
    assert actor.person_id
    for number in range(5):
        make_message(person_id=actor.person_id, at=NINE + timedelta(minutes=number))
    make_message()
    make_message(person_id=actor.person_id, channels=("sms",))
    with max_queries(1):
        page = queries.messages(actor, limit=3)
    assert [m.sent_at.minute for m in page.items] == [4, 3, 2]
    with max_queries(1):
        assert queries.unread_count(actor) == 5
    for _ in range(2):
        read = services.read_message(actor=actor, message_id=page.items[0].pk, at=NINE)
        assert read.read_at == NINE
    assert queries.unread_count(actor) == 4
    with pytest.raises(MessageNotFound):
        services.read_message(actor=make_person_actor(), message_id=read.pk, at=NINE)
    assert services.read_all_messages(actor=actor, at=NINE) == 4


@pytest.mark.django_db
def test_routes() -> None:
    actor, officer = make_person_actor(), make_officer_actor()
    message = make_message(person_id=actor.person_id).pk
    clients = {
        "anonymous": Client(),
        "reader": client_for(actor),
        "other": client_for(make_person_actor()),
        "officer": client_for(officer),
    }

    def who(*statuses: int) -> dict[str, int]:
        return dict(zip(clients, statuses, strict=True))

    check_routes(
        clients,
        [
            ("GET", "/messages/", who(302, 200, 200, 200)),
            ("GET", f"/messages/{message}/", who(302, 200, 404, 404)),
            ("GET", "/messages/outbox/", who(200, 200, 200, 200)),
            ("POST", "/messages/read/", who(302, 302, 302, 302)),
            ("GET", "/api/v1/messages", who(401, 200, 200, 200)),
            ("GET", "/api/v1/messages/unread", who(401, 200, 200, 200)),
            ("POST", f"/api/v1/messages/{message}/read", who(401, 200, 404, 404)),
            ("POST", "/api/v1/messages/read", who(401, 200, 200, 200)),
        ],
    )


@pytest.mark.django_db
def test_the_page_shows_the_message_and_leads_to_its_subject() -> None:
    actor = make_person_actor()
    message = make_message(person_id=actor.person_id, link="/cases/1/")
    page = client_for(actor).get(f"/messages/{message.pk}/").content.decode()
    assert "居住证（X1）已受理。" in page
    assert 'href="/cases/1/"' in page


@pytest.mark.django_db
def test_the_outbox_shows_what_would_have_gone_out() -> None:
    make_message(phone="13800138000")
    deliver_all()
    page = Client().get("/messages/outbox/").content.decode()
    assert "居住证已受理" in page


def answering(status: int, body: object = None) -> Callable[[httpx.Request], httpx.Response]:
    return lambda request: httpx.Response(status, json=body)


def test_the_sms_gateway_speaks_its_protocol() -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(202, json={"id": "r1"})

    gateway = SmsHttpGateway("http://sms.invalid/", "t", transport=httpx.MockTransport(answer))
    assert gateway.deliver(PARCEL) == "r1"
    assert json.loads(seen[0].content) == {"to": "+8613800138000", "text": "正文"}
    assert seen[0].headers["Authorization"] == "Bearer t"
    assert seen[0].headers["Idempotency-Key"] == PARCEL.key


@pytest.mark.parametrize(
    ("status", "error"),
    [(400, Rejected), (422, Rejected), (429, ChannelUnavailable), (503, ChannelUnavailable)],
)
def test_the_sms_gateways_refusals_are_told_apart(status: int, error: type[Exception]) -> None:
    gateway = SmsHttpGateway(
        "http://sms.invalid/", "t", transport=httpx.MockTransport(answering(status))
    )
    with pytest.raises(error):
        gateway.deliver(PARCEL)


def test_numbers_become_international() -> None:
    assert international("138 0013-8000") == "+8613800138000"
    assert international("+852 9123 4567") == "+85291234567"


class FakeServer:
    """Stands where smtplib would connect."""

    error: Exception | None = None
    sent: list[str]

    def __init__(self, host: str, port: int, **_: object) -> None:
        FakeServer.sent = []

    def __enter__(self) -> "FakeServer":
        return self

    def __exit__(self, *_: object) -> None:
        return

    def ehlo(self) -> tuple[int, bytes]:
        return 250, b""

    def has_extn(self, name: str) -> bool:
        return False

    def send_message(self, message: object) -> None:
        if self.error:
            raise self.error
        FakeServer.sent.append(str(message))


def test_e_mail_has_one_id_per_message_and_no_header_can_be_smuggled_in(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(smtplib, "SMTP", FakeServer)
    gateway = SmtpGateway("smtp://relay.invalid:2525", "noreply@lingnan.invalid")
    parcel = Parcel(key="k", address="a@b.invalid", title="一\r\nBcc: x@y.invalid", text="正文")
    assert gateway.deliver(parcel) == "<k@lingnan.invalid>"
    assert "\nBcc:" not in FakeServer.sent[0]


@pytest.mark.parametrize(
    ("error", "becomes"),
    [
        (smtplib.SMTPRecipientsRefused({"a@b.invalid": (550, b"no")}), Rejected),
        (smtplib.SMTPRecipientsRefused({"a@b.invalid": (450, b"later")}), ChannelUnavailable),
        (smtplib.SMTPResponseException(421, b"busy"), ChannelUnavailable),
        (smtplib.SMTPServerDisconnected("x"), ChannelUnavailable),
        (TimeoutError(), ChannelUnavailable),
    ],
)
def test_smtp_failures_are_told_apart(
    monkeypatch: pytest.MonkeyPatch, error: Exception, becomes: type[Exception]
) -> None:
    monkeypatch.setattr(smtplib, "SMTP", FakeServer)
    monkeypatch.setattr(FakeServer, "error", error)
    with pytest.raises(becomes):
        SmtpGateway("smtp://relay.invalid", "n@l.invalid").deliver(PARCEL)


def test_facts_are_complete() -> None:
    assert TOLD.say(TOLD.body, FACTS)["en"] == "Residence permit (X1) was accepted."


def test_dates_are_said_as_the_language_says_them() -> None:
    template = MessageTemplate(
        code="test.dates",
        title={"zh-hans": "期限", "en": "Term"},
        body={"zh-hans": "%(due_on)s前，%(since)s起", "en": "by %(due_on)s, since %(since)s"},
    )
    said = template.say(template.body, {"due_on": "2026-11-25", "since": date(2026, 1, 2)})
    assert said == {
        "zh-hans": "2026年11月25日前，2026年1月2日起",
        "en": "by 25 November 2026, since 2 January 2026",
    }
