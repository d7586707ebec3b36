"""``python -m tests.bench.quant``: a table and the aims held or missed, or ``--json``. One core: BLAS gets a single
thread."""

from __future__ import annotations

import argparse
import json
import os
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.bench.quant.timing import Figure

#: Read when numpy is first imported, which is why all imports of it are below.
_THREADS = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS")


def figures(wanted: str) -> list[Figure]:
    """Of every case whose name has the text in it."""
    from tests.bench.quant import estimators, stress, var
    from tests.bench.quant.timing import measure

    found = []
    for case in (*estimators.cases(), *var.cases(), *stress.cases()):
        if wanted in case.name:
            sys.stderr.write(f"{case.name} ...\n")
            found.append(measure(case))
    return found


def show(measured: list[Figure]) -> None:
    """As a table."""
    from rich.console import Console
    from rich.table import Table

    from tests.bench.quant.timing import time_text

    table = Table("calculation", box=None, header_style="dim")
    for heading in ("time", "aim", "naive", "ratio"):
        table.add_column(heading, justify="right")
    table.add_column("naive is")
    for each in measured:
        style = "red" if each.met is False else ""
        aim = "-" if each.aim_us is None else time_text(each.aim_us)
        row = (time_text(each.quick_us), aim, time_text(each.naive_us), f"{each.ratio:,.1f}x")
        table.add_row(each.name, *row, each.against, style=style)
    Console(width=None if sys.stdout.isatty() else 140).print(table)


def main() -> int:
    """Measure and print; 1 if ``--strict`` and an aim is missed."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.quant", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--only", default="", metavar="TEXT", help="the cases whose name has this in it")
    parser.add_argument("--strict", action="store_true", help="end with exit code 1 if an aim is missed")
    options = parser.parse_args()
    os.environ.update(dict.fromkeys(_THREADS, "1"))
    measured = figures(options.only)
    from tests.bench.quant.aims import missed, show_aims

    if options.json:
        rows = [asdict(each) | {"ratio": each.ratio, "met": each.met} for each in measured]
        sys.stdout.write(json.dumps(rows, indent=2) + "\n")
    else:
        show(measured)
        show_aims(measured)
    return int(options.strict and bool(missed(measured)))


if __name__ == "__main__":
    sys.exit(main())
