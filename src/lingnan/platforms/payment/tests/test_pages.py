"""Who sees what of bills, and paying through the pages and the API."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.test import Client

from lingnan.kernel import clock
from lingnan.kernel.actors import SYSTEM
from lingnan.kernel.testing import check_routes, deliver_all, max_queries
from lingnan.platforms.documents import services as documents
from lingnan.platforms.identity.testing import (
    client_for,
    make_officer_actor,
    make_person_actor,
)
from lingnan.standards.agencies.testing import make_agency

from .. import queries, services
from ..models import Bill, FiscalReceipt
from ..testing import make_bill
from .conftest import FakeBank

pytestmark = pytest.mark.django_db
WHO = ("anonymous", "payer", "other", "elsewhere", "finance")


def all_of(*statuses: int) -> dict[str, int]:
    return dict(zip(WHO, statuses, strict=True))


def test_routes() -> None:
    agency = make_agency().id
    payer = make_person_actor()
    clients = {
        "anonymous": Client(),
        "payer": client_for(payer),
        "other": client_for(make_person_actor()),
        "elsewhere": client_for(make_officer_actor("finance", region_code="440304000000")),
        "finance": client_for(make_officer_actor("finance", agency_id=agency)),
    }
    bill = make_bill(payer_id=payer.person_id, agency_id=agency, at=datetime.now(UTC))
    everyone = all_of(200, 200, 200, 200, 200)
    mine = f"/api/v1/payment/bills/{bill.pk}"
    check_routes(
        clients,
        [
            ("GET", "/pay/", everyone),
            ("GET", "/pay/?code=12", all_of(*[422] * 5)),
            ("GET", f"/pay/?code={bill.code}", all_of(*[302] * 5)),
            ("GET", f"/pay/{bill.pk}/", everyone),
            ("GET", f"/pay/{uuid4()}/", all_of(*[404] * 5)),
            ("GET", f"/pay/{bill.pk}/code.svg", everyone),
            ("GET", "/pay/receipts/", everyone),
            ("GET", "/pay/receipts/440101260000000001/?check=000000", everyone),
            ("GET", "/desk/bills/", all_of(302, 403, 403, 200, 200)),
            ("GET", f"/desk/bills/{bill.pk}/", all_of(302, 403, 403, 404, 200)),
            ("GET", "/api/v1/payment/bills", all_of(401, 200, 200, 200, 200)),
            ("GET", mine, all_of(401, 200, 404, 404, 200)),
            ("GET", f"{mine}/receipt", all_of(401, 404, 404, 404, 404)),
            ("GET", f"/api/v1/payment/codes/{bill.code}", everyone),
            ("GET", "/api/v1/payment/channels", everyone),
            ("GET", "/api/v1/payment/fees", everyone),
            ("GET", "/api/v1/payment/receipts/123", everyone),
            ("POST", "/api/v1/payment/callbacks/bank", all_of(*[403] * 5)),
            ("POST", "/api/v1/payment/callbacks/nobank", all_of(*[404] * 5)),
        ],
    )


def test_a_stranger_sees_what_to_pay_but_not_who_owes_it() -> None:
    payer = make_person_actor()
    bill = make_bill(payer_id=payer.person_id, payer_name="陈美玲", at=datetime.now(UTC))
    page = Client().get(f"/pay/{bill.pk}/").content.decode()
    assert "陈美玲" not in page
    assert "¥10.00" in page
    assert "陈美玲" in client_for(payer).get(f"/pay/{bill.pk}/").content.decode()
    shown = Client().get(f"/api/v1/payment/codes/{bill.code}").json()
    assert shown["payer_name"] != "陈美玲"


def test_paying_by_the_pages_ends_with_a_receipt_to_download(bank: FakeBank) -> None:
    payer = make_person_actor()
    browser = client_for(payer)
    bill = make_bill(payer_id=payer.person_id, at=datetime.now(UTC))
    answer = browser.post(f"/pay/{bill.pk}/start/")
    (number,) = bank.orders
    assert answer["Location"] == f"http://bank.invalid/pay/{number}"
    order = bank.pay(number, "normal")
    assert order is not None
    waiting = browser.get(f"/pay/{bill.pk}/?wait=1").content.decode()
    assert '<meta http-equiv="refresh"' in waiting
    body, headers = bank.notice(number)
    answer = Client().post(
        "/api/v1/payment/callbacks/bank", body, content_type="application/json", headers=headers
    )
    assert (answer.status_code, answer.json()) == (200, {"result": "taken"})
    deliver_all()
    page = browser.get(f"/pay/{bill.pk}/").content.decode()
    receipt = FiscalReceipt.objects.get()
    assert receipt.number in page
    assert browser.get(f"/documents/{receipt.pdf_file_id}/").status_code == 200
    assert Client().get(f"/documents/{receipt.pdf_file_id}/").status_code == 404
    checked = (
        Client()
        .get(f"/api/v1/payment/receipts/{receipt.code}{receipt.number}?check={receipt.check_code}")
        .json()
    )
    assert (checked["is_genuine"], checked["amount_fen"]) == (True, 1000)
    guessed = Client().get(f"/api/v1/payment/receipts/{receipt.code}{receipt.number}?check=ffff")
    assert guessed.json()["amount_fen"] is None


def test_paying_by_the_api_and_asking_the_bank_where_no_notice_comes(bank: FakeBank) -> None:
    bill = make_bill(at=datetime.now(UTC))
    path = f"/api/v1/payment/bills/{bill.pk}"
    answers = [
        Client().post(f"{path}/payments", {"channel": "bank"}, content_type="application/json")
        for _ in range(2)
    ]
    assert answers[0].json() == answers[1].json()
    bank.pay(answers[0].json()["order_number"], "silent")
    assert Client().post(f"{path}/refresh").json()["state"] == "paid"
    again = Client().post(f"{path}/payments", {}, content_type="application/json")
    assert (again.status_code, again.json()["code"]) == (409, "payment.bill_not_payable")


def test_the_desk_voids_and_collects_and_shows_a_refusal_at_its_field() -> None:
    agency = make_agency().id
    desk = client_for(make_officer_actor("finance", agency_id=agency))
    first, second = (make_bill(agency_id=agency, at=datetime.now(UTC)) for _ in range(2))
    refused = desk.post(f"/desk/bills/{first.pk}/", {"act": "void", "reason": ""})
    assert refused.status_code == 422
    assert "#f-reason" in refused.content.decode()
    assert (
        desk.post(f"/desk/bills/{first.pk}/", {"act": "void", "reason": "开错了"}).status_code
        == 302
    )
    assert (
        desk.post(f"/desk/bills/{second.pk}/", {"act": "collect", "slip": "7"}).status_code == 302
    )
    assert [queries.bill(b.pk).state for b in (first, second)] == ["voided", "paid"]
    assert "开错了" in Client().get(f"/pay/{first.pk}/").content.decode()


def test_a_bill_is_printed_with_its_digits_and_the_code_to_scan() -> None:
    payer = make_person_actor()
    bill = make_bill(payer_id=payer.person_id, payer_name="陈美玲", at=datetime.now(UTC))
    path = f"/pay/{bill.pk}/notice"
    own = client_for(payer)
    assert f"{path}.pdf" in own.get(f"/pay/{bill.pk}/").content.decode()
    printed = own.get(f"{path}.pdf")
    assert (printed["Content-Type"], printed.content[:5]) == ("application/pdf", b"%PDF-")
    texts = [
        documents.read_ofd(client.get(f"{path}.ofd").content).text.replace(" ", "")
        for client in (own, Client())
    ]
    assert all(bill.code in text for text in texts)
    assert ["陈美玲" in text for text in texts] == [True, False]
    api = f"/api/v1/payment/bills/{bill.pk}/notice"
    assert own.get(f"{api}?form=ofd").content[:2] == b"PK"
    assert Client().get(api).status_code == 401
    assert client_for(make_person_actor()).get(api).status_code == 404
    services.void_bill(bill_id=bill.pk, reason="x", actor=SYSTEM, at=datetime.now(UTC))
    assert own.get(f"{path}.pdf").status_code == own.get(api).status_code == 409


def test_the_desk_list_has_a_query_budget() -> None:
    agency = make_agency().id
    desk = client_for(make_officer_actor("finance", agency_id=agency))
    for _ in range(5):
        make_bill(agency_id=agency, at=datetime.now(UTC))
    desk.get("/desk/bills/")
    with max_queries(8):
        assert desk.get("/desk/bills/").content.decode().count("/desk/bills/0") == 5


def test_the_counter_is_told_what_a_late_fine_owes_today() -> None:
    agency = make_agency().id
    bill = make_bill(agency_id=agency, amount_fen=1000, at=datetime.now(UTC))
    Bill.objects.filter(pk=bill.pk).update(is_fine=True, due_on=clock.today() - timedelta(days=2))
    page = client_for(make_officer_actor("finance", agency_id=agency)).get(
        f"/desk/bills/{bill.pk}/"
    )
    assert "¥10.60" in page.content.decode()  # three percent a day
    assert page.content.decode().count("¥10.60") == 3  # at its head and on both buttons
