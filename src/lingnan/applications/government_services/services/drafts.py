"""Drafts: one live draft per person, principal and item; they save themselves and expire."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import uuid_utils.compat as uuid_utils
from django.db import transaction
from django.utils.translation import gettext as _

from lingnan.kernel import clock
from lingnan.kernel.actors import Actor
from lingnan.kernel.clock import local_date
from lingnan.kernel.errors import Malformed, NotFound
from lingnan.kernel.text import LocalisedText, localise
from lingnan.kernel.web.schema_forms import Prefilled
from lingnan.platforms.documents import services as documents
from lingnan.platforms.documents.types import DataClass
from lingnan.platforms.identity import queries as identity
from lingnan.platforms.licences import queries as licence_queries
from lingnan.platforms.licences import services as licence_services
from lingnan.platforms.licences.types import PrefillValue
from lingnan.standards.matters import queries as matters
from lingnan.standards.matters.types import Item

from .. import access, answers
from ..errors import DraftNotFound, DraftSubmitted
from ..models import Case, Draft
from ..types import Channel, MaterialGiven
from . import cases, commitments, eligibility, materials

DRAFT_DAYS = 90
"""Calendar days a draft is kept after the last change. Our default, the plan gives no number."""
ANSWERS_LENGTH_MAX = 200_000


@transaction.atomic
def open_draft(*, actor: Actor, item_code: str, at: datetime) -> Draft:
    """The live draft for this person, principal and item; a new one is filled with what is known.

    Two calls at once give the same draft. An old draft moves to the item's newest version.
    Raises: ItemNotOnline, NotForYou, ApplicantBarred, MandateTooNarrow.
    Source: experience rule 2, ask nothing the government knows.
    """
    assert actor.person_id is not None and actor.principal is not None, "for residents only"
    item = matters.published_item(item_code)
    eligibility.check(item, actor.principal, actor=actor, at=at)
    live = Draft.objects.filter(
        person_id=actor.person_id,
        principal_id=actor.principal.id,
        item_code=item.code31,
        state=Draft.State.LIVE,
    )
    draft = live.filter(expires_at__gt=at).first()
    if draft is None:
        live.filter(expires_at__lte=at).update(
            state=Draft.State.EXPIRED, data={}, materials=[], page=""
        )
        known = answers.definition(item).prefilled({}, prefill_of(actor, item.form_schema, at=at))
        note_prefill(actor, item.form_schema, known, purpose=item.name, at=at)
        Draft.objects.bulk_create(
            [
                Draft(
                    person_id=actor.person_id,
                    principal_kind=actor.principal.kind,
                    principal_id=actor.principal.id,
                    mandate_id=actor.mandate_id,
                    item_version_id=item.item_version_id,
                    item_code=item.code31,
                    data=answers.seal(item.form_schema, known),
                    changed_at=at,
                    expires_at=at + timedelta(days=DRAFT_DAYS),
                )
            ],
            ignore_conflicts=True,
        )
        draft = live.get()
    if draft.item_version_id != item.item_version_id:
        draft = Draft.objects.select_for_update().get(pk=draft.pk)
        _move(draft, item)
        draft.save(update_fields=["item_version_id", "materials"])
    return draft


def _move(draft: Draft, item: Item) -> None:
    """To another version of the item, without promises in words it has no more."""
    draft.materials = _standing(draft, item)
    draft.item_version_id = item.item_version_id


def present_item(draft: Draft) -> Item:
    """The item as the guide shows it today; as the draft has it where it is not published now."""
    try:
        return matters.published_item(draft.item_code)
    except NotFound:
        return matters.item_version(draft.item_version_id)


def standing_materials(draft: Draft) -> list[dict[str, Any]]:
    """The materials of a draft that count today."""
    return _standing(draft, present_item(draft))


def _standing(draft: Draft, item: Item) -> list[dict[str, Any]]:
    """The materials of a draft; of its promises only those in the words of this version: nobody is
    held to what he has not read. Source: 国办发〔2020〕42号.
    """
    held: list[dict[str, Any]] = draft.materials
    if draft.item_version_id == item.item_version_id:
        return held
    read = matters.item_version(draft.item_version_id)
    return [
        given
        for given in held
        if given["kind"] != "commitment"
        or commitments.offer_for(read, given["code"]) == commitments.offer_for(item, given["code"])
    ]


def prefill_of(
    actor: Actor, form_schema: Mapping[str, Any] | None = None, *, at: datetime | None = None
) -> dict[str, Prefilled]:
    """What government knows about the one applied for, as the form pages take it.

    With a form, also what his valid licences say, where the form asks for it; one query more.
    Source: Plan 五（二）2（1）, values from licences fill the form.
    """
    known = {
        path: Prefilled(value.value, str(value.source))
        for path, value in identity.prefill(actor).items()
    }
    for path, value in _from_licences(actor, form_schema, at=at).items():
        source = _("your %(licence)s, issued by %(agency)s") % {
            "licence": localise(value.type_name),
            "agency": value.agency_name,
        }
        known[path] = Prefilled(value.value, source)
    return known


def note_prefill(
    actor: Actor,
    form_schema: Mapping[str, Any],
    answers_given: Mapping[str, Any],
    *,
    purpose: LocalisedText,
    at: datetime,
) -> None:
    """Write into the log of each licence which of its fields went into the form."""
    values = _from_licences(actor, form_schema, at=at)
    used = [
        (values[path].licence_id, path.rsplit(".", 1)[1])
        for name, path in licence_paths(form_schema).items()
        if path in values and str(answers_given.get(name, "")) == values[path].value
    ]
    licence_services.record_prefill(used=used, by=actor.name, purpose=localise(purpose), at=at)


def licence_paths(form_schema: Mapping[str, Any]) -> dict[str, str]:
    """Field -> the path of the licence's field it takes its value from."""
    return {
        name: path
        for name, field in form_schema.get("properties", {}).items()
        if (path := str(field.get("x-prefill", ""))).startswith("licences.")
    }


