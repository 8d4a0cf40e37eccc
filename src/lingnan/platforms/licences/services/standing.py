"""Where a licence stands: each change by a verb of `life`, with its ground in law."""

from datetime import date, datetime
from uuid import UUID

from django.db import transaction

from lingnan.kernel import clock, events
from lingnan.kernel.actors import Actor, system_actor
from lingnan.security.audit import services as audit

from ..access import access_licence_to_change
from ..errors import GroundMissing, GroundUnknown, StatusRefused
from ..events import LicenceRevoked, LicenceStatusChanged
from ..life import BY_OFFICERS, NATIONAL_OPERATION, NATIONAL_STATUS, TRANSITIONS, Verb, grounds
from ..models import Licence, StatusChange
from ..types import ENDED, Status

_BATCH = 500


@transaction.atomic
def act_on_licence(
    *,
    licence_id: UUID,
    verb: str,
    ground: str = "",
    ground_code: str = "",
    reason: str = "",
    actor: Actor,
    at: datetime,
) -> Licence:
    """Suspend, give back, revoke, take away, cancel, move or restore a licence.

    The ground is one of the catalogue by its code, or an article of law in words. Locks the
    licence. Raises: LicenceUnknown (404, also outside the officer's reach), Forbidden (403),
    GroundMissing, GroundUnknown (422), StatusRefused (409, also where a newer version took over).
    Source: 行政许可法 69, 70; reference 3.1.
    """
    wanted = Verb(verb)
    if wanted not in BY_OFFICERS:
        raise GroundUnknown(ground=verb)
    licence = access_licence_to_change(actor=actor, licence_id=licence_id)
    apply_verb(
        licence,
        verb=wanted,
        ground=ground,
        ground_code=ground_code,
        reason=reason,
        actor=actor,
        at=at,
    )
    return licence


def suspend_licence(
    *, licence_id: UUID, ground: str, reason: str = "", actor: Actor, at: datetime
) -> Licence:
    """Take a licence out of use for the time being (暂扣). Raises: see `act_on_licence`."""
    return act_on_licence(
        licence_id=licence_id, verb=Verb.SUSPEND, ground=ground, reason=reason, actor=actor, at=at
    )


def resume_licence(
    *, licence_id: UUID, ground: str, reason: str = "", actor: Actor, at: datetime
) -> Licence:
    """Give a suspended licence back (暂扣发还). Raises: see `act_on_licence`."""
    return act_on_licence(
        licence_id=licence_id, verb=Verb.RESUME, ground=ground, reason=reason, actor=actor, at=at
    )


def revoke_licence(
    *,
    licence_id: UUID,
    ground: str = "",
    ground_code: str = "",
    reason: str = "",
    actor: Actor,
    at: datetime,
) -> Licence:
    """Revoke a licence (撤销); a second revocation is told so. Raises: see `act_on_licence`."""
    return act_on_licence(
        licence_id=licence_id,
        verb=Verb.REVOKE,
        ground=ground,
        ground_code=ground_code,
        reason=reason,
        actor=actor,
        at=at,
    )


def cancel_licence(
    *, licence_id: UUID, ground: str, reason: str = "", actor: Actor, at: datetime
) -> Licence:
    """Cancel a licence (注销): the holder gave it up or is gone. Raises: see `act_on_licence`."""
    return act_on_licence(
        licence_id=licence_id, verb=Verb.CANCEL, ground=ground, reason=reason, actor=actor, at=at
    )


def apply_verb(
    licence: Licence,
    *,
    verb: Verb,
    ground: str = "",
    ground_code: str = "",
    reason: str = "",
    actor: Actor,
    at: datetime,
) -> None:
    """Change the status of a row the caller has locked, with history, event and audit entry.

    What an officer does to a licence befalls its renewal too, as long as that has not taken over.
    Raises: GroundMissing, GroundUnknown (422), StatusRefused (409).
    """
    text = _ground_text(verb, ground, ground_code, at=at)
    before = Status(licence.status)
    allowed, after = TRANSITIONS[verb]
    if before not in allowed or (verb is Verb.RESTORE and _is_replaced(licence)):
        raise StatusRefused(status=before.label, wanted=after.label)
    licence.status, licence.status_ground, licence.ground_code = after, text, ground_code
    licence.save(update_fields=["status", "status_ground", "ground_code"])
    StatusChange.objects.create(
        licence=licence,
        status_before=before,
        status=after,
        verb=verb,
        ground_code=ground_code,
        ground=text,
        reason=reason,
        changed_by=actor.name[:200],
        changed_at=at,
    )
    events.publish(
        LicenceStatusChanged(
            licence_id=licence.pk,
            identifier=licence.identifier,
            status_before=before.value,
            status=after.value,
            ground=text,
            subject_kind=licence.subject_kind,
            subject_id=licence.subject_id,
            changed_at=at,
            verb=verb.value,
            ground_code=ground_code,
            national_status=NATIONAL_STATUS[after],
            national_operation=NATIONAL_OPERATION[verb],
        ),
        at=at,
    )
    if after in (Status.REVOKED, Status.ANNULLED):
        events.publish(
            LicenceRevoked(
                licence_id=licence.pk,
                identifier=licence.identifier,
                ground=text,
                ground_code=ground_code,
                subject_kind=licence.subject_kind,
                subject_id=licence.subject_id,
                revoked_at=at,
            ),
            at=at,
        )
    audit.record(
        actor=actor,
        act="licences.resumed" if verb is Verb.RESUME else f"licences.{_PAST.get(verb, after)}",
        object_kind="licences.licence",
        object_id=licence.pk,
        facts={"before": before, "ground": text},
        at=at,
    )
    if verb in BY_OFFICERS and verb is not Verb.RESTORE:
        renewal = Licence.objects.select_for_update().succeeding(licence.pk).first()
        if renewal is not None:
            _pass_on(
                licence,
                renewal,
                verb=verb,
                ground=ground,
                ground_code=ground_code,
                reason=reason,
                actor=actor,
                at=at,
            )


