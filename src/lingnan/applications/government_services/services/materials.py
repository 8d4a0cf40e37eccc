"""Materials: what was handed in, checked against what the item asks for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from lingnan.kernel.actors import Actor, Principal
from lingnan.kernel.clock import local_date
from lingnan.kernel.errors import Refusal
from lingnan.kernel.rows import insert
from lingnan.kernel.text import DEFAULT_LANGUAGE, LocalisedText, localise
from lingnan.kernel.web.schema_forms.conditions import Condition, compile_condition
from lingnan.platforms.documents import queries as documents
from lingnan.platforms.documents import services as document_services
from lingnan.platforms.documents.types import MATERIAL_TYPES, CheckedUpload, FileCard
from lingnan.platforms.licences import queries as licences
from lingnan.platforms.licences import services as licence_services
from lingnan.platforms.licences.types import LicenceCard, Status
from lingnan.standards.matters.types import Item, Material

from ..errors import (
    CommitmentNotAllowed,
    CommitmentWordsChanged,
    LicenceLapsed,
    LicenceNotUsable,
    MaterialFileUnknown,
    MaterialsMissing,
    MaterialsTooMany,
    MaterialUnknown,
    OriginalNotSeen,
)
from ..models import Case, CaseMaterial
from ..types import MATERIALS_MAX, CorrectionReply, MaterialGiven
from . import commitments

DRAFT_OWNER = "government_services.draft"
UPLOAD_OWNER = "government_services.upload"
CASE_OWNER = "government_services.case"
GENERAL = "correction"
"""The code under which files are uploaded that answer a general instruction of a correction."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedMaterial:
    """A material that may be written."""

    code: str
    name: LocalisedText
    kind: str
    file_id: UUID | None
    file_name: str
    licence_id: UUID | None


def check(
    item: Item,
    given: Sequence[MaterialGiven],
    *,
    data: Mapping[str, Any],
    principal: Principal,
    actor: Actor,
    draft_id: UUID | None = None,
) -> list[CheckedMaterial]:
    """Everything required is there, nothing unasked is, and every file is the asker's own.

    At most two queries (files, licences).
    Raises: MaterialUnknown, MaterialsMissing, MaterialsTooMany, MaterialFileUnknown,
    LicenceNotUsable, CommitmentNotAllowed, CommitmentWordsChanged.
    """
    checked = check_rows(item, given, principal=principal, actor=actor, draft_id=draft_id)
    missing = [
        material
        for material in required(item, data)
        if not any(row.code == material.code for row in checked)
    ]
    if missing:
        raise MaterialsMissing(
            names="、".join(localise(material.name) for material in missing),
            codes=[material.code for material in missing],
        )
    return checked


def check_rows(
    item: Item,
    given: Sequence[MaterialGiven],
    *,
    principal: Principal,
    actor: Actor,
    draft_id: UUID | None = None,
) -> list[CheckedMaterial]:
    """Each material given is one the item asks for, and the giver's. Raises: as `check`."""
    if len(given) > MATERIALS_MAX:
        raise MaterialsTooMany(limit=MATERIALS_MAX)
    file_ids = [row.file_id for row in given if row.file_id is not None]
    files = documents.files(file_ids) if file_ids else {}
    held = (
        {licence.id: licence for licence in licences.licences_of(principal)}
        if any(row.licence_id is not None for row in given)
        else {}
    )
    checked = []
    for row in given:
        material = item.material(row.code)
        if material is None:
            raise MaterialUnknown(material_code=row.code)
        if row.kind == "commitment":
            if material.commitment is None or not actor.is_person:
                raise CommitmentNotAllowed(material_code=row.code)
            if row.version not in (None, material.commitment.version):
                raise CommitmentWordsChanged(
                    material_code=row.code, version=material.commitment.version
                )
            checked.append(_promised(material))
            continue
        file_name = row.name
        if row.licence_id is not None:
            licence = held.get(row.licence_id)
            fits = (
                licence is not None
                and licence.status is Status.VALID
                and licence.type_code == material.licence_type_code
                and not _is_renewed(item, licence)
            )
            if not fits:
                raise LicenceNotUsable(material_code=row.code)
        else:
            card = files.get(row.file_id) if row.file_id is not None else None
            if card is None or not _is_own(card, actor=actor, draft_id=draft_id):
                raise MaterialFileUnknown(material_code=row.code)
            file_name = card.name
        checked.append(
            CheckedMaterial(
                code=row.code,
                name=material.name,
                kind="licence" if row.licence_id is not None else row.kind,
                file_id=row.file_id,
                file_name=file_name[:200],
                licence_id=row.licence_id,
            )
        )
    return checked


def _is_renewed(item: Item, licence: LicenceCard) -> bool:
    """Whether what is to be renewed here has a newer version that only waits for its first day."""
    if licence.type_code != item.licence_type_code:
        return False
    return licences.successor(licence.id) is not None


def _promised(material: Material) -> CheckedMaterial:
    return CheckedMaterial(
        code=material.code,
        name=material.name,
        kind="commitment",
        file_id=None,
        file_name="",
        licence_id=None,
    )


