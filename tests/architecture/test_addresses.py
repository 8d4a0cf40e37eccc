"""Addresses of the API are grouped for speed: every one still leads where it did, both ways."""

import inspect
from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.test import override_settings
from django.urls import URLPattern, path, resolve, reverse
from ninja.operation import PathView

from lingnan.project.api import api
from lingnan.project.urls import by_first_part

SAMPLE = "01900000-0000-7000-8000-000000000001"


def view(request: HttpRequest, **_values: str) -> HttpResponse:
    return HttpResponse("one")


def other(request: HttpRequest, **_values: str) -> HttpResponse:
    return HttpResponse("another")


def _operations_of(callback: Callable[..., Any]) -> list[Callable[..., Any]]:
    """What an address does: Ninja makes the callback around it anew each time it is asked."""
    if isinstance(callback, partial):
        return [callback.func]  # Ninja's own page at the root
    inner = inspect.unwrap(callback)
    view = next(
        cell.cell_contents
        for cell in inner.__closure__ or ()
        if isinstance(cell.cell_contents, PathView)
    )
    return [operation.view_func for operation in view.operations]


def test_every_operation_is_found_at_its_address_and_by_its_name() -> None:
    patterns, _app_name, namespace = api.urls
    names = Counter(one.name for one in patterns if isinstance(one, URLPattern))
    for one in patterns:
        assert isinstance(one, URLPattern)
        full = f"/api/v1/{one.pattern}"
        parts = [SAMPLE if "<" in part else part for part in full.split("/")]
        match = resolve("/".join(parts))
        assert _operations_of(match.func) == _operations_of(one.callback), full
        assert set(match.kwargs) == set(one.pattern.converters), full
        if names[one.name] == 1:
            assert reverse(f"{namespace}:{one.name}", kwargs=match.kwargs) == "/".join(parts)
    assert len(patterns) > 300


class Grouped:
    """What an address meant before, in the same order of preference."""

    made: tuple[URLPattern, ...] = (
        path("cases", view, name="list"),
        path("cases/<str:one>", view, name="one"),
        path("cases/mine", other, name="mine"),
        path("casesheets", other, name="sheets"),
        path("<str:anything>/end", other, name="end"),
    )
    urlpatterns = by_first_part(made)


def test_groups_keep_the_order_and_the_names() -> None:
    with override_settings(ROOT_URLCONF=Grouped):
        assert resolve("/cases").func is view
        assert resolve("/casesheets").func is other
        # The first that fits wins, as it did in one list.
        assert resolve("/cases/mine").kwargs == {"one": "mine"}
        assert resolve("/x/end").kwargs == {"anything": "x"}
        assert reverse("one", kwargs={"one": "7"}) == "/cases/7"
        assert reverse("end", kwargs={"anything": "7"}) == "/7/end"
