"""Programs, ways in and ABIs side by side."""

import json
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

from emu.compare.abis import compare_abis
from emu.compare.alignment import aligned
from emu.compare.html import page
from emu.compare.recording import record_run
from emu.compare.report import as_data, of_abis, of_programs, of_ways
from emu.compare.text import text
from emu.compare.ways import compare_ways
from tests.support.assembled import assembled

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "samples" / "programs"


@pytest.fixture(scope="module")
def x86_64():
    return of_ways(compare_ways("x86-64", measure=False))


def facts(report):
    """Row -> column -> text, of the first table."""
    table = report.tables[0]
    return {name: dict(zip(table.columns, row, strict=True)) for name, row in table.rows}


def test_the_interrupt_and_the_instruction_lead_to_different_tables(x86_64):
    rows = facts(x86_64)
    assert rows["getpid is number"]["x86-64/int80"] == "20"
    assert rows["getpid is number"]["x86-64/syscall"] == "39"
    assert rows["table"]["x86-64/int80"] == "ia32_sys_call_table"
    assert rows["table"]["x32/syscall"] == "x32_sys_call_table"


def test_the_interrupt_cuts_a_pointer_of_64_bits(x86_64):
    row = facts(x86_64)["a pointer is cut off"]
    assert re.search(r"write: buf: 0x7fff\w{8} became 0x\w{8}; so EFAULT", row["x86-64/int80"])
    assert row["x86-64/syscall"] == "no"
    (_, _, pairs) = next(each for each in x86_64.pairs if each[0].startswith("paths"))
    write = next(pair for pair in pairs if pair.a.name == "write")
    kinds = {each.kind: (each.a, each.b) for each in write.differences}
    assert kinds["result"] == ("-1 EFAULT (Bad address)", "7")
    assert "became" in kinds["cut off"][0]


def test_the_instruction_loses_two_registers_and_bypasses_three_levels(x86_64):
    rows = facts(x86_64)
    assert rows["may change besides"]["x86-64/int80"] == "nothing"
    assert rows["changed in the samples"]["x86-64/syscall"] == "r11 rcx"
    assert rows["levels of indirection"] == {
        "x86-64/int80": "4", "x86-64/syscall": "1", "x32/syscall": "1",
    }  # fmt: skip
    assert x86_64.findings[0].startswith("syscall (x86-64/syscall) bypasses 3 levels")


@pytest.mark.parametrize("isa", ["i386", "arm", "arm64", "riscv64", "mips", "mips64el"])
def test_every_isas_ways_can_be_compared(isa):
    report = of_ways(compare_ways(isa, measure=False))
    assert report.tables[0].columns
    assert facts(report)["instructions between traps"]


def test_the_cost_of_a_trap_is_measured():
    (way,) = compare_ways("arm64").ways
    assert 0 < way.cost_us < 1000


def test_all_abis_stand_side_by_side():
    columns = {column.label: column.facts for column in compare_abis(measure=False)}
    assert len(columns) >= 16
    assert columns["arm64/svc"]["getpid is"] == "172"
    assert columns["mips-o32/syscall"]["ENOSYS"] == "89"
    assert columns["mips-o32el/syscall"]["long"] == "32 bits, little endian"
    report = text(of_abis(compare_abis(measure=False)))
    assert [line for line in report.splitlines() if len(line) > 80] == []


def test_two_programs_are_aligned_by_what_they_do():
    a = record_run(str(SAMPLES / "arm64/errors-svc"))
    b = record_run(str(SAMPLES / "mips-o32/errors-syscall"))
    assert (a.abi, b.abi) == ("arm64", "mips-o32")
    assert b"close(-1): -9" in a.output
    pairs = aligned(a.traps, b.traps)
    together = [(p.a.call, p.b.call) for p in pairs if p.a and p.b]
    assert ('write(1, "close(-1): ", 11)',) * 2 in together
    assert ('write(1, "call 999: ", 10)',) * 2 in together
    assert ("exit(0)", "exit(0)") in together
    unknown = next(p for p in pairs if p.a and p.b and p.a.number == 999)
    assert {each.kind: each.b for each in unknown.differences}["errno"] == "ENOSYS 89"
    shown = text(of_programs(a, b, pairs))
    assert "The first difference is in call 1" in shown
    assert [line for line in shown.splitlines() if len(line) > 80] == []


def test_equal_programs_differ_in_nothing(tmp_path):
    program = assembled("x86-64", "mov eax, 60; mov edi, 3; syscall", tmp_path / "three")
    a, b = record_run(program), record_run(program)
    pairs = aligned(a.traps, b.traps)
    assert [pair.differences for pair in pairs] == [()]
    assert of_programs(a, b, pairs).findings == ["All calls, arguments and results are the same."]


