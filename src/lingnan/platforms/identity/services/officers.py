"""Officers come, get roles, and leave; administrators keep to their own reach and trade."""

from collections.abc import Callable, Iterable
from datetime import datetime
from functools import partial
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.translation import gettext as _

from lingnan.kernel import events
from lingnan.kernel.actors import Actor
from lingnan.kernel.errors import FieldProblem, NotFound
from lingnan.security.audit import services as audit
from lingnan.standards.agencies import queries as agencies
from lingnan.standards.agencies.types import AgencyCard

from ..errors import (
    AlreadyOfficer,
    DetailsWrong,
    NotToOneself,
    OfficerLeft,
    OutsideReach,
    PersonUnclear,
)
from ..events import OfficerCreated, OfficerLeftAgency
from ..models import Account, ApiToken, Officer, Person, RoleGrant, RoleProposal, Session
from ..queries.accounts import persons_behind
from ..queries.officers import is_oneself
from ..queries.people import find_person
from ..types import MANAGE_OFFICERS, NewOfficer
from . import passwords
from .accounts import checked_username, open_account
from .people import checked_number, register_person
from .roles import check_not_above, check_separation, reachable, settle_administration


@transaction.atomic
def create_officer(
    *,
    actor: Actor,
    name: str,
    agency_id: UUID,
    at: datetime,
    username: str = "",
    post_id: UUID | None = None,
    document_type: str = "",
    document_number: str = "",
    password: str = "",
    is_demo: bool = False,
) -> NewOfficer:
    """Give someone a place at an agency, with an account for it; a first password is shown once.

    The system administrator of the agency (or of a region above it) does this; roles are another
    person's business. The document says who the officer is, so that nobody decides on a matter of
    his own that he filed with another account. Feeds that know no document leave it out, and
    `record_officer_person` adds it. Who has an account already is asked first: `offer_post`.
    Raises: Forbidden (403), NotFound (404), DetailsWrong (422), UsernameTaken, AlreadyOfficer
    (409), NotToOneself (403).
    Source: GB/T 22239-2019 8.1.4.2, 8.1.5.
    """
    agency = checked_place(actor, agency_id, post_id)
    checks: list[Callable[[], str]] = [
        partial(checked_name, name),
        partial(checked_username, username),
    ]
    if document_type or document_number:
        checks.append(partial(checked_number, document_type, document_number))
    _check_all(checks)
    name = checked_name(name)
    first_password = password or passwords.first_password()
    account = open_account(
        username=username,
        password=first_password,
        is_officer=True,
        must_change_password=not is_demo,
        is_demo=is_demo,
        at=at,
    )
    person_id = None
    if document_type or document_number:
        person_id = _person_named(actor, name, document_type, document_number, account, is_demo, at)
    officer = _place(actor, account, name, agency, post_id, person_id, at)
    return NewOfficer(
        officer_id=officer.pk,
        account_id=account.pk,
        username=account.username,
        first_password=first_password,
    )


@transaction.atomic
def add_to_account(
    *,
    actor: Actor,
    account_id: UUID,
    name: str,
    agency_id: UUID,
    at: datetime,
    post_id: UUID | None = None,
    document_type: str = "",
    document_number: str = "",
) -> NewOfficer:
    """A place at an agency for an account there is. Only where its owner has agreed, or where the
    account was made for this officer, who comes back.

    Raises: as `create_officer`.
    """
    agency = checked_place(actor, agency_id, post_id)
    name = checked_name(name)
    account = Account.objects.filter(pk=account_id, state=Account.State.ACTIVE).first()
    if account is None:
        raise NotFound
    behind = persons_behind(account.pk)
    person_id = next(iter(behind)) if len(behind) == 1 else account.person_id
    if document_type or document_number:
        person_id = _person_named(actor, name, document_type, document_number, account, False, at)
    officer = _place(actor, account, name, agency, post_id, person_id, at)
    return NewOfficer(
        officer_id=officer.pk, account_id=account.pk, username=account.username, first_password=""
    )


