"""What holds for all tests: signals as a terminal has them, and skips on CI that are expected."""

import os
import re
import signal
from pathlib import Path

import pytest

from tests.support.recorded import FOLDER, record_calls

EXPECTED = Path(__file__).with_name("expected_skips.txt")


def pytest_configure():
    # A shell's background job ignores these, and so would every program that is compared with.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGQUIT, signal.SIG_DFL)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    if os.environ.get(FOLDER):
        record_calls()


def expected_patterns():
    lines = EXPECTED.read_text().splitlines()
    return [re.compile(line) for line in lines if line and not line.startswith("#")]


# See expected_skips.txt.
@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    report = outcome.get_result()
    if not report.skipped or os.environ.get("CI") != "true":
        return
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    if not any(pattern.search(reason) for pattern in expected_patterns()):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped on CI, unexpectedly: {reason}"
