"""Drafts of joint applications: they save themselves, expire, and are handed in once."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import uuid_utils.compat as uuid_utils
from django.db import transaction

from lingnan.kernel.actors import Actor
from lingnan.kernel.errors import Malformed
from lingnan.kernel.web.schema_forms import FormDefinition
from lingnan.platforms.documents import services as documents

from .. import access, answers
from ..errors import DraftNotFound, DraftSubmitted, MaterialUnknown
from ..models import JointCase, JointDraft
from ..types import Channel, MaterialGiven
from . import joint, materials, uploads
from .drafts import ANSWERS_LENGTH_MAX, DRAFT_DAYS, prefill_of
from .joint import Plan


@transaction.atomic
def open_joint_draft(
    *,
    actor: Actor,
    theme_code: str,
    scenario: Mapping[str, Any],
    region_path: str = "",
    at: datetime,
) -> JointDraft:
    """The live draft of this theme, now for this scenario; a new one is filled with what is known.

    Other answers to the scenario keep what was entered: fields no part asks for are left aside.
    Raises: as `plan_joint_case`.
    """
    assert actor.person_id is not None and actor.principal is not None, "for residents only"
    plan = joint.plan_joint_case(theme_code=theme_code, scenario=scenario, region_path=region_path)
    live = JointDraft.objects.filter(
        person_id=actor.person_id,
        principal_id=actor.principal.id,
        theme_code=theme_code,
        state=JointDraft.State.LIVE,
    )
    live.filter(expires_at__lte=at).update(
        state=JointDraft.State.EXPIRED, data={}, scenario={}, materials=[], page=""
    )
    known = FormDefinition(plan.form_schema).prefilled(
        {}, prefill_of(actor, plan.form_schema, at=at)
    )
    JointDraft.objects.bulk_create(
        [
            JointDraft(
                person_id=actor.person_id,
                principal_kind=actor.principal.kind,
                principal_id=actor.principal.id,
                mandate_id=actor.mandate_id,
                theme_code=theme_code,
                region_path=region_path,
                scenario=dict(scenario),
                data=answers.seal(plan.form_schema, known),
                changed_at=at,
                expires_at=at + timedelta(days=DRAFT_DAYS),
            )
        ],
        ignore_conflicts=True,
    )
    draft = live.select_for_update().get()
    if draft.scenario != dict(scenario) or draft.region_path != region_path:
        draft.scenario, draft.region_path = dict(scenario), region_path
        _touch(draft, "scenario", "region_path", at=at)
    return draft


def plan_of(draft: JointDraft) -> Plan:
    """What the draft's scenario comes to today."""
    return joint.plan_joint_case(
        theme_code=draft.theme_code, scenario=draft.scenario, region_path=draft.region_path
    )


def joint_draft_answers(draft: JointDraft, plan: Plan) -> dict[str, Any]:
    """The draft's answers in the clear, for its owner."""
    return answers.unseal(plan.form_schema, draft.data)


@transaction.atomic
def save_joint_draft(
    *, actor: Actor, draft_id: UUID, data: Mapping[str, Any], page: str = "", at: datetime
) -> JointDraft:
    """Keep what was typed, right or wrong; `data` stands in the place of what was there before.

    Raises: DraftNotFound, DraftSubmitted, Malformed (too much text), as `plan_joint_case`.
    """
    draft = _lock(actor, draft_id)
    schema = plan_of(draft).form_schema
    fields = schema.get("properties", {})
    kept = {name: value for name, value in draft.data.items() if name not in fields}
    known = {name: value for name, value in data.items() if name in fields}
    merged = {**kept, **answers.seal(schema, known)}
    if len(json.dumps(merged)) > ANSWERS_LENGTH_MAX:
        raise Malformed(limit=ANSWERS_LENGTH_MAX)
    draft.data = merged
    if page:
        draft.page = page[:60]
    _touch(draft, "data", "page", at=at)
    return draft


@transaction.atomic
def add_joint_upload(
    *, actor: Actor, draft_id: UUID, code: str, content: bytes, name: str, at: datetime
) -> JointDraft:
    """Put a checked file into the draft; it serves every part that asks for this material.

    Raises: DraftNotFound, DraftSubmitted, MaterialUnknown, documents' refusals.
    """
    draft = _lock(actor, draft_id)
    part = next((part for part in plan_of(draft).parts if part.item.material(code)), None)
    if part is None:
        raise MaterialUnknown(material_code=code)
    card = uploads.upload_material(
        actor=actor, item_code=part.item.code31, code=code, content=content, name=name, at=at
    )
    _add(draft, code=code, kind="upload", file_id=str(card.id), name=card.name, at=at)
    return draft


