"""Finding items: one question in whatever words, the nearest body that does it.

What is searched is the basic item, whose name every level shares, so a question touches thousands
of documents and not the tens of thousands of lists; each hit is then resolved to the published list
nearest to the reader. Ranking is BM25 over the terms of `terms.py`, in one statement.
"""

import base64
import binascii
import json
import re
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import connection

from lingnan.kernel.pagination import BadCursor, Page

from . import terms
from .types import ItemHit, LimitUnit

LIMIT_MAX = 50
CANDIDATES_MAX = 100
SCORE_CUT = 0.22  # of the best; below it hits share no more than a common word with the question
ELSEWHERE_FACTOR = 0.45  # what is done only elsewhere stands lower; our default
_CODE = re.compile(r"[0-9A-Z]{10,33}", re.ASCII)

_RANKED = """
q AS (
  SELECT * FROM unnest(%(terms)s::text[], %(boosts)s::float8[], %(proofs)s::float8[])
    AS q (term, boost, proof)),
found AS (
  SELECT q.boost, q.proof, array_agg(p.document_id) AS ids, array_agg(p.weight) AS weights,
         ln(1 + ((SELECT count(*) FROM matters_searchdocument) - count(*) + 0.5)
                / (count(*) + 0.5)) AS idf
  FROM q JOIN matters_searchposting p ON p.term = q.term
  GROUP BY q.term, q.boost, q.proof),
scored AS (
  SELECT hit.document_id, sum(hit.weight * found.boost * found.idf) AS score
  FROM found, unnest(found.ids, found.weights) AS hit (document_id, weight)
  GROUP BY hit.document_id HAVING sum(found.proof) >= 1),
candidates AS (
  SELECT s.document_id, s.score, d.places
  FROM scored s JOIN matters_searchdocument d ON d.basic_item_id = s.document_id
  WHERE s.score >= %(cut)s * (SELECT max(score) FROM scored)
    AND (%(theme)s = '' OR d.themes @> ARRAY[%(theme)s]::varchar[])
    AND (%(object)s = '' OR d.service_objects @> ARRAY[%(object)s]::varchar[])
  ORDER BY s.score DESC, s.document_id LIMIT %(most)s)
"""

_BY_CODE = """
candidates AS (
  SELECT b.id AS document_id, 1.0::float8 AS score, d.places
  FROM matters_basicitem b JOIN matters_searchdocument d ON d.basic_item_id = b.id
  WHERE b.code12 = %(code)s OR b.id IN (
    SELECT basic_item_id FROM matters_serviceitem WHERE code31 = left(%(code)s, 31)))
"""

_BROWSED = """
candidates AS (
  SELECT d.basic_item_id AS document_id, 0.0::float8 AS score, d.places
  FROM matters_searchdocument d
  WHERE (%(theme)s = '' OR d.themes @> ARRAY[%(theme)s]::varchar[])
    AND (%(object)s = '' OR d.service_objects @> ARRAY[%(object)s]::varchar[])
    AND (%(after)s::uuid IS NULL OR d.basic_item_id > %(after)s::uuid)
    AND EXISTS (
      SELECT 1 FROM matters_serviceitem i
      WHERE i.basic_item_id = d.basic_item_id AND i.state = 'published'
        AND (i.region_path = ANY(%(chain)s) OR i.region_path LIKE %(below)s))
  ORDER BY d.basic_item_id LIMIT %(most)s)
"""

# The nearest list of each candidate: the reader's region or the closest above it; else a part of
# it; else anywhere. Each branch is one descent of the index (basic item, region path); what a hit
# shows is read only for the hits of the page.
_RESOLVED = """
, nearest AS (
  SELECT c.document_id, c.places, near.nearness, near.id,
         c.score * CASE near.nearness WHEN 'elsewhere' THEN %(elsewhere)s::float8 ELSE 1.0 END
           AS score
  FROM candidates c
  JOIN LATERAL (
    (SELECT i.id, 'here' AS nearness FROM matters_serviceitem i
     WHERE i.basic_item_id = c.document_id AND i.state = 'published'
       AND i.region_path = ANY(%(chain)s)
       AND (length(%(code)s) < 31 OR i.code31 = left(%(code)s, 31))
     ORDER BY i.region_path DESC, i.id LIMIT 1)
    UNION ALL
    (SELECT i.id, 'below' FROM matters_serviceitem i
     WHERE i.basic_item_id = c.document_id AND i.state = 'published'
       AND i.region_path LIKE %(below)s
       AND (length(%(code)s) < 31 OR i.code31 = left(%(code)s, 31))
     ORDER BY i.region_path, i.id LIMIT 1)
    UNION ALL
    (SELECT i.id, 'elsewhere' FROM matters_serviceitem i
     WHERE i.basic_item_id = c.document_id AND i.state = 'published'
       AND (length(%(code)s) < 31 OR i.code31 = left(%(code)s, 31))
     ORDER BY i.region_path, i.id LIMIT 1)
    LIMIT 1) near ON true),
page AS (
  SELECT * FROM nearest
  WHERE %(after)s::uuid IS NULL OR (-score, document_id) > (%(after_score)s, %(after)s::uuid)
  ORDER BY -score, document_id LIMIT %(limit)s + 1)
SELECT p.document_id, p.score, p.places, p.nearness, i.id, i.code31, b.name, b.item_type,
       v.summary, coalesce(a.name, ''), i.region_path, i.exercise_level, v.themes,
       v.service_objects, v.promised_limit, v.promised_unit, v.case_type, v.visits,
       v.online_depth, v.form_schema <> '{}' AND v.process_key <> ''
FROM page p
JOIN matters_serviceitem i ON i.id = p.id
JOIN matters_basicitem b ON b.id = i.basic_item_id
JOIN matters_itemversion v ON v.service_item_id = i.id AND v.state = 'published'
LEFT JOIN agencies_agency a ON a.id = i.agency_id
ORDER BY -p.score, p.document_id
"""


