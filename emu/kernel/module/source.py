"""What a module's source says about it, without running it: for modinfo and dependencies."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from emu.record import field, record

MACROS = {
    "MODULE_LICENSE": "license", "MODULE_AUTHOR": "author", "MODULE_DESCRIPTION": "description",
    "MODULE_VERSION": "version", "MODULE_ALIAS": "alias", "MODULE_SOFTDEP": "softdep",
}  # fmt: skip
PARAMETERS = ("module_param", "module_param_array", "module_param_named", "module_param_cb")
EXPORTS = ("EXPORT_SYMBOL", "EXPORT_SYMBOL_GPL")


@record(frozen=False)
class Summary:
    """The fields of modinfo, and which symbols a module gives and wants."""

    fields: list[tuple[str, str]] = field(default_factory=list)
    exports: list[str] = field(default_factory=list)
    externs: list[str] = field(default_factory=list)


def summary(source: str) -> Summary:
    """Read a module's source. `SyntaxError`."""
    found = Summary()
    kinds: dict[str, str] = {}
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            for decorator in node.decorator_list:
                if isinstance(decorator, ast.Name) and decorator.id in EXPORTS:
                    found.exports.append(node.name)
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
            continue
        name, words = node.func.id, list(_words(node))
        if name in MACROS and words:
            found.fields.append((MACROS[name], words[0]))
        elif name in PARAMETERS and words:
            array = "array of " if name == "module_param_array" else ""
            kinds[words[0]] = array + (words[1] if len(words) > 1 else "")
        elif name == "MODULE_PARM_DESC" and len(words) > 1:
            found.fields.append(("parm", f"{words[0]}:{words[1]}"))
        elif name in EXPORTS:
            found.exports += words or [a.id for a in node.args[:1] if isinstance(a, ast.Name)]
        elif name == "extern" and words:
            found.externs.append(words[0])
    found.fields += [("parmtype", f"{name}:{kind}") for name, kind in kinds.items() if kind]
    return found


def _words(node: ast.Call) -> Iterator[str]:
    for argument in node.args:
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
            yield argument.value
