"""Ask to read fields of a licence; the holder grants, declines or withdraws; then they are read."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from lingnan.kernel import clock, events
from lingnan.kernel.actors import Actor
from lingnan.kernel.errors import FieldProblem, Forbidden, Refusal
from lingnan.kernel.text import in_every_language
from lingnan.platforms.messaging import services as messaging
from lingnan.security.audit import services as audit
from lingnan.standards.agencies import queries as agencies

from .. import queries, wording
from ..access import (
    access_asked_consent,
    access_own_licence,
    access_received_consent,
    check_at_work,
)
from ..errors import ConsentAnswered, ConsentMalformed, ConsentNotLive, NotValidNow
from ..events import ConsentAnsweredByHolder, ConsentAsked
from ..grades import check_may_be_shown
from ..models import Consent, Licence, LicenceUse
from ..types import ASK_CONSENT, ConsentData, HolderGiven, Status, UseKind
from .holders import find_holder

ANSWER_DAYS = 30  # our default
TERM_DAYS_MAX = 366  # our default; 个人信息保护法 14: consent is for a stated purpose
SUBJECT_KIND = "licences.consent"
State = Consent.State


@transaction.atomic
def ask_consent(
    *,
    actor: Actor,
    holder: HolderGiven,
    type_code: str,
    fields: Sequence[str],
    purpose: str,
    matter: str = "",
    until: datetime,
    at: datetime,
) -> Consent:
    """An agency (permission `licences.ask_consent`) or a firm asks a holder, who is told.

    A holder nobody knows, or known under another name, is asked nothing; the asker cannot tell.
    Raises: Forbidden (403), LicenceTypeUnknown (404), ConsentMalformed (422).
    Source: 个人信息保护法 13, 14, 17; GB/T 36906-2018.
    """
    kind, asker_id, name = _asker(actor)
    licence_type = queries.type_in_force(type_code, on=clock.local_date(at))
    known = licence_type.fields_schema.get("properties", {})
    problems = [
        FieldProblem("fields", "unknown", _("This type has no field %(name)s.") % {"name": field})
        for field in fields
        if field not in known
    ]
    if not fields:
        problems.append(FieldProblem("fields", "required", _("Name the fields.")))
    if len(purpose.strip()) < 2:
        problems.append(FieldProblem("purpose", "required", _("Say what for.")))
    if not at < until <= at + timedelta(days=TERM_DAYS_MAX):
        text = _("A consent ends within %(days)s days.") % {"days": TERM_DAYS_MAX}
        problems.append(FieldProblem("until", "range", text))
    if problems:
        raise ConsentMalformed(fields=problems)
    try:
        found = find_holder(holder)
    except Refusal:
        found = None
    consent = Consent.objects.create(
        holder_kind=holder.kind,
        holder_id=found.id if found else None,
        asker_kind=kind,
        asker_id=asker_id,
        asker_name=name[:200],
        asked_by=actor.account_id,
        type_code=type_code,
        fields=sorted(set(fields)),
        purpose=purpose.strip()[:300],
        matter=matter.strip()[:200],
        asked_at=at,
        answer_by=min(at + timedelta(days=ANSWER_DAYS), until),
        until=until,
    )
    if found is not None:
        is_person = found.kind == "person"
        messaging.send(
            template=wording.CONSENT_ASKED,
            facts={"asker": name, "licence": licence_type.name, "purpose": purpose},
            subject_kind=SUBJECT_KIND,
            subject_id=consent.pk,
            person_id=found.id if is_person else None,
            organisation_id=None if is_person else found.id,
            channels=(messaging.INBOX,),
            link=f"/wallet/requests/{consent.pk}/",
            at=at,
        )
    events.publish(ConsentAsked(consent_id=consent.pk, asker_id=asker_id, asked_at=at), at=at)
    _record(consent, "consent_asked", actor=actor, at=at)
    return consent


@transaction.atomic
def grant_consent(
    *,
    actor: Actor,
    consent_id: UUID,
    licence_id: UUID,
    fields: Sequence[str] | None = None,
    until: datetime | None = None,
    at: datetime,
) -> Consent:
    """The holder lets it be read: no more fields and no longer than asked.

    Raises: ConsentUnknown, LicenceUnknown (404), ConsentAnswered, NotValidNow (409),
    ConsentMalformed (422).
    """
    consent = access_received_consent(actor=actor, consent_id=consent_id, lock=True)
    _check_open(consent, at)
    licence = access_own_licence(actor=actor, licence_id=licence_id)
    if licence.type_code != consent.type_code:
        raise ConsentMalformed(
            fields=[
                FieldProblem("licence_id", "type", _("Choose a licence of the type asked for."))
            ]
        )
    _check_valid(licence, at)
    kept = [name for name in consent.fields if fields is None or name in fields]
    if not kept:
        text = _("Leave at least one field, or decline.")
        raise ConsentMalformed(fields=[FieldProblem("fields", "required", text)])
    if until is not None and not at < until <= consent.until:
        raise ConsentMalformed(
            fields=[FieldProblem("until", "range", _("Not longer than was asked for."))]
        )
    consent.licence, consent.fields = licence, kept
    consent.until = until or consent.until
    return _answer(consent, State.GRANTED, actor=actor, at=at)


@transaction.atomic
def decline_consent(*, actor: Actor, consent_id: UUID, at: datetime) -> Consent:
    """The holder says no. Raises: ConsentUnknown (404), ConsentAnswered (409)."""
    consent = access_received_consent(actor=actor, consent_id=consent_id, lock=True)
    _check_open(consent, at)
    return _answer(consent, State.DECLINED, actor=actor, at=at)


@transaction.atomic
def withdraw_consent(*, actor: Actor, consent_id: UUID, at: datetime) -> Consent:
    """The holder takes it back; nothing is read from this moment.

    Raises: ConsentUnknown (404), ConsentAnswered (409). Source: 个人信息保护法 15.
    """
    consent = access_received_consent(actor=actor, consent_id=consent_id, lock=True)
    if not consent.is_live(at):
        raise ConsentAnswered(state=State(consent.state).label)
    consent.ended_at = at
    return _answer(consent, State.WITHDRAWN, actor=actor, at=at)


@transaction.atomic
def read_consent(*, actor: Actor, consent_id: UUID, at: datetime) -> ConsentData:
    """The asker reads the fields, while the consent lives and the licence is valid; logged.

    The consent is locked, so that a withdrawal at the same time comes before or after, never in
    between. Raises: ConsentUnknown (404), ConsentNotLive (403), NotValidNow (409).
    """
    consent = access_asked_consent(actor=actor, consent_id=consent_id, lock=True)
    if not consent.is_live(at):
        raise ConsentNotLive
    assert consent.licence_id is not None, "a granted consent names its licence"
    licence = queries.row(consent.licence_id)
    _check_valid(licence, at)
    card = queries.card(licence, on=clock.local_date(at))
    LicenceUse.objects.create(
        licence=licence,
        kind=UseKind.CONSENT,
        used_by=consent.asker_name,
        purpose=consent.purpose,
        agency_id=consent.asker_id if consent.asker_kind == "agency" else None,
        consent=consent,
        fields=consent.fields,
        used_at=at,
    )
    _record(consent, "consent_read", actor=actor, at=at)
    return ConsentData(
        consent_id=consent.pk,
        identifier=card.identifier,
        status=card.status,
        type_name=card.type_name,
        fields={name: card.fields.get(name) for name in consent.fields},
        valid_from=card.valid_from,
        valid_until=card.valid_until,
        read_at=at,
        until=consent.until,
    )


def _asker(actor: Actor) -> tuple[str, UUID, str]:
    if actor.is_officer:
        check_at_work(actor, ASK_CONSENT)
        assert actor.agency_id is not None, "who works somewhere has an agency"
        return "agency", actor.agency_id, agencies.agency(actor.agency_id).name
    if actor.principal is not None and actor.principal.kind == "organisation":
        # Under a name that nobody has proved to be his, no one asks people for their data.
        if actor.matter_codes is not None or not queries.is_proven(actor.principal):
            raise Forbidden(permission=ASK_CONSENT)
        return "organisation", actor.principal.id, actor.principal.name
    raise Forbidden(permission=ASK_CONSENT)


def _check_open(consent: Consent, at: datetime) -> None:
    if not consent.is_open(at):
        raise ConsentAnswered(state=State(consent.state).label)


def _check_valid(licence: Licence, at: datetime) -> None:
    status = licence.status_on(clock.local_date(at))
    if status is not Status.VALID:
        raise NotValidNow(status=status.label)
    check_may_be_shown(licence, on=clock.local_date(at))


def _answer(consent: Consent, state: Consent.State, *, actor: Actor, at: datetime) -> Consent:
    consent.state = state
    consent.answered_at = consent.answered_at or at
    consent.save()
    events.publish(
        ConsentAnsweredByHolder(
            consent_id=consent.pk, asker_id=consent.asker_id, state=state.value, changed_at=at
        ),
        at=at,
    )
    if consent.asker_kind == "organisation":
        name = queries.type_in_force(consent.type_code, on=clock.local_date(at)).name
        messaging.send(
            template=wording.CONSENT_CHANGED,
            facts={"licence": name, "state": in_every_language(lambda: str(state.label))},
            subject_kind=SUBJECT_KIND,
            subject_id=consent.pk,
            organisation_id=consent.asker_id,
            channels=(messaging.INBOX,),
            at=at,
        )
    _record(consent, f"consent_{state.value}", actor=actor, at=at)
    return consent


def _record(consent: Consent, act: str, *, actor: Actor, at: datetime) -> None:
    audit.record(
        actor=actor,
        act=f"licences.{act}",
        object_kind="licences.consent",
        object_id=consent.pk,
        facts={"asker": consent.asker_name, "fields": consent.fields},
        at=at,
    )
