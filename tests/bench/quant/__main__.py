"""``python -m tests.bench.quant``: a table, or ``--json``. One core: BLAS gets a single thread."""

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


def time_text(microseconds: float) -> str:
    """In the unit that fits.

    >>> time_text(0.234), time_text(1234.0), time_text(1.5e6)
    ('0.23 us', '1.23 ms', '1.50 s')
    """
    for scale, unit in ((1e6, "s"), (1e3, "ms")):
        if microseconds >= scale:
            return f"{microseconds / scale:.2f} {unit}"
    return f"{microseconds:.2f} us"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.quant", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--only", default="", metavar="TEXT", help="the cases whose name has this in it")
    options = parser.parse_args()
    os.environ.update(dict.fromkeys(_THREADS, "1"))
    measured = figures(options.only)
    if options.json:
        rows = [asdict(each) | {"ratio": each.ratio, "met": each.met} for each in measured]
        sys.stdout.write(json.dumps(rows, indent=2) + "\n")
    else:
        show(measured)


if __name__ == "__main__":
    main()
