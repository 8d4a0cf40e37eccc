"""Users and groups of a personnel system become officers, posts and roles; a transaction each.

Source: Plan 五（一）2（1）; RFC 7644. Whoever leaves (`active` false, deleted) loses his sessions,
tokens, post and roles in that transaction; `OfficerLeftAgency` takes his work from him.
"""

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F
from scim2_models import EnterpriseUser

from lingnan.kernel import locks
from lingnan.kernel.actors import Actor, system_actor
from lingnan.security.audit import services as audit
from lingnan.standards.agencies import queries as agencies
from lingnan.standards.agencies.errors import NoSuchAgency
from lingnan.standards.agencies.types import AgencyCard

from ..errors import AlreadyGranted, UsernameTaken
from ..models import (
    Account,
    Authorisation,
    Client,
    Officer,
    ProvisionedGroup,
    ProvisionedMember,
    ProvisionedUser,
    Role,
    RoleGrant,
)
from ..queries.accounts import persons_behind
from ..services import create_officer, deactivate_officer, grant_role, revoke_grant
from ..services.officers import add_to_account, recognise_officer
from .errors import (
    AgencyBeyondReach,
    MemberUnknown,
    ResourceUnknown,
    RoleNotProvisioned,
    UserNameTaken,
    VersionOther,
)
from .queries import find_group, find_user
from .resources import officer_name, user_document

LEVELS_MAX = 8
_USCC = re.compile(r"[0-9A-HJ-NPQRTUWXY]{18}")
_ROLE_GROUP = re.compile(r"([a-z][a-z_]{1,31})(?:@([0-9A-Z]{18}))?")


def hold(client: Client) -> None:
    """Wait for other changes of the same system, in the caller's transaction."""
    locks.hold("identity.scim", client.pk)


@transaction.atomic
def create_user(*, client: Client, resource: Any, at: datetime) -> ProvisionedUser:
    """A civil servant comes: account and post, if active.

    Raises: UserNameTaken (409), AgencyBeyondReach, DetailsWrong, PasswordWeak (422).
    """
    row = ProvisionedUser(client=client, changed_at=at, active=False)
    _read(row, resource)
    row.agency_id = _agency(client, resource).id
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as taken:
        raise UserNameTaken from taken
    _settle(row, resource, active=resource.active is not False, at=at)
    _record(client, "identity.provisioned_user_created", row, at)
    return row


@transaction.atomic
def change_user(
    *, client: Client, user_id: UUID, resource: Any, at: datetime, version: int | None = None
) -> ProvisionedUser:
    """Put what the system now says: names, agency, coming back, leaving.

    Raises: ResourceUnknown (404), VersionOther (412), UserNameTaken (409), AgencyBeyondReach (422).
    """
    row = _locked_user(client, user_id, version)
    _read(row, resource)
    row.version += 1
    row.changed_at = at
    agency = _agency(client, resource)
    moved = row.agency_id != agency.id
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as taken:
        raise UserNameTaken from taken
    active = row.active if resource.active is None else bool(resource.active)
    goes_on = row.officer is not None and row.officer.active  # a desk may have ended his post
    if moved and row.officer_id is not None:
        _leave(row, at)
    row.agency_id = agency.id
    row.save(update_fields=["agency"])
    _settle(row, resource, active=active, goes_on=goes_on, at=at)
    _record(client, "identity.provisioned_user_changed", row, at, active=row.active)
    return row


@transaction.atomic
def delete_user(*, client: Client, user_id: UUID, at: datetime, version: int | None = None) -> None:
    """He leaves for good. Raises: ResourceUnknown (404), VersionOther (412)."""
    row = _locked_user(client, user_id, version)
    if row.officer_id is not None:
        _leave(row, at)
    ProvisionedMember.objects.filter(user=row).delete()
    if row.account_id is not None:
        # The name is free for whoever comes next; the account stays with what was done in it.
        Account.objects.filter(pk=row.account_id, state=Account.State.CLOSED).update(
            username=f"left-{row.account_id.hex}"
        )
    row.deleted_at, row.changed_at = at, at
    row.save(update_fields=["deleted_at", "changed_at"])
    _record(client, "identity.provisioned_user_deleted", row, at)


