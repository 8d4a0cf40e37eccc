"""An application being filled in, of one matter or of one thing: the same pages serve both."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _

from lingnan.kernel.actors import Actor
from lingnan.kernel.clock import local_date
from lingnan.kernel.errors import FieldProblem
from lingnan.kernel.text import LocalisedText, localise
from lingnan.kernel.web.schema_forms import FormDefinition, FormPage, Prefilled
from lingnan.platforms.credit import queries as credit
from lingnan.platforms.documents.types import MATERIAL_TYPES
from lingnan.platforms.licences import queries as licences
from lingnan.platforms.licences.types import LicenceCard
from lingnan.standards.matters import queries as matters
from lingnan.standards.matters.types import CommitmentOffer, Item, Material

from .. import access, answers, queries, services
from ..errors import CommitmentNotAllowed
from ..models import Draft, JointDraft
from ..services import materials
from ..services.joint import Plan

FORMATS = {
    "application/pdf": "PDF",
    "application/ofd": "OFD",
    "image/jpeg": "JPG",
    "image/png": "PNG",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """One thing handed in already: a file, or a licence of the wallet."""

    id: str
    name: str
    file_id: str | None
    licence_id: str | None
    is_commitment: bool = False


@dataclass(slots=True, kw_only=True)
class Ask:
    """One material that is asked for, with what was given and what the wallet offers."""

    code: str
    name: LocalisedText
    required: bool
    note: LocalisedText
    acceptance: LocalisedText
    media_types: tuple[str, ...]
    size_max_mb: int
    given: list[Given] = field(default_factory=list)
    offered: list[LicenceCard] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    commitment: CommitmentOffer | None = None
    barred: tuple[str, ...] = ()

    @property
    def is_missing(self) -> bool:
        return self.required and not self.given

    @property
    def formats(self) -> str:
        return "、".join(FORMATS.get(media_type, media_type) for media_type in self.media_types)

    @property
    def accept(self) -> str:
        """For the browser's file chooser."""
        return ",".join(self.media_types)


class Filling(ABC):
    """What the question, materials and check pages need to know and to do."""

    id: UUID
    title: LocalisedText
    definition: FormDefinition
    data: dict[str, Any]
    items: Sequence[Item]
    rows: Sequence[Mapping[str, Any]]

    def __init__(self, actor: Actor, at: datetime) -> None:
        self.actor = actor
        self.at = at

    @property
    def prefill(self) -> dict[str, Prefilled]:
        """What government knows, each with the page that says where to have it put right."""
        return {
            path: Prefilled(known.value, known.source, known_url(path))
            for path, known in services.prefill_of(
                self.actor, self.definition.schema, at=self.at
            ).items()
        }

    def asks(self) -> list[Ask]:
        """The materials these answers ask for, each once. One query if the wallet may help, about
        three where a commitment is offered.
        """
        asks: dict[str, Ask] = {}
        kinds: dict[str, str] = {}
        for item in self.items:
            own = item.form_schema.get("properties", {})
            data = {name: value for name, value in self.data.items() if name in own}
            for material in item.materials:
                if material.stage != "submit":
                    continue
                if material.condition and not materials.holds(material.condition, data):
                    continue
                if material.licence_type_code in self._made_before(item) and not material.required:
                    continue
                known = asks.setdefault(material.code, _ask(material))
                known.commitment = self.offer(material.code)
                known.required = known.required or material.required
                if material.licence_type_code:
                    kinds[material.code] = material.licence_type_code
        held = self._held() if kinds or any(row["licence_id"] for row in self.rows) else []
        by_id = {str(card.id): card for card in held}
        for row in self.rows:
            ask = asks.get(row["code"])
            if ask is None:
                continue
            card = by_id.get(str(row["licence_id"])) if row["licence_id"] else None
            ask.given.append(
                Given(
                    id=row["id"],
                    name=_name(row, card),
                    file_id=row["file_id"],
                    licence_id=row["licence_id"],
                    is_commitment=row["kind"] == "commitment",
                )
            )
        for code, kind in kinds.items():
            used = {given.licence_id for given in asks[code].given}
            asks[code].offered = [
                card for card in held if card.type_code == kind and str(card.id) not in used
            ]
        promising = [ask for ask in asks.values() if ask.commitment is not None and not ask.given]
        if promising and self.actor.principal is not None:
            who = self.actor.principal
            bars = credit.commitment_bars(who.kind, who.id, on=local_date(self.at))
            for ask in promising:
                ask.barred = bars
        return list(asks.values())

    def offer(self, code: str) -> CommitmentOffer | None:
        """What may be promised for a material. In joint applications nothing: each of their matters
        has its own agency and its own promise.
        """
        return None

    def _made_before(self, item: Item) -> frozenset[str | None]:
        """Licences that other parts of one thing issue: nobody can hand them in yet."""
        return frozenset(
            other.licence_type_code for other in self.items if other.code31 != item.code31
        ) - {""}

    def first_unfinished(self) -> FormPage | None:
        return self.definition.first_unfinished_page(self.data)

    def problems(self) -> list[FieldProblem]:
        return self.definition.validate(self.data)

    def after(self, page_id: str) -> str:
        """The address that follows a page that is in order."""
        following = self.definition.next_page(page_id, self.data)
        if following is not None:
            return self.page_url(following.id)
        return self.materials_url if self.asks() else self.check_url

    def resume_url(self) -> str:
        """Where someone who comes back goes on."""
        unfinished = self.first_unfinished()
        if unfinished is not None:
            return self.page_url(unfinished.id)
        if any(ask.is_missing for ask in self.asks()):
            return self.materials_url
        return self.check_url

    def before_check_url(self) -> str:
        """Back from the check page."""
        return self.materials_url if self.asks() else self.last_page_url()

    def last_page_url(self) -> str:
        pages = self.definition.visible_pages(self.data)
        return self.page_url(pages[-1].id) if pages else self.start_url

    def _held(self) -> list[LicenceCard]:
        if self.actor.principal is None:
            return []
        return licences.licences_of(self.actor.principal, only_valid=True)

    @property
    @abstractmethod
    def start_url(self) -> str: ...

    @property
    @abstractmethod
    def materials_url(self) -> str: ...

    @property
    @abstractmethod
    def check_url(self) -> str: ...

    @property
    @abstractmethod
    def discard_url(self) -> str: ...

    @property
    @abstractmethod
    def promise_workdays(self) -> int: ...

    @abstractmethod
    def page_url(self, page_id: str) -> str: ...

    @abstractmethod
    def save(self, data: Mapping[str, Any], page_id: str) -> None: ...

    @abstractmethod
    def upload(self, code: str, content: bytes, name: str) -> None: ...

    @abstractmethod
    def use_licence(self, code: str, licence_id: UUID) -> None: ...

    @abstractmethod
    def promise(self, code: str, version: str) -> None: ...

    @abstractmethod
    def remove(self, material_id: UUID) -> None: ...

    @abstractmethod
    def discard(self) -> None: ...

    @abstractmethod
    def submit(self) -> str:
        """Hands it in and gives the address of the page that says so."""


