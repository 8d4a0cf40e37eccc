"""Officers come, get roles, and leave; administrators keep to their own reach and trade."""

import secrets
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.utils.translation import gettext as _

from lingnan.kernel import events
from lingnan.kernel.actors import Actor
from lingnan.kernel.errors import FieldProblem, Forbidden, NotFound
from lingnan.security.audit import services as audit
from lingnan.standards.agencies import queries as agencies
from lingnan.standards.regions import queries as regions

from ..errors import (
    AdministrationSeparated,
    AlreadyGranted,
    AlreadyOfficer,
    DetailsWrong,
    NotToOneself,
    OfficerLeft,
    PersonUnclear,
)
from ..events import OfficerCreated, OfficerLeftAgency, RoleGranted, RoleWithdrawn
from ..models import Account, ApiToken, Officer, Person, Role, RoleGrant, Session
from ..queries.officers import in_reach, is_oneself
from ..queries.people import find_person
from ..roles import ROLES
from ..types import GRANT_ROLES, MANAGE_OFFICERS, NewOfficer
from .accounts import open_account
from .people import checked_number, register_person


@transaction.atomic
def ensure_roles() -> int:
    """Write the shipped roles, and only what changed; returns how many changed."""
    changed = 0
    for shipped in ROLES:
        role, created = Role.objects.get_or_create(
            code=shipped.code,
            defaults={
                "name": shipped.name,
                "permissions": sorted(shipped.permissions),
                "administration": shipped.administration,
            },
        )
        wanted = (shipped.name, sorted(shipped.permissions), shipped.administration)
        if not created and (role.name, role.permissions, role.administration) != wanted:
            role.name, role.permissions, role.administration = wanted
            role.save(update_fields=["name", "permissions", "administration"])
            holders = RoleGrant.objects.filter(role=role, revoked_at=None)
            Account.objects.filter(pk__in=holders.values("officer__account_id")).update(
                version=F("version") + 1
            )
            created = True
        changed += created
    return changed


@transaction.atomic
def create_officer(
    *,
    actor: Actor,
    name: str,
    agency_id: UUID,
    at: datetime,
    username: str = "",
    post_id: UUID | None = None,
    existing_account_id: UUID | None = None,
    document_type: str = "",
    document_number: str = "",
    password: str = "",
    is_demo: bool = False,
) -> NewOfficer:
    """Give someone a place at an agency; a new account gets a first password, shown once.

    The system administrator of the agency (or of a region above it) does this; roles are another
    person's business. The document says who the officer is, so that nobody decides on a matter of
    his own that he filed with another account; an account with a person behind it needs none. Feeds
    that know no document leave it out, and `record_officer_person` adds it.
    Raises: Forbidden (403), NotFound (404), DetailsWrong (422), UsernameTaken, AlreadyOfficer
    (409), NotToOneself (403).
    Source: GB/T 22239-2019 8.1.4.2, 8.1.5.
    """
    agency = agencies.agency(agency_id)
    actor.check(MANAGE_OFFICERS, agency_id=agency.id, region_path=agency.region_path)
    name = " ".join(name.split())
    if not 2 <= len(name) <= 100:
        raise DetailsWrong(fields=[FieldProblem("name", "length", _("Enter the officer's name."))])
    first_password = ""
    if existing_account_id is not None:
        account = Account.objects.filter(pk=existing_account_id, state=Account.State.ACTIVE).first()
        if account is None:
            raise NotFound
    else:
        if not username.strip():
            message = _("Enter a sign-in name.")
            raise DetailsWrong(fields=[FieldProblem("username", "required", message)])
        first_password = password or f"{secrets.token_urlsafe(9)}aA7-"
        account = open_account(
            username=username,
            password=first_password,
            is_officer=True,
            must_change_password=not is_demo,
            is_demo=is_demo,
            at=at,
        )
    person_id = account.person_id
    if document_type or document_number:
        person_id = _person_named(actor, name, document_type, document_number, account, is_demo, at)
    officer = Officer(
        account=account, person_id=person_id, name=name, agency_id=agency.id, post_id=post_id
    )
    if is_oneself(actor, officer):
        raise NotToOneself
    try:
        with transaction.atomic():
            officer.save(force_insert=True)
    except IntegrityError as known:
        raise AlreadyOfficer from known
    Account.objects.filter(pk=account.pk).update(version=F("version") + 1)
    events.publish(OfficerCreated(officer_id=officer.pk, agency_id=agency.id), at=at)
    _record(actor, "identity.officer_created", officer, at, agency_id=agency.id)
    return NewOfficer(
        officer_id=officer.pk,
        account_id=account.pk,
        username=account.username,
        first_password=first_password,
    )


