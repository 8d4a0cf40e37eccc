"""What forms ask of the divisions: the source behind the region widget."""

from lingnan.kernel.web.schema_forms import RegionChoice

from . import queries
from .errors import NoSuchRegion
from .types import PROVINCE_CODE, RegionCard


class RegionSource:
    """Answers the form engine; an unknown code has no children and no path."""

    def children(self, code: str) -> list[RegionChoice]:
        try:
            return [_choice(card) for card in queries.children(code or PROVINCE_CODE)]
        except NoSuchRegion:
            return []

    def path(self, code: str) -> list[RegionChoice]:
        try:
            return [_choice(card) for card in queries.ancestors(code)]
        except NoSuchRegion:
            return []

    def search(self, text: str, limit: int) -> list[RegionChoice]:
        return [_choice(card) for card in queries.search(text, limit)]


def _choice(card: RegionCard) -> RegionChoice:
    return RegionChoice(
        code=card.code,
        name=card.name,
        full_name=card.full_name,
        has_children=card.level < 5 if card.has_children is None else card.has_children,
    )
