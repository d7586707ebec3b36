"""Writes the frozen v1 files anew: ``python -m tests.schemas.freeze``. Only before v1 is released, or to add types.

What is written afterwards is what older versions wrote: never run it to make a failing evolution test pass.
"""

from __future__ import annotations

from pathlib import Path

from schemas.codec import encode
from schemas.export import json_schema, render
from tests.schemas.examples import examples

GOLDEN = Path(__file__).parents[1] / "golden" / "v1"


def main() -> None:
    """Write ``samples.jsonl`` (one event a line) and ``schema.json``."""
    GOLDEN.mkdir(parents=True, exist_ok=True)
    (GOLDEN / "samples.jsonl").write_bytes(b"".join(encode(event) + b"\n" for event in examples().values()))
    (GOLDEN / "schema.json").write_bytes(render(json_schema()))


if __name__ == "__main__":
    main()