@transaction.atomic
def record_officer_person(
    *, actor: Actor, officer_id: UUID, document_type: str, document_number: str, at: datetime
) -> None:
    """Complete a personnel record that does not yet say who the officer is. Once.

    Raises: Forbidden (403), NotFound (404), DetailsWrong (422), NotToOneself (403), OfficerLeft,
    PersonUnclear, AlreadyOfficer (409). Source: GB/T 22239-2019 8.1.4.2.
    """
    actor.check(MANAGE_OFFICERS)
    seen = _reachable(actor, officer_id, MANAGE_OFFICERS)
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
    held = RoleGrant.objects.filter(officer=officer, revoked_at=None).select_related("role")
    for grant in held:
        _check_separation(officer, grant.role)
    try:
        with transaction.atomic():
            officer.save(update_fields=["person"])
    except IntegrityError as known:
        raise AlreadyOfficer from known
    Account.objects.filter(pk=account.pk).update(version=F("version") + 1)
    _record(actor, "identity.officer_person_recorded", officer, at, person_id=officer.person_id)


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
    if account.person_id not in (None, person_id):
        message = _("The account belongs to someone with another document.")
        raise DetailsWrong(fields=[FieldProblem("document_number", "mismatch", message)])
    return person_id


@transaction.atomic
def deactivate_officer(*, actor: Actor, officer_id: UUID, at: datetime) -> None:
    """Someone leaves: his sessions, tokens and roles there end in this transaction.

    Raises: Forbidden (403), NotFound (404), NotToOneself (403), OfficerLeft (409).
    """
    actor.check(MANAGE_OFFICERS)
    officer = _reachable(actor, officer_id, MANAGE_OFFICERS)
    if is_oneself(actor, officer):
        raise NotToOneself
    Account.objects.select_for_update().get(pk=officer.account_id)
    officer = Officer.objects.select_for_update().get(pk=officer_id)
    if not officer.active:
        raise OfficerLeft
    officer.active, officer.left_at = False, at
    officer.save(update_fields=["active", "left_at"])
    RoleGrant.objects.filter(officer=officer, revoked_at=None).update(
        revoked_at=at, revoked_by_id=actor.officer_id
    )
    _end_sessions(officer, at)
    ApiToken.objects.filter(officer=officer, ended_at=None).update(ended_at=at)
    _settle_administration(officer.account_id)
    events.publish(OfficerLeftAgency(officer_id=officer.pk, agency_id=officer.agency_id), at=at)
    _record(actor, "identity.officer_left", officer, at, agency_id=officer.agency_id)