class Checked(HTMLParser):
    """Every element is closed, and nothing is fetched."""

    EMPTY = ("meta", "br", "i", "link", "img")

    def __init__(self):
        super().__init__()
        self.open = []
        self.words = []

    def handle_starttag(self, tag, attributes):
        assert tag not in ("script", "link", "img")
        assert not any(name in ("src", "href") for name, _ in attributes)
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)


def test_the_page_stands_alone_and_says_all_that_the_text_says(x86_64):
    html = page(x86_64)
    parser = Checked()
    parser.feed(html)
    assert parser.open == []
    assert "http" not in html and "url(" not in html
    assert "prefers-color-scheme: dark" in html
    said = " ".join(parser.words)
    for finding in x86_64.findings:
        assert finding in said
    for name, row in x86_64.tables[0].rows:
        assert name in said
        assert all(cell in said for cell in row)


def test_the_data_can_be_read_by_programs(x86_64):
    data = json.loads(json.dumps(as_data(x86_64)))
    assert data["indirections"]["x86-64/int80: int 0x80"][0] == "IDT[0x80]"
    assert data["tables"][0]["rows"]["getpid is number"] == ["20", "39", "1073741863"]


def test_the_command_writes_what_it_is_asked_for(tmp_path):
    programs = [str(SAMPLES / "x86-64" / f"hello-{way}") for way in ("int80", "syscall")]
    command = [sys.executable, "-m", "emu", "compare"]
    html, data = tmp_path / "page.html", tmp_path / "data.json"
    run = subprocess.run(
        [*command, *programs, "--html", str(html), "--json", str(data)],
        cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")
    assert html.read_text().startswith("<!DOCTYPE html>")
    assert json.loads(data.read_text())["pairs"][0]["traps"]
    wrong = subprocess.run(
        [*command, "one"], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert wrong.returncode == 2
    assert "give two programs" in wrong.stderr


@pytest.mark.parametrize("way", ["syscall", "int80"])
def test_one_programs_calls_are_led_by_either_way(way):
    own = record_run(str(SAMPLES / "x86-64" / f"hello-{way}"))
    other = {"syscall": "int80", "int80": "syscall"}[way]
    led = record_run(str(SAMPLES / "x86-64" / f"hello-{way}"), way=other)
    assert (led.output, led.status) == (own.output, own.status)
    assert {trap.way for trap in led.traps} == {other}
    assert [trap.name for trap in led.traps] == [trap.name for trap in own.traps]
    assert [trap.number for trap in led.traps] != [trap.number for trap in own.traps]


def test_what_a_detour_moved_is_given_back(tmp_path):
    code = """
        movabs rbx, 0x1122334455667788; mov edi, 1; mov eax, 39; syscall
        mov eax, 60; xor edi, edi; movabs rcx, 0x1122334455667788; cmp rbx, rcx; setne dil
        movzx edi, dil; syscall
    """
    program = assembled("x86-64", "; ".join(code.split("\n")[1:-1]), tmp_path / "kept")
    for way in ("syscall", "int80"):
        assert record_run(program, way=way).status == 0


def test_the_interrupt_cuts_the_pointer_of_a_program_that_was_written_for_the_instruction():
    program = str(SAMPLES / "x86-64" / "paths-syscall")
    a, b = (record_run(program, way=way) for way in ("syscall", "int80"))
    write = next(pair for pair in aligned(a.traps, b.traps) if pair.a.name == "write")
    kinds = {each.kind: (each.a, each.b) for each in write.differences}
    assert kinds["result"] == ("7", "-1 EFAULT (Bad address)")
    assert "became" in kinds["cut off"][1]


@pytest.mark.parametrize("way", ["int80", "sysenter"])
def test_a_shell_does_the_same_by_both_ways_of_i386(way):
    from tests.support.userland import Unavailable, root

    try:
        layer = root("i386", ["busybox-static", "base-files"])
    except Unavailable as why:
        pytest.skip(f"no i386 root: {why}")
    script = "trap 'echo caught' USR1; kill -USR1 $$; echo a | tr a b; (exit 3); echo $?"
    run = record_run("/bin/busybox", ["sh", "-c", script], layers=[str(layer)], way=way)
    assert run.output == b"caught\nb\n3\n"
    assert sum(trap.way == way for trap in run.traps) > 0.8 * len(run.traps)


def test_a_way_that_the_instruction_set_has_not_is_refused():
    from emu.kernel.detour import NoSuchWay

    with pytest.raises(NoSuchWay, match="only one way"):
        record_run(str(SAMPLES / "arm64" / "hello-svc"), way="int80")