@transaction.atomic
def create_group(*, client: Client, resource: Any, at: datetime) -> ProvisionedGroup:
    """Raises: RoleNotProvisioned (403), AgencyBeyondReach, MemberUnknown (422)."""
    row = ProvisionedGroup(client=client, changed_at=at)
    _read_group(client, row, resource)
    row.save(force_insert=True)
    _set_members(client, row, resource, at)
    _record(client, "identity.provisioned_group_created", row, at)
    return row


@transaction.atomic
def change_group(
    *, client: Client, group_id: UUID, resource: Any, at: datetime, version: int | None = None
) -> ProvisionedGroup:
    """Raises: ResourceUnknown (404), VersionOther (412), RoleNotProvisioned (403), MemberUnknown,
    AgencyBeyondReach (422)."""
    row = _locked_group(client, group_id, version)
    before = (row.role_id, row.agency_id)
    _read_group(client, row, resource)
    row.version += 1
    row.changed_at = at
    row.save()
    if before != (row.role_id, row.agency_id):
        for member in row.members.select_related("grant"):
            _take_grant(client, member, at)
    _set_members(client, row, resource, at)
    _record(client, "identity.provisioned_group_changed", row, at)
    return row


@transaction.atomic
def delete_group(
    *, client: Client, group_id: UUID, at: datetime, version: int | None = None
) -> None:
    """Its members lose the role it stood for. Raises: ResourceUnknown (404), VersionOther (412)."""
    row = _locked_group(client, group_id, version)
    for member in row.members.select_related("grant"):
        _take_grant(client, member, at)
        member.delete()
    row.deleted_at = row.changed_at = at
    row.save(update_fields=["deleted_at", "changed_at"])
    _record(client, "identity.provisioned_group_deleted", row, at)


def _locked_user(client: Client, user_id: UUID, version: int | None) -> ProvisionedUser:
    row = ProvisionedUser.objects.select_for_update(of=("self",)).get(
        pk=find_user(client, user_id).pk
    )
    if row.deleted_at is not None:
        raise ResourceUnknown
    if version is not None and version != row.version:
        raise VersionOther
    return row


def _locked_group(client: Client, group_id: UUID, version: int | None) -> ProvisionedGroup:
    row = ProvisionedGroup.objects.select_for_update(of=("self",)).get(
        pk=find_group(client, group_id).pk
    )
    if row.deleted_at is not None:
        raise ResourceUnknown
    if version is not None and version != row.version:
        raise VersionOther
    return row


def _read(row: ProvisionedUser, resource: Any) -> None:
    row.user_name = str(resource.user_name)[:200]
    row.user_name_key = row.user_name.casefold()[:200]
    row.external_id = str(resource.external_id or "")[:200]
    row.document = user_document(resource)


def _settle(
    row: ProvisionedUser, resource: Any, *, active: bool, at: datetime, goes_on: bool = False
) -> None:
    """Make account, post and roles what the row says; the row is written.

    `goes_on`: he worked up to now, and moves to another agency.
    """
    if not active:
        if row.officer_id is not None:
            _leave(row, at)
        return
    name = officer_name(resource)
    if row.officer_id is None:
        _come(row, name, resource.password or "", at, goes_on=goes_on)
    else:
        Officer.objects.filter(pk=row.officer_id).exclude(name=name).update(name=name)
        _rename(row)
    for member in row.memberships.select_related("group", "grant"):
        _give_grant(row.client, member, row, at)