def checked_place(actor: Actor, agency_id: UUID, post_id: UUID | None) -> AgencyCard:
    """Raises: NotFound (404), Forbidden, OutsideReach (403), DetailsWrong (422)."""
    actor.check(MANAGE_OFFICERS)
    agency = agencies.agency(agency_id)
    if not actor.can(MANAGE_OFFICERS, agency_id=agency.id, region_path=agency.region_path):
        message = _("This is outside the area you administer.")
        raise OutsideReach(fields=[FieldProblem("agency_id", "outside", message)])
    _check_post(post_id, agency.id)
    return agency


def _check_all(checks: Iterable[Callable[[], str]]) -> None:
    """Whoever typed several things wrong is told all of them. Raises: DetailsWrong (422)."""
    problems: list[FieldProblem] = []
    for check in checks:
        try:
            check()
        except DetailsWrong as wrong:
            problems += wrong.fields
    if problems:
        raise DetailsWrong(fields=problems)


def checked_name(name: str) -> str:
    """Raises: DetailsWrong (422)."""
    name = " ".join(name.split())
    if not 2 <= len(name) <= 100:
        raise DetailsWrong(fields=[FieldProblem("name", "length", _("Enter the officer's name."))])
    return name


def _place(
    actor: Actor,
    account: Account,
    name: str,
    agency: AgencyCard,
    post_id: UUID | None,
    person_id: UUID | None,
    at: datetime,
) -> Officer:
    officer = Officer(
        account=account, person_id=person_id, name=name, agency_id=agency.id, post_id=post_id
    )
    if is_oneself(actor, officer):
        raise NotToOneself
    return seat_officer(officer, actor=actor, at=at)


def seat_officer(officer: Officer, *, actor: Actor, at: datetime) -> Officer:
    """Write a place that was checked, in the caller's transaction. Raises: AlreadyOfficer (409)."""
    try:
        with transaction.atomic():
            officer.save(force_insert=True)
    except IntegrityError as known:
        raise AlreadyOfficer from known
    Account.objects.filter(pk=officer.account_id).update(version=F("version") + 1)
    events.publish(OfficerCreated(officer_id=officer.pk, agency_id=officer.agency_id), at=at)
    _record(actor, "identity.officer_created", officer, at, agency_id=officer.agency_id)
    return officer


@transaction.atomic
def record_officer_person(
    *, actor: Actor, officer_id: UUID, document_type: str, document_number: str, at: datetime
) -> None:
    """Complete a personnel record that does not yet say who the officer is. Once.

    Raises: Forbidden (403), NotFound (404), DetailsWrong (422), NotToOneself (403), OfficerLeft,
    PersonUnclear, AlreadyOfficer (409). Source: GB/T 22239-2019 8.1.4.2.
    """
    actor.check(MANAGE_OFFICERS)
    seen = reachable(actor, officer_id, MANAGE_OFFICERS)
    account = Account.objects.select_for_update().get(pk=seen.account_id)
    officer = Officer.objects.select_for_update().get(pk=officer_id)
    if not officer.active:
        raise OfficerLeft
    if officer.person_id is not None or account.person_id is not None:
        raise PersonUnclear
    officer.person_id = _person_named(
        actor, officer.name, document_type, document_number, account, account.is_demo, at
    )
    if is_oneself(actor, officer):
        raise NotToOneself
    Person.objects.select_for_update().get(pk=officer.person_id)  # as `grant_role` does
    held = RoleGrant.objects.filter(officer=officer, revoked_at=None).select_related("role")
    for grant in held:
        check_separation(officer, grant.role)
    try:
        with transaction.atomic():
            officer.save(update_fields=["person"])
    except IntegrityError as known:
        raise AlreadyOfficer from known
    Account.objects.filter(pk=account.pk).update(version=F("version") + 1)
    _record(actor, "identity.officer_person_recorded", officer, at, person_id=officer.person_id)


def recognise_officer(*, officer_id: UUID, person_id: UUID) -> None:
    """Carry over who an officer is from his former record, in the caller's transaction.

    Raises: AlreadyOfficer (409): he has a post there under another account.
    """
    try:
        with transaction.atomic():
            Officer.objects.filter(pk=officer_id, person=None).update(person_id=person_id)
    except IntegrityError as known:
        raise AlreadyOfficer from known
    changed = Account.objects.filter(pk__in=Officer.objects.filter(pk=officer_id).values("account"))
    changed.update(version=F("version") + 1)


