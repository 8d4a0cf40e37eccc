"""Results of bills told to agencies' systems: signed, repeated, never inwards. A receiver stands in
this process; the one of the manual runs as its reader would run it.

Source: Plan 五（三）1; docs/howto/receive-results.md.
"""

import json
import os
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client

from lingnan.kernel import clock, events
from lingnan.kernel.actors import SYSTEM, Actor
from lingnan.kernel.testing import check_routes, deliver_all, max_queries
from lingnan.platforms.identity.testing import (
    client_for,
    make_officer_actor,
    make_person_actor,
)
from lingnan.security.audit.models import Entry as AuditEntry
from lingnan.standards.agencies.testing import make_agency

from .. import services
from ..adapters import result_http
from ..adapters.bank_messages import hmac_sm3
from ..errors import (
    DeliveryNotDead,
    DeliveryNotFound,
    EndpointEnded,
    EndpointKnown,
    EndpointNotFound,
    EndpointRefused,
    TooManyKeys,
)
from ..events import RefundPaid
from ..models import Payment, Refund, ResultDelivery, ResultKey, ResultTry
from ..testing import make_bill
from ..types import BillLine, DeliveryState, SecretKey
from .test_pages import all_of
from .test_pay import now

pytestmark = pytest.mark.django_db
MANUAL = "docs/howto/receive-results.md"


class Receiver:
    """A system of an agency: keeps what came, answers what the test says."""

    def __init__(self) -> None:
        self.answers: list[int] = []
        self.got: list[tuple[dict[str, str], bytes]] = []
        self.location = ""
        self.more = b""
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.got.append((dict(self.headers), body))
                self.send_response(receiver.answers.pop(0) if receiver.answers else 204)
                if receiver.location:
                    self.send_header("Location", receiver.location)
                self.end_headers()
                self.wfile.write(receiver.more)

            def log_message(self, *args: object) -> None:
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    @property
    def port(self) -> int:
        return int(self.server.server_address[1])

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.stop()


@pytest.fixture
def anywhere(settings: Any) -> None:
    settings.LINGNAN = settings.LINGNAN.model_copy(
        update={
            "result_targets": "any",
            "result_retry_minutes": "1 5",
            "result_timeout_seconds": 2,
        }
    )


def connect(url: str, agency_id: UUID | None = None) -> tuple[Actor, Any, SecretKey]:
    agency_id = agency_id or make_agency().id
    actor = make_officer_actor("finance", agency_id=agency_id)
    endpoint, key = services.register_endpoint(
        actor=actor, agency_id=agency_id, url=url, at=clock.now()
    )
    return actor, endpoint, key


def settle(agency_id: UUID, slip: str = "7") -> Any:
    bill = make_bill(agency_id=agency_id, at=now())
    services.collect_at_counter(
        actor=make_officer_actor("finance", agency_id=agency_id),
        bill_id=bill.pk,
        slip=slip,
        at=now(),
    )
    return bill


def send_all(at: datetime) -> None:
    """What the minute's job and the jobs it puts off do, at an instant."""
    services.put_off_due_results(at=at)
    for row in ResultDelivery.objects.filter(state="waiting", retry_at__lte=at):
        services.send_result(row.pk, at=at)


def dead_letter(url: str) -> tuple[Actor, ResultDelivery]:
    actor, endpoint, _key = connect(url)
    settle(endpoint.agency_id)
    deliver_all()
    at = clock.now()
    for _ in range(2):
        at += timedelta(hours=1)
        send_all(at)
    return actor, ResultDelivery.objects.get()


@pytest.mark.usefixtures("anywhere")
def test_a_payment_is_told_once_with_the_signature_of_the_key(receiver: Receiver) -> None:
    url = f"http://127.0.0.1:{receiver.port}/results?from=gz"
    _actor, endpoint, key = connect(url)
    bill = settle(endpoint.agency_id)
    deliver_all()
    deliver_all()
    ((headers, body),) = receiver.got
    stamp = headers["Lingnan-Timestamp"]
    expected = hmac_sm3(key.secret.encode(), stamp.encode() + b"." + body).hex()
    assert headers["Lingnan-Signature"] == f"{key.key_id}={expected}"
    assert abs(int(stamp) - clock.now().timestamp()) < 60
    told = json.loads(body)
    delivery = ResultDelivery.objects.get()
    assert headers["Lingnan-Delivery"] == told["delivery_id"] == str(delivery.pk)
    assert told["event_id"] == str(delivery.event_id)
    assert (told["result"], told["event"]) == ("paid", "payment.bill_settled")
    assert (told["bill"]["code"], told["bill"]["state"]) == (bill.code, "paid")
    receipt = bill.receipts.get()
    assert told["receipt"] == {"code": receipt.code, "number": receipt.number}
    assert bill.payer_name not in body.decode()
    sent = delivery.tries.get()
    assert (delivery.state, sent.status, sent.address) == ("delivered", 204, "127.0.0.1")


