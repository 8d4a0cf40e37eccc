"""Money goes back once, at most what came, by three officers. Source: standards section 5."""

from collections.abc import Callable
from datetime import date
from functools import partial
from uuid import UUID, uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.db.models import Sum
from django.test import Client

from lingnan.kernel.actors import SYSTEM, Actor
from lingnan.kernel.models import OutboxEvent
from lingnan.kernel.testing import check_routes, deliver_all, race
from lingnan.platforms.documents import services as documents
from lingnan.platforms.identity.testing import (
    client_for,
    make_officer_actor,
    make_person,
    make_person_actor,
)
from lingnan.platforms.identity.types import SelfApproval
from lingnan.standards.agencies.testing import make_agency

from .. import queries, services
from ..errors import (
    ChannelUnavailable,
    NothingToRefund,
    NotYourMark,
    ReceiptBooked,
    ReceiptNotFound,
    ReceiptNotInForce,
    RefundAbovePaid,
    RefundNotWaiting,
    SameOfficer,
)
from ..models import Bill, Entry, FiscalReceipt, Payment, Refund
from ..testing import make_bill
from .conftest import FakeBank, Wire
from .test_pay import begin, now, tell

pytestmark = pytest.mark.django_db


class Three:
    """The three officers a refund needs, of the bill's own agency."""

    def __init__(self) -> None:
        self.agency_id: UUID = make_agency().id
        self.finance = make_officer_actor("finance", agency_id=self.agency_id)
        self.reviewer = make_officer_actor("finance_reviewer", agency_id=self.agency_id)
        self.treasurer = make_officer_actor("treasurer", agency_id=self.agency_id)

    def paid(self, bank: FakeBank, **options: object) -> Bill:
        bill = make_bill(agency_id=self.agency_id, at=now(), **options)  # type: ignore[arg-type]
        number = begin(bill).order_number
        bank.pay(number, "normal")
        tell(bank, number)
        return bill

    def apply(self, bill: Bill, amount_fen: int = 1000) -> Refund:
        return services.apply_refund(
            actor=self.finance, bill_id=bill.pk, amount_fen=amount_fen, reason="多收", at=now()
        )

    def approve(self, refund: Refund) -> Refund:
        services.review_refund(actor=self.reviewer, refund_id=refund.pk, at=now())
        return services.approve_refund(actor=self.treasurer, refund_id=refund.pk, at=now())


@pytest.fixture
def three() -> Three:
    return Three()


def balances() -> dict[str, int]:
    found: dict[str, int] = {}
    for row in Entry.objects.select_related("account"):
        found[row.account.kind] = found.get(row.account.kind, 0) + row.amount_fen
    return {kind: amount for kind, amount in found.items() if amount}


def test_a_whole_refund_goes_back_and_reverses_the_receipt(bank: FakeBank, three: Three) -> None:
    bill = three.paid(bank)
    refund = three.approve(three.apply(bill))
    assert balances() == {"clearing": 1000, "refunds": -1000}
    deliver_all()
    refund.refresh_from_db()
    assert (refund.state, bool(refund.channel_refund)) == ("paid", True)
    assert balances() == {}
    assert next(iter(bank.orders.values())).refunded_fen == 1000
    normal, red = FiscalReceipt.objects.order_by("kind", "issued_at").reverse()[:2]
    assert (normal.kind, red.kind) == ("reversal", "normal")
    assert red.reversed_at is not None
    assert normal.ofd_file_id is not None
    text = documents.read_ofd(documents.read_file(normal.ofd_file_id)).text
    assert "负数" in text
    assert red.number in text
    assert OutboxEvent.objects.filter(name="payment.refund_paid").count() == 1


def test_a_partial_refund_leaves_a_new_receipt_over_the_rest(bank: FakeBank, three: Three) -> None:
    bill = three.paid(bank)
    three.approve(three.apply(bill, 400))
    deliver_all()
    receipt = queries.receipt_of(bill.pk)
    assert receipt is not None
    assert (receipt.kind, receipt.amount_fen, receipt.is_sealed) == ("normal", 600, True)
    for kind, name in ((receipt.pdf_file_id, "a.pdf"), (receipt.ofd_file_id, "a.ofd")):
        assert kind is not None
        file = SimpleUploadedFile(name, documents.read_file(kind))
        found = Client().post("/api/v1/licences/verify", {"file": file}).json()
        assert found["verdict"] == "proven", found
        signed = ["sm2", "pades"] if name == "a.pdf" else ["seal"]
        assert [one["kind"] for one in found["signatures"]] == signed
    assert balances() == {"clearing": 600, "income": -600}
    three.approve(three.apply(bill, 600))
    deliver_all()
    assert balances() == {}
    kinds = list(FiscalReceipt.objects.order_by("issued_at").values_list("kind", "amount_fen"))
    assert kinds == [
        ("normal", 1000),
        ("reversal", 1000),
        ("normal", 600),
        ("reversal", 600),
    ]


