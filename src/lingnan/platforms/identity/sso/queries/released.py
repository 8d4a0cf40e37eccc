"""What is said of whom: each claim's value, its masked form, and the name a client knows one by."""

from collections.abc import Callable, Iterable
from typing import Any, Literal

from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext as _

from lingnan.kernel import clock
from lingnan.security.crypto import services as crypto
from lingnan.standards.codes.types import DocumentType

from ...models import Authorisation, Client, Mandate, Organisation
from ...queries.assurance import evidence_now, level_of_organisation
from ...queries.people import person_card
from ...queries.rights import grants_of
from ...types import PersonCard, mask_name, mask_number, mask_phone
from ..types import CLAIMS, Datum, claims_of, scope_of

Where = Literal["userinfo", "id_token"]
_GENDERS = {"1": "male", "2": "female"}


def subject_for(client: Client, account_id: object) -> str:
    """The name under which a client knows an account: its own per sector, the same for good.

    Keyed, never rotated: two sectors cannot find out that they speak of one person.
    Source: OpenID Connect Core 8.1.
    """
    if client.subject_type == Client.SubjectType.PUBLIC:
        return str(account_id)
    return crypto.blind_index(f"{client.sector}|{account_id}", purpose="identity.subject")


def wanted(authorisation: Authorisation, where: Where) -> list[str]:
    """The claims to release at one place: by scope in the userinfo, and as asked by name."""
    names = set(authorisation.claims.get(where, ()))
    if where == "userinfo":
        names.update(claims_of(authorisation.scopes))
    return [claim for claim in CLAIMS if claim in names]


def released(authorisation: Authorisation, where: Where) -> dict[str, Any]:
    """The claims as values; what is unknown is left out."""
    found = _Values(authorisation)
    values = {claim: found.value(claim) for claim in wanted(authorisation, where)}
    return {claim: value for claim, value in values.items() if value not in (None, "", [])}


def consent_lines(draft: Authorisation, claims: Iterable[str]) -> list[Datum]:
    """Each datum in words with its value masked and the client's purpose; also an empty one."""
    found = _Values(draft)
    purposes: dict[str, str] = draft.client.purposes
    return [
        Datum(
            claim=claim,
            title=str(CLAIMS[claim]),
            masked=found.masked(claim),
            purpose=purposes.get(scope_of(claim), ""),
        )
        for claim in claims
    ]


class _Values:
    """The values of one authorisation's person, post and principal; read at most once each."""

    def __init__(self, authorisation: Authorisation) -> None:
        self.row = authorisation
        person = authorisation.account.person
        self.person: PersonCard | None = person_card(person) if person else None

    def value(self, claim: str) -> Any:
        maker: Callable[[], Any] | None = getattr(self, f"_{claim}", None)
        if maker is not None:
            return maker()
        return None

    def masked(self, claim: str) -> str:
        value = self.value(claim)
        if value in (None, "", []):
            return _("nothing: we do not know it")
        if claim in {"name", "name_latin"}:
            return mask_name(str(value))
        if claim in {"document_number"}:
            return mask_number(str(value))
        if claim == "phone_number":
            return mask_phone(str(value))
        if claim == "email":
            name, _at, host = str(value).partition("@")
            return f"{name[:1]}***@{host}"
        if claim == "birthdate":
            return f"{str(value)[:4]}-**-**"
        if claim == "gender":
            return _("Male") if value == "male" else _("Female")
        if claim == "person_type":
            return _("natural person")
        if claim == "document_type":
            return str(DocumentType(value).label)
        if claim in {"organisation", "officer"}:
            return str(value.get("name", ""))
        if claim == "mandates":
            return "、".join(mask_name(item["name"]) for item in value)
        return str(value)

    def _name(self) -> str | None:
        if self.row.officer is not None and self.person is None:
            return self.row.officer.name
        return self.person.name if self.person else None

    def _name_latin(self) -> str | None:
        return self.person.name_latin if self.person else None

    def _gender(self) -> str | None:
        return _GENDERS.get(self.person.sex) if self.person else None

    def _birthdate(self) -> str | None:
        born = self.person.born_on if self.person else None
        return born.isoformat() if born else None

    def _phone_number(self) -> str | None:
        phone = self.person.phone if self.person else ""
        return f"+86{phone}" if phone and not phone.startswith("+") else phone

    def _email(self) -> str | None:
        return self.person.email if self.person else None

    def _person_type(self) -> str | None:
        return "natural" if self.person else None

    def _document_type(self) -> str | None:
        return self.person.document_type if self.person else None

    def _document_number(self) -> str | None:
        return self.person.document_number if self.person else None

    def _nationality(self) -> str | None:
        return self.person.nationality if self.person else None

    def _organisation(self) -> dict[str, Any] | None:
        firm: Organisation | None = self.row.organisation
        capacity = "legal_representative"
        if firm is None and self.row.mandate is not None:
            firm, capacity = self.row.mandate.grantor_organisation, "agent"
        if firm is None or level_of_organisation(firm.pk, at=clock.now()) < 1:
            return None  # named by someone, proved by nobody: nothing to tell others
        told: dict[str, Any] = {
            "name": firm.name,
            "registration_type": firm.registration_type,
            "registration_number": firm.registration_number,
            "capacity": capacity,
        }
        mandate = self.row.mandate
        if capacity == "agent" and mandate is not None and not mandate.all_matters:
            told["matters"] = list(mandate.item_codes)  # he may act in these, in nothing else
        return told

    def _mandates(self) -> list[dict[str, Any]]:
        if self.row.account.person_id is None:
            return []
        now = clock.now()
        today = clock.local_date(now)
        proven = evidence_now(now).filter(
            organisation=OuterRef("grantor_organisation"),
            organisation__legal_representative_id=F("person_id"),
        )
        rows = Mandate.objects.filter(
            Q(grantor_organisation=None) | Exists(proven.order_by()),
            agent_id=self.row.account.person_id,
            state=Mandate.State.ACCEPTED,
            valid_from__lte=today,
            valid_until__gt=today,
        ).select_related("grantor_person", "grantor_organisation")
        found = []
        for row in rows.order_by("id")[:50]:
            grantor = row.grantor_person or row.grantor_organisation
            assert grantor is not None, "a mandate has one grantor"
            found.append(
                {
                    "kind": "person" if row.grantor_person_id else "organisation",
                    "name": grantor.name,
                    "until": row.valid_until.isoformat(),
                    "matters": None if row.all_matters else list(row.item_codes),
                    "is_current": row.pk == self.row.mandate_id,
                }
            )
        return found

    def _assurance_level(self) -> int:
        return self.row.level

    def _assurance_evidence_on(self) -> str:
        return clock.local_date(self.row.authenticated_at).isoformat()

    def _officer(self) -> dict[str, Any] | None:
        officer = self.row.officer
        if officer is None:
            return None
        return {
            "name": officer.name,
            "agency": officer.agency.name,
            "agency_code": officer.agency.uscc,
            "post": officer.post.title if officer.post else "",
            "roles": sorted({grant.role for grant in grants_of(officer)}),
        }
