"""The menu of the workbench: groups stand together, and every line of it has one."""

from itertools import groupby

import pytest
from django.urls import get_resolver

from lingnan.kernel.actors import SYSTEM
from lingnan.kernel.web import navigation

pytestmark = pytest.mark.django_db


def test_groups_of_the_workbench_stand_together() -> None:
    assert get_resolver().url_patterns  # every module has registered its lines
    links = navigation.links("desk", actor=SYSTEM, path="/desk/")

    assert len(links) > 20
    assert [link.label for link in links if not link.group] == []
    groups = [group for group, _links in groupby(link.group for link in links)]
    assert len(groups) == len(set(groups)), groups
