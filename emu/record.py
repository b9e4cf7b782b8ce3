"""Small classes declared by their fields, for the modules that every start imports.

The declaration is that of `dataclasses`, whose own cost at import (it compiles up to six functions
for each class, and imports `inspect`) was a third of the start of ``emu run``. Here a class costs
next to nothing until its first instance, for which one function is compiled.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, dataclass_transform, overload

Class = TypeVar("Class", bound=type)
Instance = TypeVar("Instance")

_MISSING: Any = object()


class _Field:
    """What a class says of one field."""

    def __init__(
        self, default: object, default_factory: Callable[[], object], compare: bool, repr: bool
    ) -> None:
        self.default = default
        self.factory = default_factory
        self.compare = compare
        self.repr = repr


def field(
    *,
    default: Any = _MISSING,
    default_factory: Callable[[], Any] = _MISSING,
    compare: bool = True,
    repr: bool = True,
) -> Any:
    """A field with more to say than its default, as in `dataclasses`."""
    return _Field(default, default_factory, compare, repr)


@overload
def record(cls: Class, /) -> Class: ...
@overload
def record(*, frozen: bool = True, eq: bool = True) -> Callable[[Class], Class]: ...
@dataclass_transform(frozen_default=True, eq_default=True, field_specifiers=(field,))
def record(cls: type | None = None, /, *, frozen: bool = True, eq: bool = True) -> Any:
    """Give a class its ``__init__``, ``__repr__`` and equality by value, from its annotations.

    `frozen` instances have a hash; that nobody changes them is the type checker's to see. Without
    `eq` two instances are equal only if they are the same.
    """
    if cls is None:
        return lambda later: _make(later, frozen, eq)
    return _make(cls, frozen, eq)


def replace(instance: Instance, /, **changes: Any) -> Instance:
    """A copy with other values in some fields."""
    values = {name: getattr(instance, name) for name in _fields(type(instance))}
    return type(instance)(**values | changes)


def _make(cls: type, frozen: bool, eq: bool) -> type:
    fields = dict(getattr(cls, "__record_fields__", ()))
    for name, annotation in vars(cls).get("__annotations__", {}).items():
        if "ClassVar" not in str(annotation):
            said = cls.__dict__.get(name, _MISSING)
            fields[name] = said if isinstance(said, _Field) else _Field(said, _MISSING, True, True)
    made: dict[str, Any] = {"__record_fields__": fields, "__match_args__": tuple(fields)}
    made["__init__"] = _init_when_called(cls, fields)
    if "__repr__" not in cls.__dict__:
        made["__repr__"] = _repr
    if eq:
        made["__eq__"] = _eq
        made["__hash__"] = _hash if frozen else None
    for name, value in made.items():
        setattr(cls, name, value)
    return cls


def _init_when_called(cls: Any, fields: dict[str, _Field]) -> Callable[..., None]:
    def __init__(self: Any, *args: Any, **named: Any) -> None:
        cls.__init__ = _compile_init(cls, fields)
        cls.__init__(self, *args, **named)

    return __init__


def _compile_init(cls: type, fields: dict[str, _Field]) -> Callable[..., None]:
    parameters, body, objects = [], [], {"missing": _MISSING}
    for name, said in fields.items():
        value = name
        if said.default is not _MISSING:
            objects[f"default_{name}"] = said.default
            parameters.append(f"{name}=default_{name}")
        elif said.factory is not _MISSING:
            objects[f"make_{name}"] = said.factory
            parameters.append(f"{name}=missing")
            value = f"make_{name}() if {name} is missing else {name}"
        else:
            parameters.append(name)
        body.append(f" self.{name} = {value}")
    source = f"def __init__(self, {', '.join(parameters)}):\n" + "\n".join(body or [" pass"])
    exec(compile(source, f"<fields of {cls.__qualname__}>", "exec"), objects)
    init: Callable[..., None] = objects["__init__"]
    return init


def _fields(cls: Any) -> dict[str, _Field]:
    fields: dict[str, _Field] = cls.__record_fields__
    return fields


def _compared(instance: object) -> tuple[Any, ...]:
    fields = _fields(type(instance))
    return tuple(getattr(instance, name) for name, said in fields.items() if said.compare)


def _eq(self: object, other: object) -> Any:
    if type(other) is not type(self):
        return NotImplemented
    return _compared(self) == _compared(other)


def _hash(self: object) -> int:
    return hash(_compared(self))


def _repr(self: object) -> str:
    shown = [name for name, said in _fields(type(self)).items() if said.repr]
    values = ", ".join(f"{name}={getattr(self, name)!r}" for name in shown)
    return f"{type(self).__qualname__}({values})"