@pytest.mark.usefixtures("anywhere")
def test_voided_and_refunded_bills_are_told_but_not_surplus(receiver: Receiver) -> None:
    _actor, endpoint, _key = connect(f"http://127.0.0.1:{receiver.port}/")
    first = make_bill(agency_id=endpoint.agency_id, at=now())
    services.void_bill(bill_id=first.pk, reason="开错了", actor=SYSTEM, at=now())
    second = settle(endpoint.agency_id)
    deliver_all()
    payment = Payment.objects.get()
    refund = Refund.objects.create(
        payment=payment, number="T-1", amount_fen=400, reason="多收", state="paid",
        applied_at=now(), applied_by="x", paid_at=now(), approved_at=now(), reviewed_at=now(),
    )  # fmt: skip
    events.publish(
        RefundPaid(
            refund_id=refund.pk,
            bill_id=second.pk,
            subject_kind=second.subject_kind,
            subject_id=second.subject_id,
            amount_fen=400,
            paid_at=now(),
        )
    )
    deliver_all()
    facts: dict[str, Any] = {
        "event": RefundPaid.name, "bill_id": second.pk, "at": now(), "refund_id": refund.pk
    }  # fmt: skip
    known = ResultDelivery.objects.get(event=RefundPaid.name).event_id
    assert services.queue_result(event_id=known, **facts) == 0  # the same event again
    Payment.objects.filter(pk=payment.pk).update(kind=Payment.Kind.SURPLUS)
    assert services.queue_result(event_id=uuid4(), **facts) == 0
    told = [json.loads(body) for _headers, body in receiver.got]
    assert [one["result"] for one in told] == ["voided", "paid", "refunded"]
    assert (told[0]["receipt"], told[0]["bill"]["state"]) == (None, "voided")
    assert (told[2]["refund"]["amount_fen"], told[2]["bill"]["refunded_fen"]) == (400, 400)


@pytest.mark.usefixtures("anywhere")
def test_a_wrong_answer_is_followed_by_the_same_id_and_text_after_a_pause(
    receiver: Receiver,
) -> None:
    _actor, endpoint, _key = connect(f"http://127.0.0.1:{receiver.port}/")
    receiver.answers = [500]
    settle(endpoint.agency_id)
    deliver_all()
    delivery = ResultDelivery.objects.get()
    assert (delivery.state, delivery.repeats) == ("waiting", 1)
    assert delivery.retry_at is not None
    assert delivery.retry_at - delivery.tries.get().tried_at == timedelta(minutes=1)
    send_all(delivery.retry_at - timedelta(seconds=1))
    assert len(receiver.got) == 1  # not before its time
    send_all(delivery.retry_at)
    (first, body), (again, same) = receiver.got
    assert (first["Lingnan-Delivery"], body) == (again["Lingnan-Delivery"], same)
    assert first["Lingnan-Signature"] != again["Lingnan-Signature"]
    delivery.refresh_from_db()
    assert [row.status for row in delivery.tries.order_by("tried_at")] == [500, 204]
    assert delivery.state == "delivered"