def search_items(
    text: str = "",
    *,
    region_path: str = "",
    theme: str | None = None,
    service_object: str | None = None,
    limit: int = 20,
    cursor: str | None = None,
) -> Page[ItemHit]:
    """Published items that answer a question, best first; without a question, those of a theme
    that can be had in the region, by age.

    One hit for each basic item: the list of the reader's own region, else of the closest region
    above, else of a part of it, else of any (ranked lower). Codes of 12 and 31 characters are
    looked up. One query. Raises: BadCursor (422).
    Source: experience rule 1 ("开店" finds the food business licence).
    """
    limit = max(1, min(limit, LIMIT_MAX))
    text = text.strip().replace("\x00", "")[: terms.QUERY_LENGTH_MAX]
    code = text.upper() if _CODE.fullmatch(text.upper()) and any(map(str.isdigit, text)) else ""
    boosts = {} if code else terms.question_terms(text)
    if text and not code and not boosts:
        return Page([], None)
    by_words = _RANKED if text else _BROWSED
    source = _BY_CODE if code else by_words
    score, after = _decode(cursor) if cursor else (0.0, None)
    parameters: dict[str, Any] = {
        "terms": list(boosts),
        "boosts": list(boosts.values()),
        "proofs": list(terms.proofs(boosts).values()),
        "cut": SCORE_CUT,
        "code": code,
        "most": CANDIDATES_MAX if text else limit + 1,
        "limit": limit,
        "after": after,
        "after_score": score,
        "theme": theme or "",
        "object": service_object or "",
        "chain": _chain(region_path),
        "below": _as_prefix(region_path),
        "elsewhere": ELSEWHERE_FACTOR,
    }
    with connection.cursor() as db:
        db.execute(f"WITH {source} {_RESOLVED}", parameters)
        hits = [_hit(row) for row in db.fetchall()]
    page = hits[:limit]
    return Page(page, _encode(page[-1]) if len(hits) > limit else None)


def _chain(path: str) -> list[str]:
    parts = [part for part in path.split("/") if part]
    return ["/".join(parts[: count + 1]) + "/" for count in range(len(parts))]


def _as_prefix(path: str) -> str:
    return path.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"


def _hit(row: Sequence[Any]) -> ItemHit:
    return ItemHit(
        basic_item_id=row[0],
        score=float(row[1]),
        other_places=max(0, row[2] - 1),
        nearness=row[3],
        service_item_id=row[4],
        code31=row[5],
        name=_json(row[6]),
        item_type=row[7],
        summary=_json(row[8]),
        agency_name=row[9],
        region_path=row[10],
        exercise_level=row[11],
        themes=tuple(row[12]),
        service_objects=tuple(row[13]),
        promised_limit=row[14] or 0,
        promised_unit=row[15] or LimitUnit.WORKDAYS,
        case_type=row[16],
        visits=row[17],
        online_depth=row[18],
        is_online=row[19],
    )


def _json(value: Any) -> Any:
    """A raw cursor of Django leaves jsonb as text."""
    return json.loads(value) if isinstance(value, str) else value


def _encode(hit: ItemHit) -> str:
    raw = f"{-hit.score!r}:{hit.basic_item_id}"
    return base64.urlsafe_b64encode(raw.encode()).decode().rstrip("=")


def _decode(cursor: str) -> tuple[float, UUID]:
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
        score, _, document = raw.partition(":")
        return float(score), UUID(document)
    except (binascii.Error, ValueError) as error:
        raise BadCursor from error