class ItemFilling(Filling):
    """The draft of one matter."""

    def __init__(self, actor: Actor, draft: Draft, at: datetime) -> None:
        super().__init__(actor, at)
        self.draft = draft
        self.id = draft.pk
        self.item = matters.item_version(draft.item_version_id)
        self.title = self.item.name
        self.items = (self.item,)
        self.definition = answers.definition(self.item)
        self.data = answers.unseal(self.item.form_schema, draft.data)
        self.rows = services.standing_materials(draft)

    def offer(self, code: str) -> CommitmentOffer | None:
        """In the words of the guide today, also where the form is an older one."""
        return services.offer_for(services.present_item(self.draft), code)

    @property
    def start_url(self) -> str:
        return reverse("government_services:apply", args=[self.draft.item_code])

    @property
    def materials_url(self) -> str:
        return reverse("government_services:apply_materials", args=[self.draft.item_code])

    @property
    def check_url(self) -> str:
        return reverse("government_services:apply_check", args=[self.draft.item_code])

    @property
    def discard_url(self) -> str:
        return reverse("government_services:apply_discard", args=[self.draft.item_code])

    @property
    def promise_workdays(self) -> int:
        return self.item.promised_limit_workdays

    def page_url(self, page_id: str) -> str:
        return reverse("government_services:apply_page", args=[self.draft.item_code, page_id])

    def save(self, data: Mapping[str, Any], page_id: str) -> None:
        self.draft = services.save_draft(
            actor=self.actor,
            draft_id=self.id,
            data=data,
            page=page_id,
            replace=True,
            at=self.at,
        )
        self.data = dict(data)

    def upload(self, code: str, content: bytes, name: str) -> None:
        self._changed(
            services.add_upload(
                actor=self.actor,
                draft_id=self.id,
                code=code,
                content=content,
                name=name,
                at=self.at,
            )
        )

    def use_licence(self, code: str, licence_id: UUID) -> None:
        self._changed(
            services.add_licence(
                actor=self.actor, draft_id=self.id, code=code, licence_id=licence_id, at=self.at
            )
        )

    def promise(self, code: str, version: str) -> None:
        self._changed(
            services.add_commitment(
                actor=self.actor, draft_id=self.id, code=code, version=version, at=self.at
            )
        )

    def remove(self, material_id: UUID) -> None:
        self._changed(
            services.remove_material(
                actor=self.actor, draft_id=self.id, material_id=material_id, at=self.at
            )
        )

    def discard(self) -> None:
        services.discard_draft(actor=self.actor, draft_id=self.id, at=self.at)

    def submit(self) -> str:
        case = services.submit_draft(actor=self.actor, draft_id=self.id, at=self.at)
        return reverse("government_services:case_done", args=[case.pk])

    def _changed(self, draft: Draft) -> None:
        self.draft, self.rows = draft, draft.materials


