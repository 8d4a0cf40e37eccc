"""How licences show that someone is a child's parent: the birth certificate in his wallet."""

from datetime import date
from uuid import UUID

from lingnan.kernel.actors import Principal
from lingnan.platforms.identity.types import Parents

from .queries import valid_of_key

SEXES = {"1": ("1", "男"), "2": ("2", "女")}


def birth_certificate(parents: Parents, on: date) -> UUID | None:
    """A valid certificate held by the parent that names both: the child by name, day of birth and,
    where both say it, sex; the parent as mother or father. One query.

    Only of a grade that fills in forms by itself: what its holder brought in proves nothing.
    """
    parent, child = parents.parent, parents.child
    if child.born_on is None:
        return None
    holder = Principal(kind="person", id=parent.id, name=parent.name)
    for card in valid_of_key(holder, "birth_certificate", on=on):
        fields = {name: str(value or "").strip() for name, value in card.fields.items()}
        named = fields.get("child_name") == child.name and parent.name in (
            fields.get("mother_name"),
            fields.get("father_name"),
        )
        born = fields.get("born_at", "")[:10] == child.born_on.isoformat()
        sex = fields.get("sex", "")
        same_sex = not sex or child.sex not in SEXES or sex in SEXES[child.sex]
        if named and born and same_sex:
            return card.id
    return None
