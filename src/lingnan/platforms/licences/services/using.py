"""Uses of a licence: every one is in the holder's log; the master is never handed out."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import transaction

from lingnan.kernel import clock, events
from lingnan.kernel.actors import Actor
from lingnan.kernel.text import localise
from lingnan.security.audit import services as audit

from .. import queries
from ..access import access_licence_to_use, access_own_licence
from ..errors import CopyMalformed, NotValidNow
from ..events import LicenceUsed
from ..faces import render_copy
from ..grades import check_may_be_material, check_may_be_shown
from ..models import Licence, LicenceUse
from ..types import MaterialCopy, Status, UseKind

COPY_VALID_DAYS = 180  # our default: longer than any statutory limit with its extensions


@transaction.atomic
def use_as_material(
    *,
    actor: Actor,
    licence_id: UUID,
    purpose: str,
    item_code: str,
    case_id: UUID | None,
    at: datetime,
    agency_id: UUID | None = None,
) -> MaterialCopy:
    """Hand a marked copy of a licence to a case: purpose and end of use stand across it.

    The holder, or whoever acts for him, decides; each copy is in his log. Asked again for the same
    case and purpose, the first copy is returned. The copy is rendered after commit.
    What its grade does not let replace paper says so in its name.
    Raises: LicenceUnknown (404), NotValidNow, GradeTooLow (409).
    Source: 国办函〔2016〕108号 (grade A copies); 国务院关于在线政务服务的若干规定 10.
    """
    licence = access_licence_to_use(actor=actor, licence_id=licence_id)
    status = licence.status_on(clock.local_date(at))
    if status is not Status.VALID:
        raise NotValidNow(status=status.label)
    rule = check_may_be_material(licence, on=clock.local_date(at))
    until = clock.local_date(at) + timedelta(days=COPY_VALID_DAYS)
    if licence.valid_until is not None:
        until = min(until, licence.valid_until)
    name = f"{queries.type_name_of(licence)}（{purpose}）"
    if not rule.replaces_paper:  # whoever decides reads it beside the material
        name += f"【{localise(rule.title)}】"
    values = {
        "used_by": (actor.principal.name if actor.principal else actor.name)[:200],
        "item_code": item_code,
        "agency_id": agency_id,
        "copy_valid_until": until,
        "used_at": at,
    }
    key = {"licence": licence, "case_id": case_id, "purpose": purpose[:300]}
    if case_id is None:
        use, made = LicenceUse.objects.create(kind=UseKind.MATERIAL, **key, **values), True
    else:
        use, made = LicenceUse.objects.get_or_create(kind=UseKind.MATERIAL, **key, defaults=values)
    if made:
        events.publish(
            LicenceUsed(
                licence_id=licence.pk,
                use_id=use.pk,
                purpose=use.purpose,
                case_id=case_id,
                used_at=at,
            ),
            at=at,
        )
        audit.record(
            actor=actor,
            act="licences.used",
            object_kind="licences.licence",
            object_id=licence.pk,
            facts={"use_id": use.pk, "item_code": item_code, "case_id": case_id},
            at=at,
        )
        render_copy.enqueue(key=str(use.pk), use_id=str(use.pk))
    assert use.copy_valid_until is not None
    return MaterialCopy(
        use_id=use.pk,
        licence_id=licence.pk,
        name=name,
        media_type="application/pdf",
        copy_valid_until=use.copy_valid_until,
        needs_original=rule.original_each_time and use.original_seen_at is None,
    )


@transaction.atomic
def make_copy(
    *, actor: Actor, licence_id: UUID, given_to: str, purpose: str, until: date, at: datetime
) -> LicenceUse:
    """A marked copy for the holder to hand out: by whom, for what and until when stand across it.

    Raises: LicenceUnknown (404), NotValidNow, GradeTooLow (409), CopyMalformed (422).
    Source: 国办函〔2016〕108号.
    """
    licence = access_own_licence(actor=actor, licence_id=licence_id)
    today = clock.local_date(at)
    status = licence.status_on(today)
    if status is not Status.VALID:
        raise NotValidNow(status=status.label)
    check_may_be_shown(licence, on=today)
    latest = today + timedelta(days=COPY_VALID_DAYS)
    if len(purpose.strip()) < 2 or not today <= until <= latest:
        raise CopyMalformed(days=COPY_VALID_DAYS)
    if licence.valid_until is not None:
        until = min(until, licence.valid_until)
    use = LicenceUse.objects.create(
        licence=licence,
        kind=UseKind.COPY,
        used_by=given_to.strip()[:200],
        purpose=purpose.strip()[:300],
        copy_valid_until=until,
        used_at=at,
    )
    audit.record(
        actor=actor,
        act="licences.copied",
        object_kind="licences.licence",
        object_id=licence.pk,
        facts={"use_id": use.pk, "until": until.isoformat()},
        at=at,
    )
    return use


def record_prefill(
    *, used: Iterable[tuple[UUID, str]], by: str, purpose: str, at: datetime
) -> None:
    """Note in the holders' logs which fields of which licences went into a form.

    `used` are (licence, field). One line for each licence.
    """
    fields: dict[UUID, list[str]] = {}
    for licence_id, name in used:
        fields.setdefault(licence_id, []).append(name)
    LicenceUse.objects.bulk_create(
        LicenceUse(
            licence_id=licence_id,
            kind=UseKind.PREFILL,
            used_by=by[:200],
            purpose=purpose[:300],
            fields=sorted(names),
            used_at=at,
        )
        for licence_id, names in fields.items()
    )


def record_check(
    *,
    licence_ids: Iterable[UUID],
    by: str,
    purpose: str,
    case_id: UUID,
    agency_id: UUID,
    at: datetime,
) -> None:
    """Note that an officer looked at the standing of licences before deciding."""
    LicenceUse.objects.bulk_create(
        LicenceUse(
            licence_id=licence_id,
            kind=UseKind.CHECKED,
            used_by=by[:200],
            purpose=purpose[:300],
            case_id=case_id,
            agency_id=agency_id,
            used_at=at,
        )
        for licence_id in licence_ids
    )


def record_use(
    *, licence: Licence, kind: UseKind, used_by: str, purpose: str = "", at: datetime
) -> None:
    """Write a line into the holder's log (a download, a verification by someone)."""
    LicenceUse.objects.create(
        licence=licence, kind=kind, used_by=used_by[:200], purpose=purpose[:300], used_at=at
    )