def _come(row: ProvisionedUser, name: str, password: str, at: datetime, *, goes_on: bool) -> None:
    person_id = None
    if row.account is not None:
        behind = persons_behind(row.account.pk)
        person_id = next(iter(behind)) if len(behind) == 1 else None
        row.account = _reopened(row.account, goes_on=goes_on)
    try:
        made = (
            create_officer(
                actor=_actor(row.client),
                name=name,
                agency_id=row.agency_id,
                username=_sign_in_name(row.user_name),
                password=password,
                at=at,
            )
            if row.account is None
            else add_to_account(  # made for him, or his own, to which he joined this work
                actor=_actor(row.client),
                account_id=row.account.pk,
                name=name,
                agency_id=row.agency_id,
                at=at,
            )
        )
    except UsernameTaken as taken:
        raise UserNameTaken from taken
    if person_id is not None:
        recognise_officer(officer_id=made.officer_id, person_id=person_id)
    row.account_id, row.officer_id, row.active = made.account_id, made.officer_id, True
    row.save(update_fields=["account", "officer", "active"])


def _reopened(account: Account, *, goes_on: bool) -> Account | None:
    """The account to come back to; None: a new one is made, for work alone.

    One its person closed stays closed. A person's own account takes no post unasked: who had joined
    his work to it keeps it there while he works, and whoever left starts anew and may join again.
    """
    if account.merged_into is not None:
        account = account.merged_into
    if account.person_id is not None and not goes_on:
        return None
    if account.state == Account.State.ACTIVE:
        return account
    if account.closed_because in {Account.Closed.PERSON, Account.Closed.MERGED}:
        return None
    account.state, account.closed_at = Account.State.ACTIVE, None
    account.closed_because = Account.Closed.NOT
    account.version += 1
    account.save(update_fields=["state", "closed_at", "closed_because", "version"])
    return account


def _leave(row: ProvisionedUser, at: datetime) -> None:
    """Sessions, tokens, post and roles end; the account closes where nothing else is its."""
    officer_id, account_id = row.officer_id, row.account_id
    assert officer_id is not None and account_id is not None, "an active user has a post"
    officer = Officer.objects.get(pk=officer_id)
    if officer.active:
        deactivate_officer(actor=_actor(row.client), officer_id=officer_id, at=at)
    Authorisation.objects.filter(officer_id=officer_id, ended_at=None).update(
        ended_at=at, ended_because=Authorisation.End.LEFT
    )
    ProvisionedMember.objects.filter(user=row).update(grant=None)
    row.officer_id, row.active = None, False
    row.save(update_fields=["officer", "active"])
    if not Officer.objects.filter(account_id=account_id, active=True).exists():
        Account.objects.filter(pk=account_id, person=None).update(
            state=Account.State.CLOSED,
            closed_at=at,
            closed_because=Account.Closed.LEFT,
            version=F("version") + 1,
        )


def _rename(row: ProvisionedUser) -> None:
    """The sign-in name follows userName, of an account for work alone: another is its owner's."""
    if row.account_id is None:
        return
    try:
        with transaction.atomic():
            Account.objects.filter(pk=row.account_id, person=None).update(
                username=_sign_in_name(row.user_name)
            )
    except IntegrityError as taken:
        raise UserNameTaken from taken


def _sign_in_name(user_name: str) -> str:
    """userName as a sign-in name: `Zhang.San@gd.gov.cn` -> `zhang.san-gd.gov.cn`."""
    plain = re.sub(r"[^a-z0-9._-]", "-", user_name.lower())
    plain = plain if plain[:1].isalpha() else f"u-{plain}"
    return plain[:64].ljust(3, "-")


def _agency(client: Client, resource: Any) -> AgencyCard:
    """Where he works: `organization` where it is a credit code, else the client's own agency.

    Raises: AgencyBeyondReach (422).
    """
    assert client.owner_agency_id is not None, "a personnel system belongs to an agency"
    enterprise = resource[EnterpriseUser]
    code = str(getattr(enterprise, "organization", "") or "").strip().upper()
    if not _USCC.fullmatch(code):
        return agencies.agency(client.owner_agency_id)
    return _within(client, code)


