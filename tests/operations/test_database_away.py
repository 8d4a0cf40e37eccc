"""A database that does not answer: a page that asks nothing of it."""

from django.db import OperationalError
from django.test import RequestFactory

from lingnan.project.urls import failed


def test_a_database_that_went_away_is_a_page_that_says_what_to_do() -> None:
    try:
        raise OperationalError("gone")
    except OperationalError:
        answer = failed(RequestFactory().get("/cases/"))
    page = answer.content.decode()
    assert (answer.status_code, answer["Content-Type"]) == (503, "text/html; charset=utf-8")
    assert int(answer["Retry-After"]) > 0
    assert 'href="tel:12345"' in page
    assert "gone" not in page
