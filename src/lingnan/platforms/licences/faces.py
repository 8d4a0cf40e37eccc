"""Faces of licences and marked copies: rendered after the issue, once, by whoever asks first.

The two jobs stand here, below the services that put them off.
"""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from lingnan.kernel import clock, locks
from lingnan.kernel.actors import system_actor
from lingnan.kernel.jobs import job
from lingnan.kernel.text import localise
from lingnan.platforms.documents import services as documents
from lingnan.platforms.documents.types import OFD, PDF
from lingnan.security.crypto import services as crypto
from lingnan.security.masking.services import mask
from lingnan.security.masking.types import Kind, Shown
from lingnan.standards.agencies import queries as agencies

from . import ofd as ofd_seals
from . import queries
from .errors import FaceNotReady, NotSealed, SealUnavailable
from .grades import rule_for
from .models import Licence, LicenceFace, LicenceUse, Seal
from .pdf_sealing import sign_twice
from .seal_log import record_seal_use
from .types import Grade, LicenceCard, SealKind, SealState

OWNER_LICENCE = "licences.licence"
OWNER_COPY = "licences.copy"
COPY_REASON = "marked copy "
MEDIA_TYPES = {"pdf": PDF, "ofd": OFD}
_LANGUAGE = "zh-hans"  # the language of the legal document
_ACTOR = system_actor("licences.faces")


def ensure_faces(licence_id: UUID, *, at: datetime) -> dict[str, UUID]:
    """The files of both faces by format; rendered at the first call.

    Rendering happens outside any lock; if two render at once, the first to store wins. What was
    rendered under a grade that changed meanwhile is thrown away and rendered anew.
    Raises: LicenceUnknown (404).
    """
    while True:
        faces = _stored(licence_id)
        if len(faces) == len(MEDIA_TYPES):
            return faces
        licence = queries.row(licence_id)
        if licence.seal is None and "pdf" in faces:
            return faces
        kept = _keep(licence, _render(licence, at=at), at=at)
        if kept is not None:
            return kept


def _keep(licence: Licence, made: dict[str, bytes], *, at: datetime) -> dict[str, UUID] | None:
    """Store faces just rendered, those that are missing; None where the grade they name is old."""
    with transaction.atomic():
        # Whoever changes the grade locks the row, and deletes the faces there are: this waits.
        current = Licence.objects.select_for_update(of=("self",), no_key=True).get(pk=licence.pk)
        if (current.grade, current.checked_by) != (licence.grade, licence.checked_by):
            return None
        locks.hold("licences.faces", licence.pk)
        faces = _stored(licence.pk)
        for kind, content in made.items():
            if kind in faces:
                continue
            file = documents.store(
                content,
                name=f"{localise(licence.type.name, _LANGUAGE)} {licence.serial}.{kind}",
                media_type=MEDIA_TYPES[kind],
                actor=_ACTOR,
                owner_kind=OWNER_LICENCE,
                owner_id=licence.pk,
                at=at,
            )
            digest = crypto.sm3(content).hex()
            LicenceFace.objects.create(
                licence=licence, format=kind, file_id=file.pk, digest_sm3=digest, rendered_at=at
            )
            faces[kind] = file.pk
            if licence.seal is None:
                continue
            record_seal_use(
                _seal_for(licence),
                purpose=f"licence face {licence.identifier}",
                content=content,
                sealed=content,
                rule=f"licence {licence.pk}",
                actor=_ACTOR,
                at=at,
            )
    return faces


def face_bytes(licence_id: UUID, kind: str, *, at: datetime) -> tuple[bytes, str]:
    """The content and media type of one face. Raises: FaceNotReady, LicenceUnknown (404)."""
    if kind not in MEDIA_TYPES:
        raise FaceNotReady
    faces = ensure_faces(licence_id, at=at)
    if kind not in faces:  # nothing sealed is made of a licence brought in from elsewhere
        raise NotSealed
    return documents.read_file(faces[kind]), MEDIA_TYPES[kind]


def stored_face(licence_id: UUID, kind: str) -> bytes | None:
    """The content of a face that was made; None where it was not. Two queries and a file."""
    file_id = _stored(licence_id).get(kind)
    return documents.read_file(file_id) if file_id is not None else None


