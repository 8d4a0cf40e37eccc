"""The shipped divisions are not loaded over others."""

import pytest

from lingnan.kernel.testing import nothing_written
from lingnan.standards.regions import errors, services
from lingnan.standards.regions.testing import make_region


@pytest.mark.django_db
def test_divisions_of_another_edition_are_not_loaded_over() -> None:
    make_region("440106000000")
    with nothing_written("regions"), pytest.raises(errors.OtherEdition) as refused:
        services.load_regions()
    assert (refused.value.status, refused.value.code) == (409, "regions.other_edition")
    assert "%(" not in refused.value.text and refused.value.facts["edition"]
