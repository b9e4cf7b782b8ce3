"""A comparison as one page: no network, light and dark, readable on a telephone and on a wall."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape
from typing import TYPE_CHECKING, Any

from emu.compare.report import shown, telling

if TYPE_CHECKING:
    from emu.compare.alignment import Pair
    from emu.compare.report import Report, Table

STYLE = """
:root { color-scheme: light dark; --ink: #1c2330; --paper: #ffffff; --soft: #f2f4f8;
  --line: #ccd3de; --quiet: #586274; --cpu: #0b6bcb; --kernel: #1a7f4b; --memory: #a8480b;
  --wrong: #b3261e; --wash: #fdecea; }
@media (prefers-color-scheme: dark) { :root { --ink: #e4e8ef; --paper: #12161d; --soft: #1b212b;
  --line: #364152; --quiet: #9aa7bb; --cpu: #6cb6ff; --kernel: #56d395; --memory: #f0a35e;
  --wrong: #ff8a80; --wash: #3a1d1b; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 84rem; padding: 1rem clamp(0.75rem, 3vw, 2.5rem) 4rem;
  background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
h1 { font-size: clamp(1.4rem, 4vw, 2.1rem); line-height: 1.2; margin: 0.5rem 0 1rem; }
h2 { font-size: 1.2rem; margin: 2.2rem 0 0.6rem; border-bottom: 1px solid var(--line); }
h3 { font-size: 1rem; margin: 1.2rem 0 0.4rem; }
code, .call, td, .word { font-family: ui-monospace, "DejaVu Sans Mono", monospace; }
code, .call { font-size: 0.86rem; overflow-wrap: anywhere; }
.findings { background: var(--soft); border-left: 4px solid var(--cpu); margin: 0;
  padding: 0.7rem 1rem 0.7rem 2rem; overflow-wrap: anywhere; }
.scroll { overflow-x: auto; border: 1px solid var(--line); border-radius: 6px; }
table { border-collapse: collapse; font-size: 0.86rem; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: 0.35rem 0.7rem;
  border-bottom: 1px solid var(--line); }
td { min-width: 9rem; max-width: 24rem; overflow-wrap: anywhere; }
thead th, tbody th { background: var(--soft); }
tbody th { position: sticky; left: 0; font-weight: 600; min-width: 8rem; max-width: 12rem; }
.chain { display: flex; flex-wrap: wrap; align-items: center; gap: 0.35rem; margin: 0.3rem 0; }
.word { border: 1.5px solid var(--line); border-radius: 5px; padding: 0.15rem 0.5rem;
  font-size: 0.82rem; background: var(--soft); overflow-wrap: anywhere; }
.word.first { border-color: var(--cpu); } .word.last { border-color: var(--kernel); }
.word.pointer { border-color: var(--memory); }
.arrow { color: var(--quiet); }
.paths { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 25rem), 1fr));
  gap: 1rem; }
.path { border: 1px solid var(--line); border-radius: 6px; padding: 0.2rem 0.9rem 0.8rem;
  min-width: 0; }
ol.steps { list-style: none; margin: 0; padding: 0; }
ol.steps li { border-left: 4px solid var(--kernel); padding: 0.25rem 0 0.25rem 0.7rem;
  margin: 0.3rem 0; font-size: 0.9rem; overflow-wrap: anywhere; }
ol.steps li.cpu { border-color: var(--cpu); }
ol.steps b { display: inline-block; } .actor { color: var(--kernel); font-size: 0.78rem; }
.cpu .actor { color: var(--cpu); }
.memory { color: var(--memory); font-size: 0.82rem; } .source { color: var(--quiet);
  font-size: 0.78rem; display: block; }
.legend { color: var(--quiet); font-size: 0.85rem; }
.bars { display: grid; grid-template-columns: max-content 1fr; gap: 0.3rem 0.7rem;
  font-size: 0.86rem; align-items: center; margin: 0.4rem 0; }
.bars span { display: flex; align-items: center; gap: 0.5rem; min-width: 0; font-weight: 600; }
.bars i { display: block; height: 1.1rem; border-radius: 3px; background: var(--cpu); }
details { border: 1px solid var(--line); border-radius: 6px; margin: 0.4rem 0;
  padding: 0.35rem 0.8rem; }
details.telling { border-color: var(--wrong); background: var(--wash); }
summary { cursor: pointer; overflow-wrap: anywhere; }
dl { display: grid; grid-template-columns: minmax(6rem, 11rem) 1fr; gap: 0.15rem 0.9rem;
  font-size: 0.86rem; margin: 0.5rem 0; }