def _within(client: Client, code: str) -> AgencyCard:
    """The agency of this code, at or below the client's. Raises: AgencyBeyondReach (422)."""
    try:
        found = agencies.agency_by_uscc(code)
    except NoSuchAgency as unknown:
        raise AgencyBeyondReach(code=code) from unknown
    place: AgencyCard | None = found
    for _level in range(LEVELS_MAX):
        if place is None:
            break
        if place.id == client.owner_agency_id:
            return found
        place = agencies.agency(place.parent_id) if place.parent_id else None
    raise AgencyBeyondReach(code=code)


def _read_group(client: Client, row: ProvisionedGroup, resource: Any) -> None:
    row.display_name = str(resource.display_name or "")[:200]
    row.external_id = str(resource.external_id or "")[:200]
    row.role_id = row.agency_id = None
    named = _ROLE_GROUP.fullmatch(row.display_name)
    role = Role.objects.filter(code=named[1]).first() if named else None
    if named is None or role is None:
        return
    if role.administration:
        raise RoleNotProvisioned(role=role.code)
    row.role_id = role.pk
    row.agency_id = _within(client, named[2]).id if named[2] else client.owner_agency_id


def _set_members(client: Client, row: ProvisionedGroup, resource: Any, at: datetime) -> None:
    sent = {str(member.value): str(member.display or "")[:200] for member in resource.members or ()}
    wanted = _member_ids(resource.members or ())
    known = {
        user.pk: user
        for user in ProvisionedUser.objects.filter(
            client=client, deleted_at=None, pk__in=wanted
        ).order_by("pk")
    }
    if len(known) != len(wanted):
        raise MemberUnknown
    present = {
        member.user_id: member
        for member in row.members.select_related("grant", "user").order_by("user_id")
    }
    for user_id in present.keys() - known.keys():
        _take_grant(client, present[user_id], at)
        present[user_id].delete()
    for user_id, user in known.items():
        member = present.get(user_id)
        display = sent.get(str(user_id), "")
        if member is None:
            member = ProvisionedMember.objects.create(group=row, user=user, display=display)
        elif member.display != display:
            member.display = display
            member.save(update_fields=["display"])
        member.group = row
        _give_grant(client, member, user, at)


def _member_ids(members: Iterable[Any]) -> set[UUID]:
    """Raises: MemberUnknown (422), also for a group as member: groups are not nested here."""
    try:
        return {UUID(str(member.value)) for member in members}
    except ValueError as wrong:
        raise MemberUnknown from wrong


def _give_grant(
    client: Client, member: ProvisionedMember, user: ProvisionedUser, at: datetime
) -> None:
    group = member.group
    if group.role is None or group.agency_id is None or user.officer_id is None:
        return
    if member.grant is not None and member.grant.revoked_at is None:
        return
    try:
        with transaction.atomic():
            member.grant = grant_role(
                actor=_actor(client),
                officer_id=user.officer_id,
                role=group.role.code,
                agency_id=group.agency_id,
                at=at,
            )
    except AlreadyGranted:
        return  # someone's own decision: it stays when he leaves the group
    member.save(update_fields=["grant"])


def _take_grant(client: Client, member: ProvisionedMember, at: datetime) -> None:
    grant = member.grant
    if grant is None:
        return
    if RoleGrant.objects.filter(pk=grant.pk, revoked_at=None).exists():
        revoke_grant(actor=_actor(client), grant_id=grant.pk, at=at)
    member.grant = None
    member.save(update_fields=["grant"])


def _actor(client: Client) -> Actor:
    return system_actor(f"scim {client.client_id}")


def _record(client: Client, act: str, row: Any, at: datetime, **facts: object) -> None:
    audit.record(
        actor=_actor(client),
        act=act,
        object_kind=type(row).__name__.lower(),
        object_id=row.pk,
        facts={"client": str(client.pk), **facts},
        at=at,
    )
