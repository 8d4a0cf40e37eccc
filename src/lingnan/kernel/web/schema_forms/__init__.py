"""JSON Schema 2020-12 with presentation hints -> pages that work without JavaScript.

One definition serves three uses: pages that ask (one question or a small group each), the summary
that is checked before sending, and the validation of the same data arriving through the API.

    definition = FormDefinition(schema)
    reading = definition.read(request.POST, data=draft.data, page="home")
    if reading.stay or reading.problems:        # "add another", "find", or something is wrong
        bound = definition.bind(reading.data, page="home", problems=reading.problems,
                                searches=reading.searches, prefill=prefill)
    else:
        draft.data = reading.data               # then definition.next_page("home", reading.data)

What a person typed stays in `data` even when it is wrong (a text where a number belongs), so a
draft never loses it; `validate` says what is wrong.
"""

from .binding import BoundForm, FieldView, PageView, ProblemLink, SummaryPage, SummaryRow
from .definition import FormDefinition, FormPage, Reading
from .nodes import DefinitionError, Node
from .sources import (
    Prefilled,
    RegionChoice,
    RegionSource,
    region_source,
    register_check,
    register_region_source,
)

__all__ = [
    "BoundForm",
    "DefinitionError",
    "FieldView",
    "FormDefinition",
    "FormPage",
    "Node",
    "PageView",
    "Prefilled",
    "ProblemLink",
    "Reading",
    "RegionChoice",
    "RegionSource",
    "SummaryPage",
    "SummaryRow",
    "region_source",
    "register_check",
    "register_region_source",
]