def test_partial_refunds_of_the_whole_leave_no_government_a_fen(
    bank: FakeBank, three: Three
) -> None:
    services.set_split_rule(
        actor=SYSTEM,
        fee_code="card",
        shares={"central": 3334, "province": 3333, "county": 3333},
        legal_basis="测试依据",
        effective_from=date(2026, 1, 1),
        at=now(),
    )
    bill = three.paid(bank, amount_fen=100)
    shared = Entry.objects.filter(account__kind="income")
    assert sorted(row.amount_fen for row in shared) == [-34, -33, -33]
    for part in (50, 49, 1):
        three.approve(three.apply(bill, part))
    left = (
        Entry.objects.exclude(account__kind__in=["clearing", "refunds"])
        .values("account_id")
        .annotate(fen=Sum("amount_fen"))
    )
    assert [row["fen"] for row in left] == [0, 0, 0]


def test_refunds_together_never_exceed_what_was_paid(bank: FakeBank, three: Three) -> None:
    bill = three.paid(bank)
    for wrong in (0, -1, 1001):
        with pytest.raises(RefundAbovePaid):
            three.apply(bill, wrong)
    three.apply(bill, 700)
    with pytest.raises(RefundAbovePaid):
        three.apply(bill, 301)
    with pytest.raises(IntegrityError), transaction.atomic():
        Payment.objects.update(refunded_fen=1001)
    unpaid = make_bill(agency_id=three.agency_id, at=now())
    with pytest.raises(NothingToRefund):
        three.apply(unpaid)


def test_a_refused_refund_lets_its_claim_go(bank: FakeBank, three: Three) -> None:
    bill = three.paid(bank)
    refund = three.apply(bill)
    services.refuse_refund(actor=three.reviewer, refund_id=refund.pk, reason="理由不足", at=now())
    assert Payment.objects.get().refunded_fen == 0
    with pytest.raises(RefundNotWaiting):
        services.review_refund(actor=three.reviewer, refund_id=refund.pk, at=now())
    assert three.apply(bill).state == "applied"


def test_one_officer_never_decides_two_steps(bank: FakeBank, three: Three) -> None:
    bill = three.paid(bank)
    everything = make_officer_actor("finance", agency_id=three.agency_id)
    allowed = three.finance.grants + three.reviewer.grants + three.treasurer.grants
    both = Actor(
        kind="officer",
        name="x",
        account_id=everything.account_id,
        agency_id=three.agency_id,
        grants=allowed,
    )
    refund = services.apply_refund(actor=both, bill_id=bill.pk, amount_fen=5, reason="x", at=now())
    for act in (services.review_refund, services.approve_refund):
        with pytest.raises((SameOfficer, RefundNotWaiting)):
            act(actor=both, refund_id=refund.pk, at=now())
    with pytest.raises(IntegrityError), transaction.atomic():
        Refund.objects.update(reviewed_by_id=both.account_id)


def test_a_booked_receipt_is_not_reversed_until_the_mark_is_off(
    bank: FakeBank, three: Three
) -> None:
    bill = three.paid(bank)
    receipt = FiscalReceipt.objects.get()
    person, other = make_person_actor(), make_person_actor()
    number, check = f"{receipt.code}{receipt.number}", receipt.check_code
    book = partial(services.book_receipt, number=number, check_code=check, at=now())
    unbook = partial(services.unbook_receipt, number=number, check_code=check, at=now())
    refund = three.apply(bill, 400)
    with pytest.raises(ReceiptNotFound):
        book(actor=person, amount_fen=999)
    book(actor=person, amount_fen=1000)
    book(actor=person, amount_fen=1000)
    with pytest.raises(ReceiptBooked):
        book(actor=other, amount_fen=1000)
    with pytest.raises(ReceiptBooked):
        three.approve(refund)
    with pytest.raises(ReceiptBooked):
        three.apply(bill, 1)
    with pytest.raises(NotYourMark):
        unbook(actor=other, amount_fen=1000)
    unbook(actor=person, amount_fen=1000)
    services.approve_refund(actor=three.treasurer, refund_id=refund.pk, at=now())
    with pytest.raises(ReceiptNotInForce):
        book(actor=person, amount_fen=1000)