@transaction.atomic
def grant_role(
    *,
    actor: Actor,
    officer_id: UUID,
    role: str,
    at: datetime,
    agency_id: UUID | None = None,
    region_code: str = "",
) -> RoleGrant:
    """Let an officer do a role's work in one agency, or in one region and all below it.

    The security administrator does this, for others only, within his own reach: neither the officer
    nor the reach granted may lie outside it.
    Raises: Forbidden (403), NotFound (404), NotToOneself (403), DetailsWrong (422), OfficerLeft,
    AlreadyGranted, AdministrationSeparated (409).
    Source: GB/T 22239-2019 8.1.5 (system, security and audit administration are three persons).
    """
    actor.check(GRANT_ROLES)
    officer = _reachable(actor, officer_id, GRANT_ROLES)
    if is_oneself(actor, officer):
        raise NotToOneself
    found = Role.objects.filter(code=role).first()
    if found is None:
        raise DetailsWrong(fields=[FieldProblem("role", "choice", _("Choose a role."))])
    if (agency_id is None) == (not region_code):
        message = _("Choose either an agency or a region.")
        raise DetailsWrong(fields=[FieldProblem("region_code", "choice", message)])
    region_id, region_path = None, ""
    if agency_id is not None:
        agency = agencies.agency(agency_id)
        actor.check(GRANT_ROLES, agency_id=agency.id, region_path=agency.region_path)
    else:
        region = regions.region(region_code)
        region_id, region_path = region.id, region.path
        actor.check(GRANT_ROLES, region_path=region_path)
    if officer.person_id is not None:  # two accounts of one person: one grant after the other
        Person.objects.select_for_update().get(pk=officer.person_id)
    account = Account.objects.select_for_update().get(pk=officer.account_id)
    officer = Officer.objects.get(pk=officer_id)
    if not officer.active:
        raise OfficerLeft
    _check_separation(officer, found)
    grant = RoleGrant(
        officer=officer,
        role=found,
        agency_id=agency_id,
        region_id=region_id,
        region_path=region_path,
        granted_by_id=actor.officer_id,
    )
    try:
        with transaction.atomic():
            grant.save(force_insert=True)
    except IntegrityError as known:
        raise AlreadyGranted from known
    account.administration = found.administration
    account.version += 1
    account.save(update_fields=["administration", "version"])
    events.publish(
        RoleGranted(officer_id=officer.pk, role=role, agency_id=agency_id, region_path=region_path),
        at=at,
    )
    _record(
        actor,
        "identity.role_granted",
        officer,
        at,
        role=role,
        agency_id=agency_id,
        region=region_path,
    )
    return grant


@transaction.atomic
def revoke_grant(*, actor: Actor, grant_id: UUID, at: datetime) -> None:
    """Take a role back, at once. Raises: Forbidden (403), NotFound (404), NotToOneself (403)."""
    actor.check(GRANT_ROLES)
    grant = RoleGrant.objects.select_related("role").filter(pk=grant_id).first()
    if grant is None:
        raise NotFound
    officer = _reachable(actor, grant.officer_id, GRANT_ROLES)
    if is_oneself(actor, officer):
        raise NotToOneself
    Account.objects.select_for_update().get(pk=officer.account_id)
    live = RoleGrant.objects.filter(pk=grant_id, revoked_at=None)
    if not live.update(revoked_at=at, revoked_by_id=actor.officer_id):
        raise NotFound
    _settle_administration(officer.account_id)
    events.publish(RoleWithdrawn(officer_id=officer.pk, role=grant.role.code), at=at)
    _record(actor, "identity.role_withdrawn", officer, at, role=grant.role.code)


def _end_sessions(officer: Officer, at: datetime) -> None:
    """Those of an account with nothing left; one who has another identity stays signed in, and
    whoever worked in this post is asked in whose name he goes on.
    """
    others = Officer.objects.filter(account_id=officer.account_id, active=True)
    if officer.account.person_id is None and not others.exists():
        Session.objects.filter(account_id=officer.account_id, ended_at=None).update(ended_at=at)


def _reachable(actor: Actor, officer_id: UUID, permission: str) -> Officer:
    """The officer, if he works within the administrator's reach; else he does not exist."""
    officer = in_reach(actor).filter(pk=officer_id).first()
    if officer is None:
        raise NotFound
    if not actor.can(
        permission, agency_id=officer.agency_id, region_path=officer.agency.region_path
    ):
        raise Forbidden(permission=permission)
    return officer


def _check_separation(officer: Officer, role: Role) -> None:
    """One person does one kind of administration, or ordinary work, never two of them, with
    however many accounts.
    """
    same = Q(officer__account_id=officer.account_id)
    if officer.person_id is not None:
        same |= Q(officer__person_id=officer.person_id)
    held = RoleGrant.objects.filter(same, revoked_at=None)
    if held.exclude(role__administration=role.administration).exists():
        raise AdministrationSeparated(role=role.code)


def _settle_administration(account_id: UUID) -> None:
    held = RoleGrant.objects.filter(officer__account_id=account_id, revoked_at=None)
    kind = held.exclude(role__administration="").values_list("role__administration", flat=True)
    Account.objects.filter(pk=account_id).update(
        administration=kind.first() or "", version=F("version") + 1
    )


def _record(actor: Actor, act: str, officer: Officer, at: datetime, **facts: object) -> None:
    audit.record(
        actor=actor, act=act, object_kind="officer", object_id=officer.pk, facts=facts, at=at
    )
