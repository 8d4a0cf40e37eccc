"""Addresses of the API are grouped for speed: every one still leads where it did, both ways."""

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


def test_every_operation_is_found_at_its_address() -> None:
    asked = 0
    for prefix, router in api._routers:
        for route, found in router.path_operations.items():
            assert isinstance(found, PathView)
            full = "/api/v1" + prefix + route
            parts = [SAMPLE if "{" in part else part for part in full.split("/")]
            match = resolve("/".join(parts))
            assert match.route.count("/") == full.count("/") - 1, full
            assert {
                one.partition("}")[0].partition(":")[2] or one.partition("}")[0]
                for one in full.split("{")[1:]
            } == set(match.kwargs), full
            asked += 1
    assert asked > 300


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