def _person_named(
    actor: Actor,
    name: str,
    document_type: str,
    document_number: str,
    account: Account,
    is_demo: bool,
    at: datetime,
) -> UUID:
    """The person with this document, entered if nobody has it; the name has to be his."""
    known = find_person(document_type, checked_number(document_type, document_number))
    if known is None:
        person_id = register_person(
            actor=actor,
            name=name,
            document_type=document_type,
            document_number=document_number,
            is_demo=is_demo,
            at=at,
        ).pk
    elif known.name != name:
        message = _("The name and the document do not belong together.")
        raise DetailsWrong(fields=[FieldProblem("document_number", "mismatch", message)])
    else:
        person_id = known.id
    behind = persons_behind(account.pk)
    if behind and person_id not in behind:
        message = _("The account belongs to someone with another document.")
        raise DetailsWrong(fields=[FieldProblem("document_number", "mismatch", message)])
    return person_id


@transaction.atomic
def deactivate_officer(*, actor: Actor, officer_id: UUID, at: datetime) -> None:
    """Someone leaves: his sessions, tokens and roles there end in this transaction.

    Raises: Forbidden (403), NotFound (404), NotToOneself (403), OfficerAbove (403), OfficerLeft
    (409).
    """
    actor.check(MANAGE_OFFICERS)
    officer = reachable(actor, officer_id, MANAGE_OFFICERS)
    if is_oneself(actor, officer):
        raise NotToOneself
    check_not_above(actor, [officer], at)
    Account.objects.select_for_update().get(pk=officer.account_id)
    officer = Officer.objects.select_for_update().get(pk=officer_id)
    if not officer.active:
        raise OfficerLeft
    officer.active, officer.left_at = False, at
    officer.save(update_fields=["active", "left_at"])
    RoleGrant.objects.filter(officer=officer, revoked_at=None).update(
        revoked_at=at, revoked_by_id=actor.officer_id
    )
    RoleProposal.objects.filter(officer=officer, state=RoleProposal.State.OPEN).update(
        state=RoleProposal.State.DECLINED, decided_at=at
    )
    _end_sessions(officer, at)
    ApiToken.objects.filter(officer=officer, ended_at=None).update(ended_at=at)
    settle_administration(officer.account_id)
    events.publish(OfficerLeftAgency(officer_id=officer.pk, agency_id=officer.agency_id), at=at)
    _record(actor, "identity.officer_left", officer, at, agency_id=officer.agency_id)


@transaction.atomic
def change_post(*, actor: Actor, officer_id: UUID, post_id: UUID | None, at: datetime) -> None:
    """Give an officer another post at his agency, or end the one he has (None).

    Roles stay as they are: they are another administrator's work.
    Raises: Forbidden (403), NotFound (404), NotToOneself (403), OfficerAbove (403), DetailsWrong
    (422), OfficerLeft.
    """
    actor.check(MANAGE_OFFICERS)
    seen = reachable(actor, officer_id, MANAGE_OFFICERS)
    if is_oneself(actor, seen):
        raise NotToOneself
    check_not_above(actor, [seen], at)
    officer = Officer.objects.select_for_update().get(pk=officer_id)
    if not officer.active:
        raise OfficerLeft
    _check_post(post_id, officer.agency_id)
    former = officer.post_id
    if former == post_id:
        return
    officer.post_id = post_id
    officer.save(update_fields=["post"])
    _record(actor, "identity.post_changed", officer, at, former=former, post=post_id)


def _check_post(post_id: UUID | None, agency_id: UUID) -> None:
    if post_id is not None and all(post.id != post_id for post in agencies.posts(agency_id)):
        message = _("Choose a post of this agency.")
        raise DetailsWrong(fields=[FieldProblem("post_id", "choice", message)])


def _end_sessions(officer: Officer, at: datetime) -> None:
    """Those of an account with nothing left; one who has another identity stays signed in, and
    whoever worked in this post is asked in whose name he goes on.
    """
    others = Officer.objects.filter(account_id=officer.account_id, active=True)
    if officer.account.person_id is None and not others.exists():
        Session.objects.filter(account_id=officer.account_id, ended_at=None).update(ended_at=at)


def _record(actor: Actor, act: str, officer: Officer, at: datetime, **facts: object) -> None:
    audit.record(
        actor=actor, act=act, object_kind="officer", object_id=officer.pk, facts=facts, at=at
    )
