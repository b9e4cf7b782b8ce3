"""What mkdocs makes besides the pages of docs/: the reference, of the tables and handlers.

Links out of docs/, to samples and tests, are made links to the files' names only.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mkdocs.structure.files import File, Files

from emu.arch.abi import Abi, abi_names
from emu.cli.abi_markdown import abi_page, overview_page
from emu.cli.coverage import coverage_page

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.pages import Page

OUTWARDS = re.compile(r"\[([^\]]+)\]\((\.\./[^)]+)\)")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the reference's pages."""
    pages = {"index": overview_page(), "coverage": coverage_page()}
    pages |= {name: abi_page(Abi.load(name)) for name in abi_names()}
    for name, lines in pages.items():
        content = "\n".join(lines)
        files.append(File.generated(config, f"reference/{name}.md", content=content))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Name what is outside of the site instead of linking to it."""
    return OUTWARDS.sub(lambda link: f"{link[1]} (`{link[2].lstrip('./')}`)", markdown)