@transaction.atomic
def add_joint_licence(
    *, actor: Actor, draft_id: UUID, code: str, licence_id: UUID, at: datetime
) -> JointDraft:
    """Use a licence of the principal's wallet as a material.

    Raises: DraftNotFound, DraftSubmitted, MaterialUnknown, LicenceNotUsable.
    """
    draft = _lock(actor, draft_id)
    assert actor.principal is not None
    part = next((part for part in plan_of(draft).parts if part.item.material(code)), None)
    if part is None:
        raise MaterialUnknown(material_code=code)
    row = MaterialGiven(code=code, kind="licence", licence_id=licence_id)
    materials.check_rows(part.item, [row], principal=actor.principal, actor=actor)
    draft.materials = [given for given in draft.materials if given["licence_id"] != str(licence_id)]
    _add(draft, code=code, kind="licence", licence_id=str(licence_id), at=at)
    return draft


@transaction.atomic
def remove_joint_material(
    *, actor: Actor, draft_id: UUID, material_id: UUID, at: datetime
) -> JointDraft:
    """Take a material out again; an uploaded file is forgotten. Unknown ids change nothing."""
    draft = _lock(actor, draft_id)
    kept = [given for given in draft.materials if given["id"] != str(material_id)]
    _forget([given for given in draft.materials if given not in kept])
    draft.materials = kept
    _touch(draft, "materials", at=at)
    return draft


@transaction.atomic
def discard_joint_draft(*, actor: Actor, draft_id: UUID, at: datetime) -> None:
    """Throw a draft away, with its files. Raises: DraftNotFound, DraftSubmitted."""
    _empty(_lock(actor, draft_id), JointDraft.State.DISCARDED, at=at)


@transaction.atomic
def submit_joint_draft(
    *, actor: Actor, draft_id: UUID, channel: Channel = Channel.WEB, at: datetime
) -> JointCase:
    """Hand a draft in. Handing it in again gives the same joint case.

    Raises: DraftNotFound, and as `submit_joint_case`.
    """
    draft = access.own_joint_draft(actor, draft_id, lock=True)
    key = f"joint-draft:{draft.pk}"
    if draft.state == JointDraft.State.SUBMITTED:
        return JointCase.objects.get(request_key=key)
    if draft.expires_at <= at:
        raise DraftNotFound
    plan = plan_of(draft)
    fields = plan.form_schema.get("properties", {})
    data = joint_draft_answers(draft, plan)
    codes = {material["code"] for material in plan.materials}
    made = joint.submit_joint_case(
        actor=actor,
        theme_code=draft.theme_code,
        scenario=draft.scenario,
        data={name: value for name, value in data.items() if name in fields},
        given=[row for row in joint_given_of(draft) if row.code in codes],
        region_path=draft.region_path,
        channel=channel,
        request_key=key,
        at=at,
    )
    draft.state, draft.data, draft.scenario, draft.materials = (
        JointDraft.State.SUBMITTED,
        {},
        {},
        [],
    )
    _touch(draft, "state", "data", "scenario", "materials", at=at)
    return made


def joint_given_of(draft: JointDraft) -> list[MaterialGiven]:
    """The materials of a draft, as they are handed in."""
    return [
        MaterialGiven(
            code=given["code"],
            kind=given["kind"],
            file_id=UUID(given["file_id"]) if given["file_id"] else None,
            licence_id=UUID(given["licence_id"]) if given["licence_id"] else None,
            name=given["name"],
        )
        for given in draft.materials
    ]


def expire_joint_drafts(*, at: datetime, limit: int = 500) -> int:
    """Empty the joint drafts no one touched for 90 days, with their files; returns how many."""
    with transaction.atomic():
        due = list(
            JointDraft.objects.select_for_update(skip_locked=True)
            .filter(state=JointDraft.State.LIVE, expires_at__lte=at)
            .order_by("expires_at")[:limit]
        )
        for draft in due:
            _empty(draft, JointDraft.State.EXPIRED, at=at)
    return len(due)


def _lock(actor: Actor, draft_id: UUID) -> JointDraft:
    draft = access.own_joint_draft(actor, draft_id, lock=True)
    if draft.state == JointDraft.State.SUBMITTED:
        raise DraftSubmitted
    return draft


def _add(
    draft: JointDraft,
    *,
    code: str,
    kind: str,
    file_id: str | None = None,
    licence_id: str | None = None,
    name: str = "",
    at: datetime,
) -> None:
    draft.materials = [
        *draft.materials,
        {
            "id": str(uuid_utils.uuid7()),
            "code": code,
            "kind": kind,
            "file_id": file_id,
            "licence_id": licence_id,
            "name": name,
        },
    ]
    _touch(draft, "materials", at=at)


def _touch(draft: JointDraft, *fields: str, at: datetime) -> None:
    draft.changed_at, draft.expires_at = at, at + timedelta(days=DRAFT_DAYS)
    draft.save(update_fields=[*fields, "changed_at", "expires_at"])


def _empty(draft: JointDraft, state: JointDraft.State, *, at: datetime) -> None:
    _forget(draft.materials)
    draft.state, draft.data, draft.scenario, draft.materials = state, {}, {}, []
    draft.changed_at = at
    draft.save(update_fields=["state", "data", "scenario", "materials", "changed_at"])


def _forget(given: list[dict[str, Any]]) -> None:
    for row in given:
        if row["file_id"]:
            documents.forget_file(UUID(row["file_id"]))