def _from_licences(
    actor: Actor, form_schema: Mapping[str, Any] | None, *, at: datetime | None
) -> dict[str, PrefillValue]:
    if not form_schema or actor.principal is None:
        return {}
    on = local_date(at) if at is not None else clock.today()
    paths = licence_paths(form_schema).values()
    return licence_queries.prefill(actor.principal, paths=paths, on=on)


@transaction.atomic
def save_draft(
    *,
    actor: Actor,
    draft_id: UUID,
    data: Mapping[str, Any],
    page: str = "",
    replace: bool = False,
    at: datetime,
) -> Draft:
    """Keep what was typed, right or wrong; answers given are merged into those before.

    Raises: DraftNotFound, DraftSubmitted, Malformed (too much text).
    """
    draft = _lock(actor, draft_id)
    item = matters.item_version(draft.item_version_id)
    fields = item.form_schema.get("properties", {})
    known = {name: value for name, value in data.items() if name in fields}
    merged = answers.seal(item.form_schema, known)
    if not replace:
        merged = {**draft.data, **merged}
    if len(json.dumps(merged)) > ANSWERS_LENGTH_MAX:
        raise Malformed(limit=ANSWERS_LENGTH_MAX)
    draft.data = merged
    if page:
        draft.page = page[:60]
    _touch(draft, "data", "page", at=at)
    return draft


def draft_answers(draft: Draft) -> dict[str, Any]:
    """The draft's answers in the clear, for its owner."""
    return answers.unseal(matters.item_version(draft.item_version_id).form_schema, draft.data)


@transaction.atomic
def add_upload(
    *, actor: Actor, draft_id: UUID, code: str, content: bytes, name: str, at: datetime
) -> Draft:
    """Put a checked file into the draft as a material. A second file of a code stands beside it.

    Raises: DraftNotFound, DraftSubmitted, MaterialUnknown, documents' refusals.
    """
    draft = _lock(actor, draft_id)
    item = matters.item_version(draft.item_version_id)
    checked = materials.check_content(item, code, content, name)
    stored = documents.store(
        checked.content,
        name=checked.name,
        media_type=checked.media_type,
        actor=actor,
        owner_kind=materials.DRAFT_OWNER,
        owner_id=draft.pk,
        data_class=DataClass.SENSITIVE,
        at=at,
    )
    draft.materials = [
        *(given for given in draft.materials if not _is_promise(given, code)),
        {
            "id": str(uuid_utils.uuid7()),
            "code": code,
            "kind": "upload",
            "file_id": str(stored.pk),
            "licence_id": None,
            "name": stored.name,
        },
    ]
    _touch(draft, "materials", at=at)
    return draft


@transaction.atomic
def add_licence(
    *, actor: Actor, draft_id: UUID, code: str, licence_id: UUID, at: datetime
) -> Draft:
    """Use a licence of the principal's wallet as a material.

    Raises: DraftNotFound, DraftSubmitted, MaterialUnknown, LicenceNotUsable.
    """
    draft = _lock(actor, draft_id)
    assert actor.principal is not None
    item = matters.item_version(draft.item_version_id)
    row = MaterialGiven(code=code, kind="licence", licence_id=licence_id)
    materials.check_rows(item, [row], principal=actor.principal, actor=actor, draft_id=draft.pk)
    others = [
        given
        for given in draft.materials
        if given["licence_id"] != str(licence_id) and not _is_promise(given, code)
    ]
    draft.materials = [
        *others,
        {
            "id": str(uuid_utils.uuid7()),
            "code": code,
            "kind": "licence",
            "file_id": None,
            "licence_id": str(licence_id),
            "name": "",
        },
    ]
    _touch(draft, "materials", at=at)
    return draft


