"""An account opened at a window, for whoever was just checked there and has none.

Who was registered by a clerk, or closed his account, cannot register by himself: his document is
known. The first password goes to his telephone alone; the clerk never sees it.
"""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from lingnan.kernel import clock
from lingnan.kernel.actors import Actor
from lingnan.kernel.errors import FieldProblem
from lingnan.platforms.messaging import services as messaging
from lingnan.security.audit import services as audit

from .. import wording
from ..errors import AccountThere, CheckOver, DetailsWrong, UsernameTaken
from ..models import Account, AssuranceEvidence, Person
from ..sealing import PHONE, normalise_phone, phone_index, seal
from . import passwords
from .accounts import made_up_name, open_account
from .window import own_check

FRESH = timedelta(minutes=30)  # our default: while the person still stands at the window


@transaction.atomic
def open_at_window(*, actor: Actor, check_id: UUID, phone: str, at: datetime) -> Account:
    """Open an account for the person a clerk has just checked, or the one its owner had closed.

    Only by the clerk who checked, within half an hour of a check that was passed. The first
    password is sent to the telephone and has to be changed at the first sign-in.
    Raises: Forbidden, OwnCheck (403), NotFound (404), CheckOver, AccountThere, UsernameTaken,
    ClerkUnknown (409), DetailsWrong (422). Source: Plan 五（一）2（2）.
    """
    check, card = own_check(actor, check_id)
    evidence = check.evidence
    passed = evidence.outcome == AssuranceEvidence.Outcome.PASSED
    if not passed or evidence.withdrawn_at is not None or check.checked_at <= at - FRESH:
        raise CheckOver
    plain = normalise_phone(phone)
    if not plain:
        message = _("Enter a telephone number, such as 13800000000 or +852 6123 4567.")
        raise DetailsWrong(fields=[FieldProblem("phone", "shape", message)])
    person = Person.objects.select_for_update().get(pk=card.id)
    password = passwords.first_password()
    account = Account.objects.select_for_update().filter(person=person).first()
    again = account is not None
    if account is None:
        account = open_account(
            password=password, person_id=person.pk, phone=plain, must_change_password=True, at=at
        )
    else:
        _open_again(account, password, plain, at)
    Person.objects.filter(pk=person.pk).update(phone_sealed=seal(plain, purpose=PHONE))
    messaging.send(
        template=wording.OPENED_AT_WINDOW,
        facts={"when": at},
        secrets={"password": password},
        subject_kind="identity.account",
        subject_id=account.pk,
        person_id=person.pk,
        channels=("sms",),
        phone=plain,
        link=reverse("identity:sign_in"),
        at=at,
    )
    audit.record(
        actor=actor,
        act="identity.account_opened",
        object_kind="account",
        object_id=account.pk,
        facts={"check_id": check.pk, "again": again},
        at=at,
    )
    return account


def _open_again(account: Account, password: str, phone: str, at: datetime) -> None:
    """Only what its owner closed; what was merged is another account now."""
    if account.state != Account.State.CLOSED or account.closed_because != Account.Closed.PERSON:
        raise AccountThere
    passwords.check_new_password(
        password, username="", is_officer=False, former=[], on=clock.local_date(at)
    )
    account.state, account.closed_at = Account.State.ACTIVE, None
    account.closed_because = Account.Closed.NOT
    account.username, account.phone_index = made_up_name(), phone_index(phone)
    account.password, account.password_changed_at = passwords.hash_password(password), at
    account.must_change_password = True
    account.version += 1
    try:
        with transaction.atomic():
            account.save()
    except IntegrityError as taken:
        raise UsernameTaken from taken