@pytest.mark.usefixtures("anywhere")
def test_a_receiver_that_is_down_leaves_a_dead_letter_that_is_sent_again() -> None:
    down = Receiver()
    down.stop()
    actor, delivery = dead_letter(f"http://127.0.0.1:{down.port}/")
    assert (delivery.state, delivery.tries.count()) == ("dead", 3)
    assert {row.problem for row in delivery.tries.all()} == {"no_connection"}
    desk = client_for(actor)
    assert f"/desk/results/sent/{delivery.pk}/" in desk.get("/desk/results/").content.decode()
    up = Receiver()
    endpoint = delivery.endpoint
    endpoint.url = f"http://127.0.0.1:{up.port}/"
    endpoint.save()
    assert desk.post(f"/desk/results/sent/{delivery.pk}/").status_code == 302
    deliver_all()
    up.stop()
    ((headers, _body),) = up.got
    assert headers["Lingnan-Delivery"] == str(delivery.pk)
    delivery.refresh_from_db()
    assert delivery.state == DeliveryState.DELIVERED
    assert AuditEntry.objects.filter(act="payment.result_resent").count() == 1
    assert desk.post(f"/desk/results/sent/{delivery.pk}/").status_code == 409
    with pytest.raises(DeliveryNotDead):
        services.resend_result(actor=actor, delivery_id=delivery.pk, at=now())


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://city.example/", "not_https"),
        ("https://127.0.0.1/", "not_public"),
        ("https://10.1.2.3/results", "not_public"),
        ("https://169.254.169.254/latest/", "not_public"),
        ("https://[::1]/", "not_public"),
        ("https://[::ffff:10.0.0.1]/", "not_public"),
        ("https://[64:ff9b::7f00:1]/", "not_public"),
        ("https://[2002:7f00:1::]/", "not_public"),
        ("https://[fe80::1]/", "not_public"),
        ("https://224.0.0.1/", "not_public"),
        ("https://0/", "not_public"),
        ("https://100.64.0.1/", "not_public"),
        ("https://[fec0::1]/", "not_public"),
        ("https://[64:ff9b:1::7f00:1]/", "not_public"),
        ("https://0x7f.1/", "not_public"),
        ("https://a:b@city.example/", "form"),
        ("https://city.example:99999/", "form"),
        ("https://city.example\\@10.0.0.1/", "form"),
        ("https://", "form"),
        ("ftp://city.example/", "not_https"),
        ("https://城市.example/", "form"),
        ("https://city.example/\r\nX: 1", "form"),
    ],
)
def test_addresses_that_lead_inwards_are_refused(url: str, reason: str) -> None:
    with pytest.raises(EndpointRefused) as refused:
        connect(url)
    assert refused.value.facts["reason"] == reason
    assert not ResultKey.objects.exists()