class JointFilling(Filling):
    """The draft of one thing: one form and one set of materials for several matters."""

    def __init__(self, actor: Actor, draft: JointDraft, at: datetime) -> None:
        super().__init__(actor, at)
        self.draft = draft
        self.id = draft.pk
        self.plan: Plan = services.plan_of(draft)
        theme = queries.joint_theme(draft.theme_code)
        self.title = theme.title if theme else {}
        self.items = tuple(part.item for part in self.plan.parts)
        self.definition = FormDefinition(self.plan.form_schema)
        self.data = services.joint_draft_answers(draft, self.plan)
        self.rows = draft.materials

    @property
    def start_url(self) -> str:
        return reverse("government_services:joint", args=[self.draft.theme_code])

    @property
    def materials_url(self) -> str:
        return reverse("government_services:joint_materials", args=[self.id])

    @property
    def check_url(self) -> str:
        return reverse("government_services:joint_check", args=[self.id])

    @property
    def discard_url(self) -> str:
        return reverse("government_services:joint_discard", args=[self.id])

    @property
    def promise_workdays(self) -> int:
        return self.plan.promise_workdays

    def page_url(self, page_id: str) -> str:
        return reverse("government_services:joint_page", args=[self.id, page_id])

    def save(self, data: Mapping[str, Any], page_id: str) -> None:
        self.draft = services.save_joint_draft(
            actor=self.actor, draft_id=self.id, data=data, page=page_id, at=self.at
        )
        self.data = dict(data)

    def upload(self, code: str, content: bytes, name: str) -> None:
        self._changed(
            services.add_joint_upload(
                actor=self.actor,
                draft_id=self.id,
                code=code,
                content=content,
                name=name,
                at=self.at,
            )
        )

    def use_licence(self, code: str, licence_id: UUID) -> None:
        self._changed(
            services.add_joint_licence(
                actor=self.actor, draft_id=self.id, code=code, licence_id=licence_id, at=self.at
            )
        )

    def promise(self, code: str, version: str) -> None:
        raise CommitmentNotAllowed(material_code=code)

    def remove(self, material_id: UUID) -> None:
        self._changed(
            services.remove_joint_material(
                actor=self.actor, draft_id=self.id, material_id=material_id, at=self.at
            )
        )

    def discard(self) -> None:
        services.discard_joint_draft(actor=self.actor, draft_id=self.id, at=self.at)

    def submit(self) -> str:
        joint = services.submit_joint_draft(actor=self.actor, draft_id=self.id, at=self.at)
        return reverse("government_services:joint_done", args=[joint.pk])

    def _changed(self, draft: JointDraft) -> None:
        self.draft, self.rows = draft, draft.materials


def live_draft(actor: Actor, code31: str, *, at: datetime) -> Draft | None:
    """The draft of a matter someone is filling in for whom he acts for. One query."""
    drafts = queries.my_drafts(actor, at=at)
    return next((draft for draft in drafts if draft.item_code == code31), None)


def own_joint(actor: Actor, draft_id: UUID, *, at: datetime) -> JointFilling:
    """Raises: DraftNotFound, and as `plan_joint_case`."""
    return JointFilling(actor, access.own_joint_draft(actor, draft_id), at)


def known_url(path: str) -> str:
    return reverse("government_services:known", args=[path])


def _name(row: Mapping[str, Any], card: LicenceCard | None) -> str:
    if row["kind"] == "commitment":
        return _("A commitment in its place")
    return localise(card.type_name) if card else str(row["name"])


def _ask(material: Material) -> Ask:
    return Ask(
        code=material.code,
        name=material.name,
        required=material.required,
        note=material.note,
        acceptance=material.acceptance,
        media_types=tuple(material.media_types or MATERIAL_TYPES),
        size_max_mb=material.size_max_mb,
    )
