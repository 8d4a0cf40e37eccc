"""What a grant reaches, and that a reach and a check agree."""

from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lingnan.kernel import permissions
from lingnan.kernel.actors import ANONYMOUS, SYSTEM, Actor, Grant
from lingnan.kernel.errors import Forbidden

GUANGZHOU = "440000000000/440100000000/"
TIANHE = "440000000000/440100000000/440106000000/"
SHENZHEN = "440000000000/440300000000/"
AGENCY, OTHER = uuid4(), uuid4()
WORK = "workflow.work_tasks"


def officer(*grants: Grant, scopes: frozenset[str] | None = None) -> Actor:
    return Actor(kind="officer", grants=grants, scopes=scopes)


def grant(**reach: object) -> Grant:
    return Grant(role="reviewer", permissions=frozenset({WORK}), **reach)  # type: ignore[arg-type]


def test_an_agency_grant_reaches_that_agency_alone() -> None:
    actor = officer(grant(agency_id=AGENCY))
    assert actor.can(WORK, agency_id=AGENCY, region_path=TIANHE)
    assert not actor.can(WORK, agency_id=OTHER, region_path=TIANHE)
    assert not actor.can(WORK, region_path=TIANHE)


def test_a_region_grant_reaches_the_subtree() -> None:
    actor = officer(grant(region_path=GUANGZHOU))
    assert actor.can(WORK, agency_id=OTHER, region_path=TIANHE)
    assert not actor.can(WORK, agency_id=OTHER, region_path=SHENZHEN)
    assert not actor.can("audit.read", region_path=TIANHE)


def test_a_token_is_never_wider_than_its_scopes() -> None:
    actor = officer(grant(region_path=""), scopes=frozenset({"audit"}))
    assert not actor.can(WORK)
    assert actor.reach(WORK).is_empty


def test_nobody_anonymous_may_anything_and_the_system_may_all() -> None:
    assert not ANONYMOUS.can(WORK)
    assert SYSTEM.can(WORK, agency_id=AGENCY)
    with pytest.raises(Forbidden):
        ANONYMOUS.check(WORK)


PLACES = st.sampled_from([None, "", GUANGZHOU, TIANHE, SHENZHEN])
AGENCIES = st.sampled_from([None, AGENCY, OTHER])


@given(grant_agency=AGENCIES, grant_region=PLACES, agency=AGENCIES, region=PLACES)
def test_reach_and_check_agree(
    grant_agency: object, grant_region: str | None, agency: object, region: str | None
) -> None:
    if agency is None and region is None:
        return
    actor = officer(grant(agency_id=grant_agency, region_path=grant_region))
    may = actor.can(WORK, agency_id=agency, region_path=region)  # type: ignore[arg-type]
    reach = actor.reach(WORK)
    assert reach.covers(agency_id=agency, region_path=region) == may  # type: ignore[arg-type]


def test_what_binds_the_whole_platform_needs_a_reach_that_holds_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(permissions, "_declared", {})
    rules = permissions.declare("kernel.test_rules", "Rules of all", for_all=True)

    def holder(**reach: Any) -> Actor:
        return Actor(
            kind="officer", grants=(Grant(role="r", permissions=frozenset({rules}), **reach),)
        )

    assert holder(region_path="").can(rules)
    assert holder(region_path="440000000000/").can(rules)
    assert not holder(region_path="440000000000/440100000000/").can(rules)
    assert not holder(agency_id=AGENCY).can(rules)
    with pytest.raises(Forbidden):
        holder(agency_id=AGENCY).check(rules)
