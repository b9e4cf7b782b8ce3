"""Fetch what the program tests run: ``make oracles``. What cannot be had is named, not hidden."""

from __future__ import annotations

import sys

from tests.support.userland import (
    ARCHITECTURES,
    PROCPS,
    PROCPS_ARCHITECTURES,
    Unavailable,
    root,
)


def main() -> int:
    missing = []
    for architecture in ARCHITECTURES:
        try:
            more = PROCPS if architecture in PROCPS_ARCHITECTURES else []
            root(architecture, ["busybox-static", "base-files", *more])
        except Unavailable as why:
            missing.append(f"{architecture}: {why}")
    print("\n".join(missing) or "all roots are there", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