def check_replies(
    replies: Mapping[int, CorrectionReply],
    asked: Mapping[int, str],
    *,
    actor: Actor,
    draft_id: UUID | None = None,
) -> list[CheckedMaterial]:
    """The files that answer general instructions; `asked` says what each instruction was about.

    One query. Raises: MaterialFileUnknown.
    """
    file_ids = [file_id for reply in replies.values() for file_id in reply.file_ids]
    files = documents.files(file_ids) if file_ids else {}
    checked = []
    for number, reply in replies.items():
        for file_id in reply.file_ids:
            card = files.get(file_id)
            code = reply_code(number)
            if card is None or not _is_own(card, actor=actor, draft_id=draft_id):
                raise MaterialFileUnknown(material_code=code)
            checked.append(
                CheckedMaterial(
                    code=code,
                    name={DEFAULT_LANGUAGE: asked[number][:200]},
                    kind="upload",
                    file_id=file_id,
                    file_name=card.name[:200],
                    licence_id=None,
                )
            )
    return checked


def reply_code(number: int) -> str:
    """The code of what answers a general instruction, by its place in the notice."""
    return f"{GENERAL}-{number + 1}"


def write(
    case: Case,
    checked: Sequence[CheckedMaterial],
    *,
    actor: Actor,
    first_position: int = 0,
    at: datetime,
) -> None:
    """The rows of checked materials; each licence used gives a marked copy and a line in its log.

    Raises: LicenceNotUsable when a licence lost its validity meanwhile, CommitmentBarred.
    """
    if any(row.kind == "commitment" for row in checked):
        commitments.check_free(case.applicant_kind, case.applicant_id, at=at)
    rows = []
    for position, row in enumerate(checked, first_position):
        use_id = None
        if row.licence_id is not None:
            try:
                copy = licence_services.use_as_material(
                    actor=actor,
                    licence_id=row.licence_id,
                    purpose=localise(case.item_name, DEFAULT_LANGUAGE),
                    item_code=case.item_code,
                    case_id=case.pk,
                    agency_id=case.deciding_agency_id,
                    at=at,
                )
            except Refusal as refusal:
                raise LicenceNotUsable(material_code=row.code) from refusal
            use_id = copy.use_id
        rows.append(
            CaseMaterial(
                case=case,
                code=row.code,
                name=row.name,
                kind=row.kind,
                file_id=row.file_id,
                file_name=row.file_name,
                licence_id=row.licence_id,
                licence_use_id=use_id,
                position=position,
            )
        )
    insert(rows)


def required(item: Item, data: Mapping[str, Any]) -> list[Material]:
    """The materials to hand in with these answers, at submission."""
    return [
        material
        for material in item.materials
        if material.required
        and material.stage == "submit"
        and (not material.condition or holds(material.condition, data))
    ]


def holds(condition: str, answers: Mapping[str, Any]) -> bool:
    """Whether a CEL condition holds over answers; one that cannot be decided does not."""
    return _compiled(condition).holds(answers)


@lru_cache(maxsize=2000)
def _compiled(condition: str) -> Condition:
    return compile_condition(condition)


def check_standing(case: Case, *, actor: Actor, at: datetime) -> None:
    """At the decision: every licence handed in still stands, and the original of one that nobody
    has compared was seen for this case; the look is in the holders' logs.

    One query for each licence. Raises: LicenceLapsed, OriginalNotSeen.
    Source: 国务院关于在线政务服务的若干规定 10; 行政许可法 34; 国办函〔2016〕108号.
    """
    rows = list(case.materials.exclude(licence_id=None).exclude(state=CaseMaterial.State.REPLACED))
    used = [row.licence_id for row in rows if row.licence_id is not None]
    cards = [licences.licence(licence_id, on=local_date(at)) for licence_id in used]
    lapsed = [card for card in cards if card.status is not Status.VALID]
    if lapsed:
        names = "、".join(f"{localise(card.type_name)}（{card.status.label}）" for card in lapsed)
        raise LicenceLapsed(names=names, licences=[str(card.id) for card in lapsed])
    uses = [row.licence_use_id for row in rows if row.licence_use_id is not None]
    lacking = licence_services.originals_lacking(uses, on=local_date(at))
    if lacking:
        raise OriginalNotSeen(
            names="、".join(licences.type_name_of(use.licence) for use in lacking),
            copies=[str(use.pk) for use in lacking],
        )
    licence_services.record_check(
        licence_ids=used,
        by=actor.name,
        purpose=localise(case.item_name),
        case_id=case.pk,
        agency_id=case.deciding_agency_id,
        at=at,
    )


def check_content(
    item: Item, code: str, content: bytes, name: str, *, takes_general: bool = False
) -> CheckedUpload:
    """Size and type (by content) of an upload for a material, or for a general instruction.

    Raises: MaterialUnknown, documents' refusals.
    """
    material = item.material(code)
    if material is None and not (takes_general and code == GENERAL):
        raise MaterialUnknown(material_code=code)
    allowed = (material.media_types if material else ()) or MATERIAL_TYPES
    return document_services.check_upload(content, name=name, allowed=allowed)


def _is_own(card: FileCard, *, actor: Actor, draft_id: UUID | None) -> bool:
    """Uploaded to this draft, or by this account."""
    if card.owner_kind == DRAFT_OWNER:
        return draft_id is not None and card.owner_id == draft_id
    return card.owner_kind == UPLOAD_OWNER and card.owner_id == actor.account_id
