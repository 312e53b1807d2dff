"""An upgrade under load from the last release with an older schema: its code keeps working with the new schema."""

import pytest

from tests.containers import releases
from tests.containers.composition import PROGRAMS, composition
from tests.containers.traffic import PASSING, PICTURE, Uploads, is_ready
from tests.support.catalogue import Catalogue
from tests.support.waiting import wait_until

PREVIOUS = releases.before()
GOES_ON = 20
"""Uploads that show that the old code works with the new schema."""


@pytest.mark.skipif(PREVIOUS is None, reason="no commit with containers has an older schema: set PREVIOUS")
def test_an_upgrade_loses_nothing_and_the_old_code_survives_the_new_schema() -> None:
    assert PREVIOUS
    with releases.checkout(PREVIOUS) as code, composition(code) as earlier:
        wait_until(lambda: is_ready(earlier.client()))
        admin = earlier.administrator()
        catalogue = Catalogue(admin)
        volume = catalogue.volume(catalogue.group(catalogue.series()))
        admin.post(f"/admin-volumes/update-image/{volume}/front", image=PICTURE)
        before = catalogue.get_volume(volume)
        today = earlier.of_today()
        today.compose("build")
        with Uploads(earlier) as uploads:
            today.compose("run", "--rm", "prepare")
            seen = len(uploads.acknowledged)
            wait_until(lambda: len(uploads.acknowledged) > seen + GOES_ON)
            assert (uploads.refused, uploads.broken) == ([], [])
            for program in PROGRAMS:
                today.compose("up", "--detach", "--no-deps", program)
            wait_until(lambda: is_ready(today.client()))
        assert set(uploads.refused) <= PASSING
        assert uploads.missing(admin) == {}
        assert catalogue.get_volume(volume) == before
        told = f"{len(uploads.acknowledged)} uploads, {len(uploads.refused)} refused"
        print(f"from {PREVIOUS}: {told}, {len(uploads.broken)} broken off")
