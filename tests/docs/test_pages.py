"""The pages of docs/ say what the commands really print."""

import doctest
import re

import pytest

from tests.support.pages import DOCS, Session, examples, is_as_expected
from tests.support.userland import Unavailable

CONSOLE_PAGES = (
    "seeing.md", "first-hour-student.md", "first-hour-engineer.md", "first-hour-researcher.md",
)  # fmt: skip
EXAMPLES = [(page, number) for page in CONSOLE_PAGES for number in range(len(examples(page)))]
PYCON = re.compile(r"^```pycon\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def sessions(tmp_path_factory):
    """One session for each page, in which its commands are run in their order."""
    begun = {}

    def session_of(page):
        if page not in begun:
            try:
                begun[page] = Session(page, tmp_path_factory.mktemp("page"))
            except Unavailable as why:
                begun[page] = str(why)
        if isinstance(begun[page], str):
            pytest.skip(begun[page])
        return begun[page]

    return session_of


@pytest.mark.parametrize(
    ("page", "number"), EXAMPLES, ids=[f"{page[:-3]}-{number}" for page, number in EXAMPLES]
)
def test_a_command_prints_what_the_page_says(sessions, page, number):
    example = examples(page)[number]
    printed = sessions(page).run(example.command)
    assert is_as_expected(example, printed), f"{example.command}\n{printed}"


def test_a_page_that_is_wrong_is_found_out():
    right = examples("first-hour-student.md")[0]
    assert is_as_expected(right, right.expected)
    assert not is_as_expected(right, right.expected.replace("x86-64", "x86_64"))
    assert not is_as_expected(right, right.expected + "more\n")


@pytest.mark.parametrize("page", ["python-api.md"])
def test_python_sessions_answer_what_the_page_says(page):
    text = "\n".join(PYCON.findall((DOCS / page).read_text()))
    test = doctest.DocTestParser().get_doctest(text, {}, page, page, 0)
    assert len(test.examples) > 20
    report = []
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    runner.run(test, out=report.append)
    assert not runner.failures, "".join(report)
