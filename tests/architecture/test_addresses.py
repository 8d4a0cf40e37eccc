"""Addresses of the API are grouped for speed: every one still leads where it did, both ways."""

from django.http import HttpRequest, HttpResponse
from django.test import override_settings
from django.urls import URLPattern, path, resolve, reverse

from lingnan.project.api import api
from lingnan.project.urls import by_first_part

SAMPLE = "01900000-0000-7000-8000-000000000001"


def view(request: HttpRequest, **_values: str) -> HttpResponse:
    return HttpResponse("one")


def other(request: HttpRequest, **_values: str) -> HttpResponse:
    return HttpResponse("another")


def test_every_operation_is_found_at_its_address_and_by_its_name() -> None:
    patterns, _app_name, namespace = api.urls
    for one in patterns:
        assert isinstance(one, URLPattern)
        full = f"/api/v1/{one.pattern}"
        parts = [SAMPLE if "<" in part else part for part in full.split("/")]
        match = resolve("/".join(parts))
        # Ninja gives every address a view of its own.
        assert match.func is one.callback, full
        assert set(match.kwargs) == set(one.pattern.converters), full
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
