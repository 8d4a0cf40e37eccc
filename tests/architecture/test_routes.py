"""Every address of the product says who may use it."""

from collections.abc import Iterator

from django.urls import URLPattern, URLResolver, get_resolver
from ninja.operation import PathView

from lingnan.kernel import permissions
from lingnan.kernel.web.guard import Access, access_of
from lingnan.project.api import api


def pages(resolver: URLResolver, prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            yield from pages(entry, prefix + str(entry.pattern))
        else:
            yield prefix + str(entry.pattern), entry


def operations() -> Iterator[tuple[str, Access | None]]:
    for _prefix, router in api._routers:
        for path, view in router.path_operations.items():
            assert isinstance(view, PathView)
            for operation in view.operations:
                yield f"{operation.methods} {path}", access_of(operation.view_func)


def guards() -> Iterator[tuple[str, Access | None]]:
    yield from operations()
    for path, pattern in pages(get_resolver()):
        if path.startswith("api/v1/") and path != "api/v1/openapi.json":
            continue
        yield path, access_of(pattern.callback)


def test_every_route_is_guarded() -> None:
    found = list(guards())
    assert [path for path, access in found if access is None] == []
    assert len(found) > 60, "the walk no longer sees the routes"


def test_every_permission_a_guard_names_is_declared() -> None:
    named = {code for _path, access in guards() if access for code in access.permissions}
    assert named - set(permissions.declared()) == set()
    assert named