def _pass_on(
    licence: Licence,
    renewal: Licence,
    *,
    verb: Verb,
    ground: str,
    ground_code: str,
    reason: str,
    actor: Actor,
    at: datetime,
) -> None:
    """Do the same to the renewal that waits; one that began meanwhile takes over when given back.

    A renewal that has taken over is never here: nothing befalls a licence that was superseded.
    """
    if renewal.status in TRANSITIONS[verb][0]:
        apply_verb(
            renewal,
            verb=verb,
            ground=ground,
            ground_code=ground_code,
            reason=reason,
            actor=actor,
            at=at,
        )
    if verb is Verb.RESUME and renewal.status_on(clock.local_date(at)) is Status.VALID:
        apply_verb(
            licence,
            verb=Verb.SUPERSEDE,
            ground_code="superseded",
            reason=renewal.identifier,
            actor=actor,
            at=at,
        )


def _is_replaced(licence: Licence) -> bool:
    """Whether another stands where a licence that was ended would stand again."""
    if licence.supersedes_id is not None:  # whoever renews it meanwhile waits, or is seen here
        list(Licence.objects.select_for_update(of=("self",)).filter(pk=licence.supersedes_id))
    rivals = Licence.objects.filter(supersedes__isnull=False, supersedes=licence.supersedes_id)
    return (
        Licence.objects.succeeding(licence.pk).exists()
        or rivals.exclude(pk=licence.pk).exclude(status__in=ENDED).exists()
    )


_PAST = {Verb.RESTORE: "restored"}


def _ground_text(verb: Verb, ground: str, ground_code: str, *, at: datetime) -> str:
    if not ground_code:
        if not ground.strip():
            raise GroundMissing
        return ground.strip()[:300]
    found = grounds().get(ground_code)
    if found is None or found.verb is not verb or not found.is_in_force(clock.local_date(at)):
        raise GroundUnknown(ground=found.text if found else ground_code)
    return found.text[:300]


def supersede_begun(*, on: date, at: datetime) -> int:
    """Let newer versions that begin on or before `on` take over; return how many. In batches.

    One that was ended before its first day takes nothing over.
    """
    actor, total = system_actor("licences.supersede"), 0
    while True:
        with transaction.atomic():
            rows = list(
                Licence.objects.select_for_update(skip_locked=True, of=("self",))
                .filter(
                    status__in=TRANSITIONS[Verb.SUPERSEDE][0],
                    newer__status=Status.VALID,
                    newer__valid_from__lte=on,
                )
                .order_by("pk")[:_BATCH]
            )
            newer = dict(
                Licence.objects.filter(supersedes__in=rows, status=Status.VALID).values_list(
                    "supersedes_id", "identifier"
                )
            )
            for licence in rows:
                apply_verb(
                    licence,
                    verb=Verb.SUPERSEDE,
                    ground_code="superseded",
                    reason=newer[licence.pk],
                    actor=actor,
                    at=at,
                )
        total += len(rows)
        if len(rows) < _BATCH:
            return total


def expire_licences(*, on: date, at: datetime) -> int:
    """Mark as expired what ended before `on`; return how many. Runs in batches of its own."""
    actor, total = system_actor("licences.expire"), 0
    while True:
        with transaction.atomic():
            rows = list(
                Licence.objects.select_for_update(skip_locked=True, of=("self",))
                .filter(status=Status.VALID, valid_until__lt=on)
                .order_by("valid_until")[:_BATCH]
            )
            for licence in rows:
                apply_verb(licence, verb=Verb.EXPIRE, ground_code="expired", actor=actor, at=at)
        total += len(rows)
        if len(rows) < _BATCH:
            return total