def test_surplus_goes_back_by_itself(bank: FakeBank, three: Three) -> None:
    bill = three.paid(bank)
    (number,) = bank.orders
    order = bank.orders[number]
    tell(bank, number, transaction=f"{order.transaction}-2")
    deliver_all()
    refund = Refund.objects.get()
    assert (refund.is_automatic, refund.state, refund.amount_fen) == (True, "paid", 1000)
    assert queries.bill(bill.pk).state == "paid"
    assert balances() == {"clearing": 1000, "income": -1000}


def test_a_channel_that_does_not_answer_is_asked_again_and_pays_once(
    bank: FakeBank, wire: Wire, three: Three
) -> None:
    bill = three.paid(bank)
    refund = three.approve(three.apply(bill))
    wire.cut = 1
    with pytest.raises(ChannelUnavailable):
        services.ask_refund(refund.pk, at=now())
    for _ in range(3):
        services.ask_refund(refund.pk, at=now())
    refund.refresh_from_db()
    assert (refund.state, len(bank.refunds)) == ("paid", 1)
    assert next(iter(bank.orders.values())).refunded_fen == 1000


def test_what_the_channel_cannot_give_back_is_paid_by_transfer(
    bank: FakeBank, three: Three
) -> None:
    bill = three.paid(bank)
    refund = three.approve(three.apply(bill))
    next(iter(bank.orders.values())).refunded_fen = 1  # somebody gave back at the bank itself
    refund = services.ask_refund(refund.pk, at=now())
    assert (refund.state, refund.problem) == ("failed", "more than was paid")
    services.pay_refund_by_hand(actor=three.treasurer, refund_id=refund.pk, slip="T1", at=now())
    assert balances() == {}


def test_a_refund_of_counter_money_waits_for_a_transfer(three: Three) -> None:
    bill = make_bill(agency_id=three.agency_id, at=now())
    services.collect_at_counter(actor=three.finance, bill_id=bill.pk, slip="1", at=now())
    refund = three.approve(three.apply(bill))
    deliver_all()
    assert services.ask_refund(refund.pk, at=now()).state == "approved"
    paid = services.pay_refund_by_hand(
        actor=three.treasurer, refund_id=refund.pk, slip="T1", at=now()
    )
    assert paid.state == "paid"


@pytest.mark.django_db(transaction=True)
def test_two_applications_at_once_claim_the_money_once(bank: FakeBank) -> None:
    three = Three()
    bill = three.paid(bank)
    answers = race([partial(three.apply, bill, 600)] * 4)
    assert sum(isinstance(answer, Refund) for answer in answers) == 1
    assert Payment.objects.get().refunded_fen == 600


@pytest.mark.django_db(transaction=True)
def test_ten_workers_that_pay_one_refund_pay_it_once(bank: FakeBank) -> None:
    three = Three()
    bill = three.paid(bank)
    refund = three.approve(three.apply(bill))
    calls: list[Callable[[], object]] = [
        partial(services.ask_refund, refund.pk, at=now()) for _ in range(6)
    ]
    race(calls)
    assert len(bank.refunds) == 1
    assert OutboxEvent.objects.filter(name="payment.refund_paid").count() == 1
    assert balances() == {}


def test_routes(bank: FakeBank, three: Three) -> None:
    payer = make_person_actor()
    bill = three.paid(bank, payer_id=payer.person_id)
    refund = three.apply(bill, 5)
    clients = {
        "anonymous": Client(),
        "payer": client_for(payer),
        "other": client_for(make_person_actor()),
        "elsewhere": client_for(make_officer_actor("finance", region_code="440304000000")),
        "finance": client_for(three.finance),
        "treasurer": client_for(three.treasurer),
    }

    def row(*statuses: int) -> dict[str, int]:
        return dict(zip(clients, statuses, strict=True))

    api = f"/api/v1/payment/refunds/{refund.pk}"
    check_routes(
        clients,
        [
            ("GET", "/desk/refunds/", row(302, 403, 403, 200, 200, 200)),
            ("GET", f"/desk/refunds/{refund.pk}/", row(302, 403, 403, 404, 200, 200)),
            ("GET", "/api/v1/payment/refunds", row(401, 200, 200, 200, 200, 200)),
            ("GET", api, row(401, 200, 404, 404, 200, 200)),
            ("GET", f"/api/v1/payment/refunds/{uuid4()}", row(401, 404, 404, 404, 404, 404)),
            ("POST", f"{api}/review", row(401, 403, 403, 403, 403, 403)),
            ("POST", f"{api}/approve", row(401, 403, 403, 403, 403, 409)),
        ],
    )
    forms = [("refunds", {"amount_fen": 1, "reason": "x"}, row(401, 403, 403, 404, 200, 403))]
    for path, body, expected in forms:
        for who, status in expected.items():
            answer = clients[who].post(
                f"/api/v1/payment/bills/{bill.pk}/{path}", body, content_type="application/json"
            )
            assert answer.status_code == status, who
    assert "待退" not in clients["other"].get(f"/pay/{bill.pk}/").content.decode()