dt { color: var(--quiet); } dd { margin: 0; overflow-wrap: anywhere; min-width: 0; }
"""
WIDEST_BAR = 82
"""Percent of the room, so that the number fits behind it."""


def page(report: Report) -> str:
    """The whole page."""
    return "".join(
        (
            '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n',
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n',
            f"<title>{escape(report.title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n",
            f"<h1>{escape(report.title)}</h1>\n",
            *findings(report.findings),
            *chains(report.chains),
            *(part for table in report.tables for part in table_html(table)),
            *bars(report.bars),
            *paths(report.steps),
            *(part for each in report.pairs for part in pairs_html(*each)),
            "</body>\n</html>\n",
        )
    )


def findings(sentences: list[str]) -> Iterator[str]:
    """What the numbers say."""
    if sentences:
        items = "".join(f"<li>{escape(sentence)}</li>" for sentence in sentences)
        yield f'<ul class="findings">{items}</ul>\n'


def chains(all_chains: list[tuple[str, list[str]]]) -> Iterator[str]:
    """The pointers that are followed, as boxes and arrows."""
    if not all_chains:
        return
    yield "<h2>What is followed on the way to the handler</h2>\n"
    yield '<p class="legend">Each box in the middle is a word of memory '
    yield "that says where to go on.</p>\n"
    for name, links in all_chains:
        label, _, instruction = name.partition(": ")
        boxes = [f'<span class="word first">{escape(instruction)}</span>']
        boxes += [f'<span class="word pointer">{escape(link)}</span>' for link in links]
        boxes.append('<span class="word last">handler</span>')
        joined = '<span class="arrow" aria-hidden="true">&#8594;</span>'.join(boxes)
        yield f'<h3>{escape(label)}</h3>\n<div class="chain">{joined}</div>\n'


def table_html(table: Table) -> Iterator[str]:
    """One table, which scrolls sideways where it is too wide."""
    yield f'<h2>{escape(table.title)}</h2>\n<div class="scroll"><table>\n<thead><tr><th></th>'
    yield "".join(f'<th scope="col">{escape(name)}</th>' for name in table.columns)
    yield "</tr></thead>\n<tbody>\n"
    for name, row in table.rows:
        cells = "".join(f"<td>{escape(cell)}</td>" for cell in row)
        yield f'<tr><th scope="row">{escape(name)}</th>{cells}</tr>\n'
    yield "</tbody></table></div>\n"


def bars(measures: list[tuple[str, list[tuple[str, float]]]]) -> Iterator[str]:
    """A diagram of bars for each measure."""
    if not measures:
        return
    yield '<h2>In numbers</h2>\n<div class="paths">\n'
    for title, values in measures:
        yield f'<div class="path"><h3>{escape(title)}</h3>\n{bar_diagram(values)}</div>\n'
    yield "</div>\n"


def bar_diagram(values: list[tuple[str, float]]) -> str:
    """One measure."""
    largest = max((value for _, value in values), default=0) or 1
    rows = []
    for label, value in values:
        width = max(1.0, WIDEST_BAR * value / largest)
        number = f"{value:g}" if value == int(value) else f"{value:.2f}"
        rows.append(
            f'<div>{escape(label)}</div><span><i style="width:{width:.1f}%"></i>{number}</span>'
        )
    return f'<div class="bars">{"".join(rows)}</div>\n'


def paths(all_steps: list[tuple[str, list[Any]]]) -> Iterator[str]:
    """Every way in, step by step, side by side where there is room."""
    if not all_steps:
        return
    yield '<h2>Step by step</h2>\n<div class="paths">\n'
    for name, steps in all_steps:
        yield f'<section class="path"><h3>{escape(name)}</h3>\n<ol class="steps">\n'
        for number, step in enumerate(steps, 1):
            yield (
                f'<li class="{step.actor}"><b>{number}. {escape(step.name)}</b> '
                f'<span class="actor">{step.actor}</span><br>{escape(step.does)}'
                f'{memory(step)}<span class="source">{escape(step.source)}</span></li>\n'
            )
        yield "</ol></section>\n"
    yield "</div>\n"


def memory(step: Any) -> str:
    """What a step does with memory."""
    facts = []
    if step.memory_reads:
        facts.append(f"reads {words(step.memory_reads)}")
    if step.memory_writes:
        facts.append(f"writes {words(step.memory_writes)}")
    if step.follows:
        facts.append(f"follows {step.follows}")
    return f'<br><span class="memory">{escape(", ".join(facts))}</span>' if facts else ""


def words(count: int) -> str:
    """``1 word``, ``5 words``."""
    return f"{count} word{'' if count == 1 else 's'}"


def pairs_html(title: str, labels: tuple[str, str], pairs: Iterable[Pair]) -> Iterator[str]:
    """Two programs' calls; those that do something else are open and marked."""
    yield f"<h2>{escape(title)}</h2>\n"
    for pair in pairs:
        mark = ' class="telling" open' if telling(pair) else ""
        yield f"<details{mark}><summary>{headline(pair, labels)}</summary>\n"
        if pair.differences:
            yield f"<dl><dt></dt><dd>{escape(labels[0])} | {escape(labels[1])}</dd>\n"
            for each in pair.differences:
                yield (
                    f"<dt>{escape(each.kind)}</dt>"
                    f"<dd><code>{escape(each.a)}</code> | <code>{escape(each.b)}</code></dd>\n"
                )
            yield "</dl>\n"
        yield "</details>\n"


def headline(pair: Pair, labels: tuple[str, str]) -> str:
    """The call, or the two that stand for each other."""
    if pair.a is None or pair.b is None:
        trap, side = (pair.a, labels[0]) if pair.a is not None else (pair.b, labels[1])
        return f'only {escape(side)}: <span class="call">{escape(shown(trap))}</span>'
    left, right = shown(pair.a), shown(pair.b)
    if left == right:
        return f'<span class="call">{escape(left)}</span>'
    return f'<span class="call">{escape(left)}</span><br><span class="call">{escape(right)}</span>'