def ensure_copy(use_id: UUID, *, at: datetime) -> UUID:
    """The file of a marked copy, signed as a face is; made at the first call.

    Raises: LicenceUse.DoesNotExist.
    """
    use = LicenceUse.objects.select_related(
        "licence__type", "licence__agency", "licence__seal"
    ).get(pk=use_id)
    if use.file_id is not None:
        return use.file_id
    content = _render_copy(use)
    seal = _seal_of_copy(use)
    if seal is not None:
        reason = f"{COPY_REASON}{use.pk}"
        content = _signed_pdf(use.licence, content, reason=reason, at=at)
    with transaction.atomic():
        locked = LicenceUse.objects.select_for_update().get(pk=use_id)
        if locked.file_id is not None:
            return locked.file_id
        if seal is not None:
            _note_copy(use, seal, content, at=at)
        file = documents.store(
            content,
            name=f"{localise(use.licence.type.name, _LANGUAGE)}（加注件）.pdf",
            media_type=PDF,
            actor=_ACTOR,
            owner_kind=OWNER_COPY,
            owner_id=use.pk,
            at=at,
        )
        locked.file_id = file.pk
        locked.save(update_fields=["file_id"])
    return file.pk


def ensure_copy_ofd(use_id: UUID, *, at: datetime) -> UUID:
    """The marked copy as OFD under the agency's seal; made at the first call, kept.

    Raises: LicenceUse.DoesNotExist, SealUnavailable (409).
    """
    use = LicenceUse.objects.select_related(
        "licence__type", "licence__agency", "licence__seal"
    ).get(pk=use_id)
    if use.ofd_file_id is not None:
        return use.ofd_file_id
    facts = {**_facts(use.licence), "watermark": _mark(use)}
    content = _sealed_ofd(use.licence, facts, at=at)
    with transaction.atomic():
        locked = LicenceUse.objects.select_for_update().get(pk=use_id)
        if locked.ofd_file_id is not None:
            return locked.ofd_file_id
        file = documents.store(
            content,
            name=f"{localise(use.licence.type.name, _LANGUAGE)}（加注件）.ofd",
            media_type=OFD,
            actor=_ACTOR,
            owner_kind=OWNER_COPY,
            owner_id=use.pk,
            at=at,
        )
        locked.ofd_file_id = file.pk
        locked.save(update_fields=["ofd_file_id"])
        _note_copy(use, _seal_for(use.licence), content, at=at)
    return file.pk


def _seal_of_copy(use: LicenceUse) -> Seal | None:
    """The seal a copy bears: of grade A its issuer's, where one is in use; of others none.

    A copy is made all the same, for whoever decides waits for it. Source: 国办函〔2016〕108号.
    """
    if use.licence.seal is None:
        return None
    try:
        return _seal_for(use.licence)
    except SealUnavailable:
        return None


def _note_copy(use: LicenceUse, seal: Seal, content: bytes, *, at: datetime) -> None:
    record_seal_use(
        seal,
        purpose=f"marked copy {use.pk}",
        content=content,
        sealed=content,
        rule=f"licence {use.licence_id}",
        actor=_ACTOR,
        at=at,
    )


def _stored(licence_id: UUID) -> dict[str, UUID]:
    rows = LicenceFace.objects.filter(licence_id=licence_id)
    return dict(rows.values_list("format", "file_id"))


def _render(licence: Licence, *, at: datetime) -> dict[str, bytes]:
    facts = _facts(licence)
    if licence.seal is None:
        return {"pdf": documents.render("licence", facts, formats=("pdf",))["pdf"]}
    picture = bytes(licence.seal.picture)
    pdf = documents.render("licence", {**facts, "seal_image": picture}, formats=("pdf",))["pdf"]
    return {
        "pdf": _signed_pdf(licence, pdf, reason=licence.identifier, at=at),
        "ofd": _sealed_ofd(licence, facts, at=at),
    }


def _signed_pdf(licence: Licence, content: bytes, *, reason: str, at: datetime) -> bytes:
    return sign_twice(
        content,
        seal=_seal_for(licence),
        agency=agencies.agency(licence.agency_id),
        reason=reason,
        at=at,
    )


def _sealed_ofd(licence: Licence, facts: dict[str, Any], *, at: datetime) -> bytes:
    ofd = documents.render("licence", facts, formats=("ofd",))["ofd"]
    seal = _seal_for(licence)
    return ofd_seals.sign_package(
        ofd,
        seal=bytes(seal.der),
        certificate=bytes(seal.certificate_der),
        stamps=[ofd_seals.place_of(ofd, width_mm=seal.width_mm, height_mm=seal.height_mm)],
        at=at,
        sign=lambda data: crypto.sign(data, key_id=seal.key_id),
        timestamp=lambda value: crypto.make_timestamp(value, at=at),
    )