def test_the_pages_carry_a_refund_from_application_to_the_payers_page(
    bank: FakeBank, three: Three
) -> None:
    payer = make_person_actor()
    bill = three.paid(bank, payer_id=payer.person_id)
    finance = client_for(three.finance)
    refused = finance.post(
        f"/desk/bills/{bill.pk}/", {"act": "refund", "amount": "11", "reason": "x"}
    )
    assert refused.status_code == 409
    assert "#f-amount" in refused.content.decode()
    finance.post(f"/desk/bills/{bill.pk}/", {"act": "refund", "amount": "2.5", "reason": "x"})
    page = f"/desk/refunds/{Refund.objects.get().pk}/"
    assert 'value="review"' not in finance.get(page).content.decode()
    for actor, act in ((three.reviewer, "review"), (three.treasurer, "approve")):
        desk = client_for(actor)
        assert f'value="{act}"' in desk.get(page).content.decode()
        assert desk.post(page, {"act": act}).status_code == 302
    deliver_all()
    assert Refund.objects.get().state == "paid"
    assert "¥2.50" in client_for(payer).get(f"/pay/{bill.pk}/").content.decode()


def test_the_check_page_confirms_only_the_right_amount_and_marks(
    bank: FakeBank, three: Three
) -> None:
    three.paid(bank)
    receipt = FiscalReceipt.objects.get()
    number = f"{receipt.code}{receipt.number}"
    query = f"?number={number}&check={receipt.check_code}&amount="
    assert "notice--success" in Client().get(f"/pay/receipts/{query}10").content.decode()
    assert "notice--danger" in Client().get(f"/pay/receipts/{query}11").content.decode()
    assert Client().get(f"/pay/receipts/{query}abc").status_code == 422
    body = {"check": receipt.check_code, "amount": "1000", "act": "mark"}
    assert Client().post(f"/pay/receipts/{number}/book/", body).status_code == 302
    person = client_for(make_person_actor())
    assert person.post(f"/pay/receipts/{number}/book/", body).status_code == 302
    assert FiscalReceipt.objects.get().booked_at is not None
    other = client_for(make_person_actor())
    assert other.post(f"/pay/receipts/{number}/book/", body).status_code == 409


def test_one_person_with_two_accounts_is_one_officer(bank: FakeBank, three: Three) -> None:
    person = make_person()
    applies = make_officer_actor("finance", agency_id=three.agency_id, record_of=person)
    reviews = make_officer_actor("finance_reviewer", region_code="440000000000", record_of=person)
    assert applies.account_id != reviews.account_id
    refund = services.apply_refund(
        actor=applies, bill_id=three.paid(bank).pk, amount_fen=5, reason="多收", at=now()
    )
    with pytest.raises(SameOfficer):
        services.review_refund(actor=reviews, refund_id=refund.pk, at=now())


def test_nobody_works_on_what_he_himself_owes(bank: FakeBank, three: Three) -> None:
    person = make_person()
    officer = make_officer_actor("finance", agency_id=three.agency_id, record_of=person)
    reviewer = make_officer_actor("finance_reviewer", region_code="440000000000", record_of=person)
    paid = three.paid(bank, payer_id=person.pk)
    owed = make_bill(agency_id=three.agency_id, payer_id=person.pk, at=now())
    with pytest.raises(SelfApproval):
        services.apply_refund(actor=officer, bill_id=paid.pk, amount_fen=5, reason="x", at=now())
    with pytest.raises(SelfApproval):
        services.collect_at_counter(actor=officer, bill_id=owed.pk, slip="1", at=now())
    with pytest.raises(SelfApproval):
        services.void_bill_by_officer(actor=officer, bill_id=owed.pk, reason="x", at=now())
    refund = three.apply(paid, 5)
    with pytest.raises(SelfApproval):
        services.review_refund(actor=reviewer, refund_id=refund.pk, at=now())


def test_a_job_never_pays_again_what_failed(bank: FakeBank, three: Three) -> None:
    refund = three.approve(three.apply(three.paid(bank)))
    order = next(iter(bank.orders.values()))
    order.refunded_fen = 1
    assert services.ask_refund(refund.pk, at=now()).state == "failed"
    order.refunded_fen = 0  # the bank would pay now; so may an officer, by transfer
    assert services.ask_refund(refund.pk, at=now()).state == "failed"
    assert bank.refunds == {}
    assert services.ask_refund(refund.pk, at=now(), again=True).state == "paid"
