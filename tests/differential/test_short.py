"""A short run of what ``make differential`` does for long."""

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.differential.host import SHM
from tests.differential.machine import Files
from tests.support.toolchain import is_native


@pytest.mark.skipif(not is_native("x86-64"), reason="errors have the host's numbers")
def test_random_calls_change_both_file_systems_alike():
    assert SHM
    run_state_machine_as_test(
        Files,
        settings=settings(
            max_examples=60, stateful_step_count=25, deadline=None, derandomize=True,
            suppress_health_check=list(HealthCheck), database=None,
        ),
    )  # fmt: skip
