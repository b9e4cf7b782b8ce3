"""One program's run: its traps, its output, its end."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from emu.kernel.detour import detours_to
from emu.machine import Config, Machine
from emu.record import record
from emu.trace.traps import TrapRecorder

if TYPE_CHECKING:
    from emu.machine import Bind
    from emu.trace.filter import Filter
    from emu.trace.traps import Trap

NULL = os.devnull


@record
class Recording:
    """What a program did on a machine of its own."""

    label: str
    abi: str
    traps: list[Trap]
    output: bytes
    status: int

    @property
    def ways(self) -> list[str]:
        """The trap instructions that it used, in order of their first use."""
        return list(dict.fromkeys(trap.path.instruction for trap in self.traps))

    @property
    def instructions(self) -> int:
        """All guest instructions up to the last trap."""
        return sum(trap.instructions for trap in self.traps)


def record_run(
    program: str,
    arguments: Sequence[str] = (),
    *,
    label: str = "",
    layers: Sequence[str] = (),
    binds: Sequence[Bind] = (),
    env: Mapping[str, str] | None = None,
    filtered: Filter | None = None,
    way: str = "",
) -> Recording:
    """Run a program on a machine that does the same every time, and record its traps.

    With a `way` all its calls go by that one. `NoSuchWay` if its instruction set has none such.
    """
    config = Config(layers=layers, binds=binds, deterministic=True, count_instructions=True)
    machine = Machine(config)
    traps: list[Trap] = []
    machine.watch(TrapRecorder(traps.append, filtered))
    reader, writer = os.pipe()
    null = os.open(NULL, os.O_RDONLY)
    output = bytearray()

    def drain() -> None:
        output.extend(os.read(reader, 1 << 16))

    try:
        os.set_blocking(reader, False)
        machine.watch_host(reader, drain)
        argv = [program, *arguments]
        task = machine.spawn(program, argv, env=env, stdio=(null, writer, writer))
        abi = task.image_abi
        if way:
            for detour in detours_to(abi.isa.name, way):
                machine.lead(detour)
        machine.run_until_end_of(task)
        rest = True
        while rest:
            try:
                rest = bool(chunk := os.read(reader, 1 << 16))
                output.extend(chunk)
            except BlockingIOError:
                break
    finally:
        for descriptor in (reader, writer, null):
            os.close(descriptor)
    name = f"{abi.name}{'el' if abi.isas[0] != abi.isa.name else ''}"
    return Recording(
        label or " ".join([short(program), *arguments, *([f"({way})"] if way else [])]),
        name,
        traps,
        bytes(output),
        task.exit_status or 0,
    )


def short(program: str) -> str:
    """A program's name with its folder's."""
    return "/".join(program.split("/")[-2:])