@transaction.atomic
def add_commitment(*, actor: Actor, draft_id: UUID, code: str, version: str, at: datetime) -> Draft:
    """Promise what the guide says today instead of handing a material in. Again changes nothing.

    `version` is that of the words which were read.
    Raises: DraftNotFound, DraftSubmitted, MaterialUnknown, CommitmentNotAllowed, CommitmentBarred,
    CommitmentWordsChanged (409). Source: 国办发〔2020〕42号.
    """
    draft = _lock(actor, draft_id)
    assert actor.principal is not None
    item = matters.published_item(draft.item_code)
    _move(draft, item)
    row = MaterialGiven(code=code, kind="commitment", version=version)
    materials.check_rows(item, [row], principal=actor.principal, actor=actor, draft_id=draft.pk)
    commitments.check_free(actor.principal.kind, actor.principal.id, at=at)
    if not any(_is_promise(given, code) for given in draft.materials):
        draft.materials = [
            *draft.materials,
            {
                "id": str(uuid_utils.uuid7()),
                "code": code,
                "kind": "commitment",
                "file_id": None,
                "licence_id": None,
                "name": "",
                "version": version,
            },
        ]
    _touch(draft, "materials", "item_version_id", at=at)
    return draft


def _is_promise(given: Mapping[str, Any], code: str) -> bool:
    return (given["kind"], given["code"]) == ("commitment", code)


@transaction.atomic
def remove_material(*, actor: Actor, draft_id: UUID, material_id: UUID, at: datetime) -> Draft:
    """Take a material out again; an uploaded file is forgotten. Unknown ids change nothing."""
    draft = _lock(actor, draft_id)
    kept = [given for given in draft.materials if given["id"] != str(material_id)]
    for given in draft.materials:
        if given not in kept and given["file_id"]:
            documents.forget_file(UUID(given["file_id"]))
    draft.materials = kept
    _touch(draft, "materials", at=at)
    return draft


@transaction.atomic
def discard_draft(*, actor: Actor, draft_id: UUID, at: datetime) -> None:
    """Throw a draft away, with its files. Raises: DraftNotFound, DraftSubmitted."""
    _empty(_lock(actor, draft_id), Draft.State.DISCARDED, at=at)


@transaction.atomic
def submit_draft(
    *, actor: Actor, draft_id: UUID, channel: Channel = Channel.WEB, at: datetime
) -> Case:
    """Hand a draft in. Handing it in again gives the same case.

    Raises: DraftNotFound, and as `submit_case`.
    """
    draft = access.own_draft(actor, draft_id, lock=True)
    if draft.state == Draft.State.SUBMITTED:
        return Case.objects.get(draft_id=draft.pk)
    if draft.state != Draft.State.LIVE or draft.expires_at <= at:
        raise DraftNotFound
    item = matters.item_version(draft.item_version_id)
    data = answers.unseal(item.form_schema, draft.data)
    draft.materials = standing_materials(draft)
    case = cases.submit_case(
        actor=actor,
        item_code=draft.item_code,
        data=data,
        given=given_of(draft),
        channel=channel,
        draft_id=draft.pk,
        prefilled_fields=_untouched(item, actor, data),
        at=at,
    )
    draft.state, draft.data, draft.materials = Draft.State.SUBMITTED, {}, []
    _touch(draft, "state", "data", "materials", at=at)
    return case


def given_of(draft: Draft) -> list[MaterialGiven]:
    """The materials of a draft, as they are handed in."""
    return [
        MaterialGiven(
            code=given["code"],
            kind=given["kind"],
            file_id=UUID(given["file_id"]) if given["file_id"] else None,
            licence_id=UUID(given["licence_id"]) if given["licence_id"] else None,
            name=given["name"],
            version=given.get("version"),
        )
        for given in draft.materials
    ]


def expire_drafts(*, at: datetime, limit: int = 500) -> int:
    """Empty the drafts no one touched for 90 days, with their files; returns how many."""
    expired = 0
    with transaction.atomic():
        due = Draft.objects.select_for_update(skip_locked=True).filter(
            state=Draft.State.LIVE, expires_at__lte=at
        )
        for draft in due.order_by("expires_at")[:limit]:
            _empty(draft, Draft.State.EXPIRED, at=at)
            expired += 1
    return expired


def _lock(actor: Actor, draft_id: UUID) -> Draft:
    draft = access.own_draft(actor, draft_id, lock=True)
    if draft.state == Draft.State.SUBMITTED:
        raise DraftSubmitted
    if draft.state != Draft.State.LIVE:
        raise DraftNotFound
    return draft


def _touch(draft: Draft, *fields: str, at: datetime) -> None:
    draft.changed_at, draft.expires_at = at, at + timedelta(days=DRAFT_DAYS)
    draft.save(update_fields=[*fields, "changed_at", "expires_at"])


def _empty(draft: Draft, state: Draft.State, *, at: datetime) -> None:
    for given in draft.materials:
        if given["file_id"]:
            documents.forget_file(UUID(given["file_id"]))
    draft.state, draft.data, draft.materials, draft.changed_at = state, {}, [], at
    draft.save(update_fields=["state", "data", "materials", "changed_at"])


def _untouched(item: Item, actor: Actor, data: Mapping[str, Any]) -> int:
    """How many answers are as government knew them: fields the applicant was spared."""
    known = answers.definition(item).prefilled({}, prefill_of(actor, item.form_schema))
    return sum(1 for name, value in known.items() if value and data.get(name) == value)
