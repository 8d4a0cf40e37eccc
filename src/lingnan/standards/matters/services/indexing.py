"""Keeping the search index: a basic item is in it while some body has it published."""

import hashlib
import json
from collections.abc import Iterable
from uuid import UUID

from django.db import connection, transaction

from lingnan.kernel import locks

from .. import terms
from ..models import BasicItem, SearchDocument, SearchPosting, ServiceItem
from ..types import ItemState

LOCK = "matters.search"


def hold_index(basic_item_id: UUID) -> None:
    """To be taken before any row lock by whoever will `index_basic_item`."""
    locks.hold(LOCK, basic_item_id)


def index_basic_item(basic_item_id: UUID) -> None:
    """Make the index say what is published now. Cheap when only the number of places changed."""
    places = ServiceItem.objects.filter(
        basic_item_id=basic_item_id, state=ItemState.PUBLISHED
    ).count()
    if not places:
        _remove(basic_item_id)
        return
    basic = BasicItem.objects.get(pk=basic_item_id)
    words, themes, objects = _published_words(basic_item_id)
    fields = terms.searchable(
        name=basic.name, everyday_words=dict.fromkeys([*basic.everyday_words, *words])
    )
    digest = hashlib.sha256(
        json.dumps(fields, ensure_ascii=False, sort_keys=True).encode()
    ).hexdigest()
    document, created = SearchDocument.objects.get_or_create(
        basic_item_id=basic_item_id,
        defaults={
            "digest": digest,
            "themes": themes,
            "service_objects": objects,
            "places": places,
        },
    )
    changed = created or document.digest != digest
    if not created:
        document.digest, document.themes = digest, themes
        document.service_objects, document.places = objects, places
        document.save()
    if changed:
        SearchPosting.objects.filter(document=document).delete()
        SearchPosting.objects.bulk_create(
            [
                SearchPosting(term=term, document=document, weight=weight)
                for term, weight in terms.document_terms(fields).items()
            ]
        )


def _published_words(basic_item_id: UUID) -> tuple[list[str], list[str], list[str]]:
    """Everyday words, themes and service objects over all published lists of a basic item."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH live AS (
              SELECT v.everyday_words, v.themes, v.service_objects
              FROM matters_itemversion v JOIN matters_serviceitem i ON i.id = v.service_item_id
              WHERE i.basic_item_id = %s AND i.state = 'published' AND v.state = 'published')
            SELECT
              (SELECT coalesce(array_agg(DISTINCT w ORDER BY w), '{}')
               FROM live, jsonb_array_elements_text(everyday_words) w),
              (SELECT coalesce(array_agg(DISTINCT t ORDER BY t), '{}') FROM live, unnest(themes) t),
              (SELECT coalesce(array_agg(DISTINCT o ORDER BY o), '{}')
               FROM live, unnest(service_objects) o)
            """,
            [basic_item_id],
        )
        row = cursor.fetchone()
    assert row is not None
    return row[0], row[1], row[2]


def _remove(basic_item_id: UUID) -> None:
    SearchPosting.objects.filter(document_id=basic_item_id).delete()
    SearchDocument.objects.filter(pk=basic_item_id).delete()


def rebuild_index(basic_item_ids: Iterable[UUID] | None = None) -> int:
    """Index the given basic items, or all that are published; returns how many. One transaction
    each, so that publishing goes on meanwhile."""
    if basic_item_ids is None:
        live = ServiceItem.objects.filter(state=ItemState.PUBLISHED).values("basic_item_id")
        stale = SearchDocument.objects.exclude(basic_item_id__in=live)
        basic_item_ids = [
            *BasicItem.objects.filter(pk__in=live).values_list("pk", flat=True),
            *stale.values_list("pk", flat=True),
        ]
    count = 0
    for basic_item_id in basic_item_ids:
        with transaction.atomic():
            hold_index(basic_item_id)
            index_basic_item(basic_item_id)
        count += 1
    return count
