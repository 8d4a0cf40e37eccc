"""How licences show that someone is a child's parent: the birth certificate in his wallet."""

from collections.abc import Mapping
from datetime import date
from uuid import UUID

from lingnan.kernel.actors import Principal
from lingnan.platforms.identity import queries as identity
from lingnan.platforms.identity.types import Parents, PersonCard

from .queries import valid_of_key

SEXES = {"1": ("1", "男"), "2": ("2", "女")}


def birth_certificate(parents: Parents, on: date) -> UUID | None:
    """A valid certificate held by the parent that shows whose child this is. At most two queries.

    The parent is told by the number of his document beside his name: names and birthdays are
    shared by many, so a paper without the number shows nothing here, and a window clerk looks at
    it. The child is told by its number where the paper carries it (a newborn had none), else by
    name, day of birth and sex, if nobody else is registered with this name and day.
    Only of a grade that fills in forms by itself: what its holder brought in proves nothing.
    Source: 民法典 27; 母婴保健法 23.
    """
    parent, child = parents.parent, parents.child
    if child.born_on is None:
        return None
    holder = Principal(kind="person", id=parent.id, name=parent.name)
    for card in valid_of_key(holder, "birth_certificate", on=on):
        fields = {name: str(value or "").strip() for name, value in card.fields.items()}
        if _names_parent(fields, parent) and _names_child(fields, child, child.born_on):
            return card.id
    return None


def _names_parent(fields: Mapping[str, str], parent: PersonCard) -> bool:
    return any(
        fields.get(f"{who}_name") == parent.name
        and _plain(fields.get(f"{who}_number", "")) in _numbers(parent)
        for who in ("mother", "father")
    )


def _names_child(fields: Mapping[str, str], child: PersonCard, born_on: date) -> bool:
    sex = fields.get("sex", "")
    if (
        fields.get("child_name") != child.name
        or fields.get("born_at", "")[:10] != born_on.isoformat()
        or (sex and child.sex in SEXES and sex not in SEXES[child.sex])
    ):
        return False
    number = _plain(fields.get("child_number", ""))
    if number:
        return number in _numbers(child)
    return identity.is_only_one_named(child.name, born_on)


def _numbers(person: PersonCard) -> set[str]:
    """Of every document he is or was known by: a certificate keeps the one of its day."""
    return {_plain(kept.number) for kept in identity.documents_of(person.id)}


def _plain(number: str) -> str:
    return number.strip().upper()
