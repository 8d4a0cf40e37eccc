"""What happens at once: two submissions, two clerks, paying while withdrawing."""

from collections.abc import Callable
from functools import partial

import pytest

from lingnan.kernel import clock
from lingnan.kernel.actors import SYSTEM
from lingnan.kernel.models import OutboxEvent
from lingnan.kernel.testing import deliver_all, race
from lingnan.platforms.identity.testing import make_officer_actor
from lingnan.platforms.payment import services as payments

from .. import services
from ..errors import NotWithdrawable
from ..models import Case, Decision, Notice, ServiceRating
from ..services import bills
from ..testing import ANSWERS, PDF, make_case, make_granted_case, make_setting, upload

pytestmark = pytest.mark.django_db(transaction=True)


def test_one_draft_submitted_five_times_at_once_is_one_case() -> None:
    setting = make_setting()
    actor = setting.applicant
    draft = services.open_draft(actor=actor, item_code=setting.item.code31, at=clock.now())
    services.save_draft(actor=actor, draft_id=draft.pk, data=ANSWERS, at=clock.now())
    services.add_upload(
        actor=actor, draft_id=draft.pk, code="M01", content=PDF, name="a.pdf", at=clock.now()
    )
    submit = partial(services.submit_draft, actor=actor, draft_id=draft.pk, at=clock.now())
    answers = race([submit for _ in range(5)])
    assert len({answer.pk for answer in answers if isinstance(answer, Case)}) == 1
    assert Case.objects.count() == 1


def test_cases_handed_in_at_once_have_different_numbers_without_holes() -> None:
    setting = make_setting()
    at = clock.now()
    given = [[upload(setting)] for _ in range(6)]
    calls = [partial(make_case, setting, given=one, at=at) for one in given]
    race(calls)
    numbers = sorted(Case.objects.values_list("number", flat=True))
    assert [number[-4:] for number in numbers] == [f"{n:04d}" for n in range(1, 7)]


def test_two_clerks_accept_one_case_once() -> None:
    setting = make_setting()
    case = make_case(setting)
    colleague = make_officer_actor("window_clerk", agency_id=setting.window_id, name="周窗口")
    calls = [
        partial(services.accept_case, actor=actor, case_id=case.pk, at=clock.now())
        for actor in (setting.clerk, colleague)
    ]
    answers = race(calls)
    assert sum(isinstance(answer, Case) for answer in answers) == 1
    assert Notice.objects.filter(case=case, kind="accepted").count() == 1


def test_deciding_and_withdrawing_at_once_end_one_way() -> None:
    setting = make_setting()
    case = make_case(setting)
    services.accept_case(actor=setting.clerk, case_id=case.pk, at=clock.now())
    services.review_case(actor=setting.handler, case_id=case.pk, at=clock.now())
    race(
        [
            partial(
                services.decide_case,
                actor=setting.approver,
                case_id=case.pk,
                outcome="grant",
                at=clock.now(),
            ),
            partial(
                services.withdraw_case, actor=setting.applicant, case_id=case.pk, at=clock.now()
            ),
        ]
    )
    case.refresh_from_db()
    granted = Decision.objects.filter(case=case).exists()
    assert (case.state, granted) in {("withdrawn", False), ("delivered", True)}
    deliver_all()


def test_paying_and_withdrawing_at_once_lose_nothing() -> None:
    setting = make_setting(with_fee=True)
    case = make_granted_case(setting)
    assert case.bill_id is not None
    payments.collect_at_counter(actor=SYSTEM, bill_id=case.bill_id, slip="S1", at=clock.now())
    settle = partial(
        bills.record_settlement,
        case_id=case.pk,
        amount_fen=1000,
        paid_at=clock.now(),
        at=clock.now(),
    )
    withdraw = partial(
        services.withdraw_case, actor=setting.applicant, case_id=case.pk, at=clock.now()
    )
    calls: list[Callable[[], object]] = [settle, withdraw, settle]
    answers = race(calls)
    case.refresh_from_db()
    assert (case.state, case.bill_settled_at is not None) == ("delivered", True)
    assert sum(isinstance(answer, NotWithdrawable) for answer in answers) == 1
    assert OutboxEvent.objects.filter(name="licences.issued").count() == 1
    deliver_all()


def test_a_case_rated_five_times_at_once_has_one_rating() -> None:
    setting = make_setting()
    case = make_case(setting)
    services.withdraw_case(actor=setting.applicant, case_id=case.pk, at=clock.now())
    rate = partial(
        services.rate_case, actor=setting.applicant, case_id=case.pk, level=3, at=clock.now()
    )
    race([rate for _ in range(5)])
    assert ServiceRating.objects.filter(case=case).count() == 1