def names(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> list[str]:
    """The name service gives these answers one after the other, the last for good."""
    asked: list[str] = []

    real = socket.getaddrinfo

    def look_up(host: str, port: int, *rest: Any, **options: Any) -> list[Any]:
        if host[0].isdigit():
            return real(host, port, *rest, **options)
        asked.append(host)
        found = answers[min(len(asked), len(answers)) - 1]
        return [(0, 0, 0, "", (address, port)) for address in found]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return asked


def test_a_name_is_refused_if_any_of_its_addresses_is_private(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    names(monkeypatch, ["93.184.216.34", "10.0.0.1"])
    with pytest.raises(EndpointRefused):
        connect("https://city.example/results")


def test_a_network_the_operator_opened_is_told_and_no_other(
    monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    settings.LINGNAN = settings.LINGNAN.model_copy(update={"result_networks": "10.20.0.0/16"})
    names(
        monkeypatch, ["10.20.0.7"], ["10.20.0.7"], ["10.20.0.7", "10.21.0.1"], ["100.100.100.200"],
        ["2002:7f00:1::"],
    )  # fmt: skip
    connected: list[str] = []

    def take(_target: object, address: str, **_rest: object) -> int:
        connected.append(address)
        return 200

    monkeypatch.setattr(result_http, "post", take)
    _actor, endpoint, _key = connect("https://city.example/results")
    settle(endpoint.agency_id)
    deliver_all()
    assert (connected, ResultTry.objects.get().status) == (["10.20.0.7"], 200)
    networks = "10.20.0.0/16 100.64.0.0/10 2002::/16"
    settings.LINGNAN = settings.LINGNAN.model_copy(update={"result_networks": networks})
    for _turn in range(3):
        with pytest.raises(EndpointRefused):
            connect("https://other.example/results")


def test_a_name_that_turns_inwards_later_is_refused_at_delivery(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    names(monkeypatch, ["93.184.216.34"], ["192.168.1.1"])
    connected: list[object] = []
    monkeypatch.setattr(result_http, "post", lambda *a, **k: connected.append(a))
    _actor, endpoint, _key = connect("https://city.example/results")
    settle(endpoint.agency_id)
    deliver_all()
    sent = ResultTry.objects.get()
    assert (sent.problem, sent.status, connected) == ("not_public", None, [])


@pytest.mark.usefixtures("anywhere")
def test_the_connection_goes_to_the_address_that_was_checked(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = names(monkeypatch, ["127.0.0.1"], ["127.0.0.1"], ["203.0.113.9"])
    _actor, endpoint, _key = connect(f"http://city.example:{receiver.port}/results")
    settle(endpoint.agency_id)
    deliver_all()
    ((headers, _body),) = receiver.got
    assert headers["Host"] == f"city.example:{receiver.port}"
    assert asked == ["city.example", "city.example"]  # connecting, nobody asks a third time


@pytest.mark.usefixtures("anywhere")
def test_a_name_service_that_hangs_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    over = threading.Event()
    found = [(0, 0, 0, "", ("127.0.0.1", 9))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *a, **k: found)
    _actor, endpoint, _key = connect("http://slow.example/results")
    monkeypatch.setattr(socket, "getaddrinfo", lambda *a, **k: over.wait(30) and found)
    monkeypatch.setattr(result_http, "_lookups", threading.BoundedSemaphore(1))
    settle(endpoint.agency_id)
    begun = time.monotonic()
    deliver_all()
    assert time.monotonic() - begun < 8
    sent = ResultTry.objects.get()
    assert (sent.problem, sent.address, sent.status) == ("timeout", "", None)
    target = result_http.read_target("http://slow.example/", anywhere=True)
    with pytest.raises(result_http.NotReached, match="timeout"):  # one hangs: no second begins
        result_http.resolve(target, anywhere=True, timeout_s=0.1)
    with pytest.raises(EndpointRefused) as refused:
        connect("http://slow.example/other", agency_id=endpoint.agency_id)
    assert refused.value.facts["reason"] == "timeout"
    over.set()


@pytest.mark.usefixtures("anywhere")
def test_each_agency_of_a_joint_bill_is_told_its_part(receiver: Receiver) -> None:
    names = ("finance", "traffic_police", "fire")
    agencies = [make_agency(name).id for name in names]
    for place, agency_id in enumerate(agencies):
        connect(f"http://127.0.0.1:{receiver.port}/{names[place]}", agency_id=agency_id)
    at = now()
    bill = services.open_bill(
        payer_kind="person",
        payer_id=uuid4(),
        payer_name="陈测试",
        collecting_agency_id=agencies[0],
        lines=[
            BillLine(code="a", name={"zh-hans": "甲"}, quantity=1, unit_price_fen=700),
            BillLine(
                code="b", name={"zh-hans": "乙"}, quantity=1, unit_price_fen=300,
                agency_id=agencies[1],
            ),
        ],
        subject_kind="test",
        subject_id=uuid4(),
        due_on=clock.local_date(at) + timedelta(days=9),
        actor=SYSTEM,
        at=at,
    )  # fmt: skip
    finance, reviewer, treasurer = (
        make_officer_actor(role, agency_id=agencies[0])
        for role in ("finance", "finance_reviewer", "treasurer")
    )
    services.collect_at_counter(actor=finance, bill_id=bill.pk, slip="9", at=at)
    deliver_all()
    refund = services.apply_refund(
        actor=finance, bill_id=bill.pk, amount_fen=500, reason="多收", at=now()
    )
    services.review_refund(actor=reviewer, refund_id=refund.pk, at=now())
    services.approve_refund(actor=treasurer, refund_id=refund.pk, at=now())
    services.pay_refund_by_hand(actor=treasurer, refund_id=refund.pk, slip="R9", at=now())
    deliver_all()
    told = {(row.endpoint.agency_id, json.loads(row.body)["result"]): json.loads(row.body)
            for row in ResultDelivery.objects.select_related("endpoint")}  # fmt: skip
    assert {agency_id for agency_id, _result in told} == set(agencies[:2])  # not the third
    parts = {key: (text["part"]["amount_fen"], text["part"]["refunded_fen"])
             for key, text in told.items()}  # fmt: skip
    assert parts == {
        (agencies[0], "paid"): (700, 0),
        (agencies[1], "paid"): (300, 0),
        (agencies[0], "refunded"): (700, 350),
        (agencies[1], "refunded"): (300, 150),
    }
    assert told[agencies[0], "paid"]["part"]["is_collecting"]
    assert not told[agencies[1], "paid"]["part"]["is_collecting"]
    assert len(receiver.got) == 4


@pytest.mark.usefixtures("anywhere")
def test_redirects_are_not_followed_and_long_answers_are_cut(receiver: Receiver) -> None:
    other = Receiver()
    receiver.answers, receiver.location = [302], f"http://127.0.0.1:{other.port}/"
    receiver.more = b"x" * 5_000_000
    _actor, endpoint, _key = connect(f"http://127.0.0.1:{receiver.port}/")
    settle(endpoint.agency_id)
    deliver_all()
    other.stop()
    assert (other.got, ResultTry.objects.get().status) == ([], 302)
    assert ResultDelivery.objects.get().state == "waiting"


@pytest.mark.usefixtures("anywhere")
@pytest.mark.parametrize(
    ("says", "problem"), [(b"", "timeout"), (b"H", "timeout"), (b"SSH-2.0\r\n\r\n", "not_http")]
)
def test_one_deadline_covers_a_receiver_that_drips(says: bytes, problem: str) -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    over, ran_dry = threading.Event(), threading.Event()

    def drip() -> None:
        link, _from = listener.accept()
        with link:
            for _drop in range(60):
                if over.wait(0.3):
                    return
                try:
                    link.sendall(says)
                except OSError:
                    return
        ran_dry.set()

    thread = threading.Thread(target=drip, daemon=True)
    thread.start()
    _actor, endpoint, _key = connect(f"http://127.0.0.1:{listener.getsockname()[1]}/")
    settle(endpoint.agency_id)
    deliver_all()
    assert not ran_dry.is_set()
    over.set()
    thread.join()
    listener.close()
    assert ResultTry.objects.get().problem == problem


@pytest.mark.usefixtures("anywhere")
def test_keys_change_over_without_a_gap(receiver: Receiver) -> None:
    actor, endpoint, old = connect(f"http://127.0.0.1:{receiver.port}/")
    _endpoint, new = services.rotate_endpoint_key(
        actor=actor, endpoint_id=endpoint.pk, at=clock.now()
    )
    settle(endpoint.agency_id)
    deliver_all()
    signed = dict(part.split("=") for part in receiver.got[0][0]["Lingnan-Signature"].split(","))
    head = receiver.got[0][0]["Lingnan-Timestamp"].encode() + b"."
    for key in (old, new):
        assert signed[key.key_id] == hmac_sm3(key.secret.encode(), head + receiver.got[0][1]).hex()
    later = clock.now() + timedelta(days=settings.LINGNAN.result_key_overlap_days, seconds=1)
    settle(endpoint.agency_id, slip="8")
    for row in ResultDelivery.objects.filter(state="waiting"):
        services.send_result(row.pk, at=later)
    deliver_all()
    row = ResultDelivery.objects.exclude(pk=UUID(receiver.got[0][0]["Lingnan-Delivery"])).get()
    ResultDelivery.objects.filter(pk=row.pk).update(state="waiting", retry_at=later, ended_at=None)
    services.send_result(row.pk, at=later)
    assert receiver.got[-1][0]["Lingnan-Signature"].startswith(f"{new.key_id}=")
    assert "," not in receiver.got[-1][0]["Lingnan-Signature"]
    services.sweep_results(at=later)
    secrets = dict(ResultKey.objects.values_list("key_id", "sealed_secret"))
    assert (secrets[old.key_id], new.secret in secrets[new.key_id]) == ("", False)
    assert secrets[new.key_id]
    for _ in range(2):
        services.rotate_endpoint_key(actor=actor, endpoint_id=endpoint.pk, at=clock.now())
    with pytest.raises(TooManyKeys):
        services.rotate_endpoint_key(actor=actor, endpoint_id=endpoint.pk, at=clock.now())


@pytest.mark.usefixtures("anywhere")
def test_an_ended_connection_is_sent_nothing_and_keeps_no_secret(receiver: Receiver) -> None:
    actor, endpoint, _key = connect(f"http://127.0.0.1:{receiver.port}/")
    with pytest.raises(EndpointKnown):
        services.register_endpoint(
            actor=actor, agency_id=endpoint.agency_id, url=endpoint.url, at=clock.now()
        )
    receiver.answers = [500]
    settle(endpoint.agency_id)
    deliver_all()
    ended = services.end_endpoint(actor=actor, endpoint_id=endpoint.pk, at=clock.now())
    assert services.end_endpoint(actor=actor, endpoint_id=endpoint.pk, at=now()) == ended
    settle(endpoint.agency_id, slip="8")
    deliver_all()
    send_all(clock.now() + timedelta(days=1))
    delivery = ResultDelivery.objects.get()
    assert (len(receiver.got), delivery.state) == (1, "dead")
    assert not ResultKey.objects.exclude(sealed_secret="").exists()
    with pytest.raises(EndpointEnded):
        services.resend_result(actor=actor, delivery_id=delivery.pk, at=clock.now())
    services.register_endpoint(
        actor=actor, agency_id=endpoint.agency_id, url=endpoint.url, at=clock.now()
    )


@pytest.mark.usefixtures("anywhere")
def test_the_log_is_forgotten_after_its_term(receiver: Receiver) -> None:
    _actor, endpoint, _key = connect(f"http://127.0.0.1:{receiver.port}/")
    settle(endpoint.agency_id)
    deliver_all()
    term = timedelta(days=settings.LINGNAN.result_log_days)
    assert services.sweep_results(at=clock.now() + term - timedelta(hours=1)) == 0
    assert services.sweep_results(at=clock.now() + term + timedelta(hours=1)) == 1
    assert not ResultTry.objects.exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("anywhere")
def test_nothing_is_sent_inside_a_transaction_and_a_lost_sender_is_followed(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    _actor, endpoint, _key = connect(f"http://127.0.0.1:{receiver.port}/")
    inside: list[bool] = []
    real = result_http.post

    def watched(*args: Any, **options: Any) -> int:
        inside.append(connection.in_atomic_block)
        if len(inside) == 1:
            raise MemoryError  # the sender dies
        return real(*args, **options)

    monkeypatch.setattr(result_http, "post", watched)
    settle(endpoint.agency_id)
    with pytest.raises(MemoryError):
        deliver_all()
    delivery = ResultDelivery.objects.get()
    services.send_result(delivery.pk, at=clock.now())
    assert receiver.got == []  # leased to the one that died
    services.send_result(delivery.pk, at=clock.now() + services.results.LEASE)
    assert (inside, len(receiver.got)) == ([False, False], 1)


def test_routes(monkeypatch: pytest.MonkeyPatch) -> None:
    names(monkeypatch, ["93.184.216.34"])
    monkeypatch.setattr(result_http, "post", lambda *a, **k: 500)
    monkeypatch.setattr(
        settings, "LINGNAN", settings.LINGNAN.model_copy(update={"result_retry_minutes": "0 0"})
    )
    owner, delivery = dead_letter("https://city.example/results")
    assert delivery.state == "dead"
    clients = {
        "anonymous": Client(),
        "payer": client_for(make_person_actor()),
        "other": client_for(make_officer_actor("finance_reviewer", agency_id=owner.agency_id)),
        "elsewhere": client_for(make_officer_actor("finance", region_code="440304000000")),
        "finance": client_for(owner),
    }
    api, endpoint = "/api/v1/payment", delivery.endpoint_id
    page, listed = all_of(302, 403, 403, 404, 200), all_of(302, 403, 403, 200, 200)
    asked, one = all_of(401, 403, 403, 200, 200), all_of(401, 403, 403, 404, 200)
    again = all_of(401, 403, 403, 404, 409)
    check_routes(
        clients,
        [
            ("GET", "/desk/results/", listed),
            ("GET", "/desk/results/new/", listed),
            ("GET", "/desk/results/sent/", listed),
            ("GET", f"/desk/results/{endpoint}/", page),
            ("GET", f"/desk/results/sent/{delivery.pk}/", page),
            ("POST", f"/desk/results/sent/{delivery.pk}/", all_of(302, 403, 403, 404, 302)),
            ("GET", f"{api}/result-endpoints", asked),
            ("POST", f"{api}/result-endpoints", all_of(401, 403, 403, 415, 415)),
            ("GET", f"{api}/result-endpoints/{endpoint}", one),
            ("GET", f"{api}/result-deliveries?state=dead&endpoint_id={endpoint}", asked),
            ("GET", f"{api}/result-deliveries/{delivery.pk}", one),
            ("POST", f"{api}/result-deliveries/{delivery.pk}/resend", again),
            ("POST", f"{api}/result-endpoints/{endpoint}/keys", one),
            ("POST", f"{api}/result-endpoints/{endpoint}/end", one),
        ],
    )  # fmt: skip
    for path in ("result-endpoints", "result-deliveries"):
        assert clients["elsewhere"].get(f"{api}/{path}").json()["items"] == []
        assert len(clients["finance"].get(f"{api}/{path}").json()["items"]) == 1
    assert str(endpoint) not in clients["elsewhere"].get("/desk/results/").content.decode()
    stranger = make_officer_actor("finance", region_code="440304000000")
    with pytest.raises(EndpointNotFound):
        services.end_endpoint(actor=stranger, endpoint_id=endpoint, at=now())
    with pytest.raises(DeliveryNotFound):
        services.resend_result(actor=stranger, delivery_id=delivery.pk, at=now())
    body = {"agency_id": str(owner.agency_id), "url": "https://city.example/other"}
    path = f"{api}/result-endpoints"
    theirs = clients["elsewhere"].post(path, body, content_type="application/json")
    assert (theirs.status_code, theirs.json()["code"]) == (403, "forbidden")
    mine = clients["finance"].post(path, body, content_type="application/json")
    assert mine.status_code == 200 and len(mine.json()["secret"]) == 43
    shown = clients["finance"].get(f"{path}/{mine.json()['id']}").content.decode()
    assert mine.json()["key_id"] in shown and mine.json()["secret"] not in shown


def test_the_desk_connects_a_system_and_shows_the_secret_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    names(monkeypatch, ["10.0.0.1"], ["93.184.216.34"])
    agency = make_agency()
    desk = client_for(make_officer_actor("finance", agency_id=agency.id))
    typed = {"agency": agency.uscc, "url": "https://city.example/results"}
    refused = desk.post("/desk/results/new/", typed)
    assert refused.status_code == 422
    assert typed["url"] in refused.content.decode()
    made = desk.post("/desk/results/new/", typed)
    key = ResultKey.objects.get()
    found = re.search(r"<code class=\"is-long\">([\w-]{43})</code>", made.content.decode())
    assert found is not None and key.key_id in made.content.decode()
    path = f"/desk/results/{key.endpoint_id}/"
    later = desk.get(path)
    assert found[1] not in later.content.decode()
    assert "no-cache" in later["Cache-Control"] or "no-store" in later["Cache-Control"]
    assert desk.post("/desk/results/new/", typed).status_code == 409
    rotated = desk.post(path, {"act": "rotate"}).content.decode()
    assert found[1] not in rotated and rotated.count("rk_") == 3  # two listed, the new one shown
    assert desk.post(path, {"act": "end"}).status_code == 302
    assert desk.post(path, {"act": "rotate"}).status_code == 409


@pytest.mark.usefixtures("anywhere")
def test_the_list_has_a_query_budget(receiver: Receiver) -> None:
    actor, endpoint, _key = connect(f"http://127.0.0.1:{receiver.port}/")
    for number in range(5):
        settle(endpoint.agency_id, slip=str(number))
    deliver_all()
    desk = client_for(actor)
    desk.get("/desk/results/sent/")
    with max_queries(8):
        page = desk.get("/desk/results/sent/").content.decode()
    assert page.count("/desk/results/sent/0") == 5


@pytest.mark.usefixtures("anywhere")
def test_the_receiver_of_the_manual_takes_what_is_sent_and_refuses_forgeries(
    tmp_path: Path,
) -> None:
    manual = (Path(settings.BASE_DIR) / MANUAL).read_text()
    (program,) = re.findall(r"```python\n(.*?)```", manual, re.DOTALL)
    (tmp_path / "receiver.py").write_text(program)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    _actor, endpoint, key = connect(f"http://127.0.0.1:{port}/results")
    environment = {**os.environ, "PORT": str(port), "RESULT_KEYS": f"{key.key_id}={key.secret}"}
    running = subprocess.Popen(
        [sys.executable, str(tmp_path / "receiver.py")],
        env=environment, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        wait_for(port)
        bill = settle(endpoint.agency_id)
        deliver_all()
        assert ResultTry.objects.get().status == 204
        target = result_http.read_target(endpoint.url, anywhere=True)
        forged = services.results.sign_result([(key.key_id, b"guess")], b"{}", at=clock.now())
        old = services.results.sign_result(
            [(key.key_id, key.secret.encode())], b"{}", at=clock.now() - timedelta(minutes=6)
        )
        for headers in (forged, old, {}):
            status = result_http.post(target, "127.0.0.1", body=b"{}", headers=headers, timeout_s=5)
            assert status == 403
    finally:
        running.terminate()
        out, _err = running.communicate(timeout=10)
    assert out.strip() == f"paid {bill.code}"


def wait_for(port: int) -> None:
    for _ in range(100):
        with socket.socket() as link:
            if link.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise AssertionError("the receiver does not start")