def _seal_for(licence: Licence) -> Seal:
    """The seal that signed the licence, or the agency's seal in force where that one is gone.

    Raises: SealUnavailable (409) where the agency has none in use.
    """
    if licence.sealed_by.state == SealState.ACTIVE:
        return licence.sealed_by
    rows = Seal.objects.filter(
        agency_id=licence.agency_id, kind=SealKind.UNIT, state=SealState.ACTIVE
    )
    found = rows.first()
    if found is None:
        raise SealUnavailable(agency=licence.agency.name)
    return found


def _render_copy(use: LicenceUse) -> bytes:
    facts = {**_facts(use.licence), "watermark": _mark(use)}
    if use.licence.seal is not None:
        facts["seal_image"] = bytes(use.licence.seal.picture)
    return documents.render("licence", facts, formats=("pdf",))["pdf"]


def _mark(use: LicenceUse) -> str:
    """Across a copy: provided or checked by whom, for what only, good until when.

    Source: 国办函〔2016〕108号.
    """
    assert use.copy_valid_until is not None
    with translation.override(_LANGUAGE):
        words = {
            Grade.A: _("Provided by %(agency)s, only for %(purpose)s, valid until %(until)s"),
            Grade.B: _(
                "Checked against the original by %(agency)s, only for %(purpose)s,"
                " valid until %(until)s"
            ),
            Grade.C: _(
                "Uploaded by the holder, compare with the original; only for %(purpose)s,"
                " valid until %(until)s"
            ),
            Grade.D: _(
                "Stated by the holder, who vouches for it; only for %(purpose)s,"
                " valid until %(until)s"
            ),
        }[Grade(use.licence.grade)]
        return words % {
            "agency": use.licence.checked_by or queries.card(use.licence).agency_name,
            "purpose": use.purpose,
            "until": _date(use.copy_valid_until),
        }


def _facts(licence: Licence) -> dict[str, Any]:
    """What the face says. In the language of the licence, whoever renders it."""
    with translation.override(_LANGUAGE):
        card = queries.card(licence, on=clock.local_date(licence.issued_at))
        holder = [(_("Holder"), card.holder_name)]
        if card.holder_kind == "organisation":
            holder.append((_("Unified social credit code"), card.holder_code))
        else:
            number = mask(card.holder_code, Kind.RESIDENT_ID, Shown.PART)
            holder.append((_("Document number"), number))
        shown = [(localise(item.title), item.value) for item in card.shown_fields]
        titles = {title for title, _value in shown}
        return {
            "title": localise(card.type_name),
            "title_en": localise(card.type_name, "en") if card.type_name.get("en") else "",
            "number": card.number,
            "fields": [item for item in holder if item[0] not in titles] + shown,
            "issuer": card.agency_name,
            "issued_on": clock.local_date(card.issued_at).isoformat(),
            "made_at": card.issued_at,
            "tone": card.face_style,
            "orientation": licence.type.face.get("layout", "landscape"),
            "valid": _validity(card),
            "identifier": card.identifier,
            "verify_url": settings.LINGNAN.public_url.rstrip("/") + card.verify_path,
            **_grade_mark(licence),
            "test_mark": ("" if settings.LINGNAN.production else _("Test licence: no legal force")),
        }


def _grade_mark(licence: Licence) -> dict[str, Any]:
    """Across the face of a licence brought in: how far it may be trusted."""
    if licence.seal is not None:
        return {}
    rule = rule_for(licence.grade, on=clock.local_date(licence.issued_at))
    return {"watermark": localise(rule.title, _LANGUAGE)}


def _validity(card: LicenceCard) -> str:
    start = _date(card.valid_from)
    if card.valid_until is None:
        return _("Valid from %(start)s, without end") % {"start": start}
    return _("Valid from %(start)s to %(end)s") % {"start": start, "end": _date(card.valid_until)}


def _date(on: date) -> str:
    return f"{on.year}年{on.month}月{on.day}日"


@job("licences.render_faces")
def render_faces(*, licence_id: str) -> None:
    """Render the faces of a licence; done before, it changes nothing."""
    ensure_faces(UUID(licence_id), at=clock.now())


@job("licences.render_copy")
def render_copy(*, use_id: str) -> None:
    """Render the marked copy of a use; done before, it changes nothing."""
    ensure_copy(UUID(use_id), at=clock.now())
