"""Where the picture of a seal stands on the pages of an OFD: in its place, and across page edges.

Source: GB/T 33190-2016, 18.2.4 (StampAnnot: PageRef, Boundary, Clip, in millimetres). A reader
draws the picture out of the seal into Boundary and shows only Clip, so that a seal laid across the
edges of the pages (骑缝章) is one StampAnnot per page, each with the next slice.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from lingnan.platforms.documents import services as documents
from lingnan.platforms.documents.errors import OfdInvalid

from ..errors import DocumentDamaged, DocumentUnreadable, SealNeedsTwoPages, SealPlaceUnknown

_SEAL_PLACE = "lingnan.seal_place"
_EDGE_MM = 2.0  # the least that a page shows of a seal across its edge
_SHOWN_MM = 5.0  # a stamp must show at least so much of itself on its page


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """Where the picture of the seal stands: page id and millimetres from the upper left.

    `clip` is the part of the picture that shows (x, y, width, height within it); None: all of it.
    """

    page_id: str
    x_mm: float
    y_mm: float
    width_mm: float
    height_mm: float
    clip: tuple[float, float, float, float] | None = None


def _read(content: bytes | documents.OfdPackage) -> documents.OfdDocument:
    try:
        document = documents.read_ofd(content)
    except OfdInvalid as broken:
        raise DocumentDamaged(problem=str(broken.facts.get("problem", ""))) from broken
    if not document.pages:
        raise DocumentUnreadable(reason="no page")
    return document


def place_of(content: bytes | documents.OfdPackage, *, width_mm: float, height_mm: float) -> Stamp:
    """Where a seal belongs on a document: the place its writer kept for it, else the lower right of
    the last page. The picture is centred there in its own size, or in that of a smaller room.

    Raises: DocumentUnreadable (422).
    """
    document = _read(content)
    page, left, top = document.pages[-1], None, None
    kept = document.custom_data.get(_SEAL_PLACE, "").split()
    if len(kept) == 5:
        try:
            index, (x, y, width, height) = int(kept[0]), (float(number) for number in kept[1:])
        except ValueError as broken:
            raise DocumentUnreadable(reason=_SEAL_PLACE) from broken
        if 0 <= index < len(document.pages):
            page = document.pages[index]
            width_mm, height_mm = min(width_mm, width), min(height_mm, height)
            left, top = x + (width - width_mm) / 2, y + (height - height_mm) / 2
    if left is None or top is None:
        left, top = page.width - width_mm - 28, page.height - height_mm - 38
    return Stamp(
        page_id=str(page.id),
        x_mm=max(left, 0.0),
        y_mm=max(top, 0.0),
        width_mm=width_mm,
        height_mm=height_mm,
    )


def seal_stamps(
    content: bytes | documents.OfdPackage,
    places: Sequence[tuple[int, float, float]],
    *,
    width_mm: float,
    height_mm: float,
) -> tuple[Stamp, ...]:
    """Stamps at places of one's own: page number from 1, and the picture's upper left corner.

    Raises: DocumentUnreadable; SealPlaceUnknown (422) where a place is not on a page.
    """
    document = _read(content)
    stamps = []
    for number, x, y in places:
        if not 1 <= number <= len(document.pages):
            raise SealPlaceUnknown(page=number, pages=len(document.pages))
        page = document.pages[number - 1]
        right, bottom = page.width - _SHOWN_MM, page.height - _SHOWN_MM
        if not (_SHOWN_MM - width_mm <= x <= right and _SHOWN_MM - height_mm <= y <= bottom):
            raise SealPlaceUnknown(page=number, pages=len(document.pages))
        stamps.append(
            Stamp(page_id=str(page.id), x_mm=x, y_mm=y, width_mm=width_mm, height_mm=height_mm)
        )
    return tuple(stamps)


def straddling_stamps(
    content: bytes | documents.OfdPackage,
    *,
    width_mm: float,
    height_mm: float,
    centre_y_mm: float | None = None,
) -> tuple[Stamp, ...]:
    """A seal across the right edges of all pages (骑缝章): each page shows the next slice.

    More pages than slices of two millimetres take a further seal, so that each page carries one.
    Raises: DocumentUnreadable; SealNeedsTwoPages (422).
    """
    pages = _read(content).pages
    if len(pages) < 2:
        raise SealNeedsTwoPages
    most = max(int(width_mm / _EDGE_MM), 2)
    groups = -(-len(pages) // most)
    size, left_over = divmod(len(pages), groups)
    stamps, first = [], 0
    for group in range(groups):
        count = size + (1 if group < left_over else 0)
        slice_mm = width_mm / count
        for step, page in enumerate(pages[first : first + count]):
            middle = page.height / 2 if centre_y_mm is None else centre_y_mm
            stamps.append(
                Stamp(
                    page_id=str(page.id),
                    x_mm=page.width - slice_mm * (step + 1),
                    y_mm=middle - height_mm / 2,
                    width_mm=width_mm,
                    height_mm=height_mm,
                    clip=(slice_mm * step, 0.0, slice_mm, height_mm),
                )
            )
        first += count
    return tuple(stamps)
