"""The README's tables, made from the code: ``python -m schemas.tables README.md`` renews them in place."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from pathlib import Path

from schemas.json_schema import tag_of
from schemas.presets import PRESETS, SCORED
from schemas.reasons import EXPLANATIONS
from schemas.topics import TOPICS, Topic, dead_letter_name, full_name


def reasons_table() -> str:
    """All reasons in order of precedence, as a Markdown table."""
    rows = [
        (f"`{reason}`", str(what.layer or ""), "" if what.fix is None else str(what.fix), what.text)
        for reason, what in EXPLANATIONS.items()
    ]
    return _table(("reason", "layer", "FIX 103", "meaning"), rows)


def topics_table() -> str:
    """All topics with their keys, partition counts and types, as a Markdown table."""
    rows = [
        (f"`{full_name(topic)}`", topic.key, str(topic.counted_by), _types(topic), _content(topic)) for topic in TOPICS
    ]
    return _table(("topic", "key", "partitions", "types", "content"), rows)


def weights_table() -> str:
    """How the presets that ship weigh the nine layers in the score, as a Markdown table."""
    rows = [(layer, *(f"{preset.score_weights[layer]:g}" for preset in PRESETS.values())) for layer in SCORED]
    shares = tuple(f"{preset.score_worst_share:g}" for preset in PRESETS.values())
    least = tuple(f"{preset.limits.score_min:g}" for preset in PRESETS.values())
    return _table(("layer", *PRESETS), [*rows, ("share of the worst layer", *shares), ("least score", *least)])


TABLES = {"reasons": reasons_table, "topics": topics_table}


def find(name: str, text: str) -> str:
    """What stands between the markers of a table.

    :raises ValueError: the text has not exactly one pair of markers.
    """
    found = re.findall(rf"{_marker(name, 'begin')}\n(.*?){_marker(name, 'end')}", text, re.DOTALL)
    if len(found) != 1:
        begin, end = _marker(name, "begin"), _marker(name, "end")
        raise ValueError(f"found {len(found)} tables between {begin} and {end}, each on a line of its own; expected 1")
    return str(found[0])


def renew(text: str) -> str:
    """The text with both tables replaced by those of today.

    :raises ValueError: a pair of markers is missing.
    """
    for name, table in TABLES.items():
        begin = _marker(name, "begin")
        text = text.replace(f"{begin}\n{find(name, text)}", f"{begin}\n{table()}")
    return text


def _marker(name: str, end: str) -> str:
    return f"<!-- {name}:{end} -->"


def _types(topic: Topic) -> str:
    return ", ".join(f"`{tag_of(kind)}`" for kind in topic.types) or "bytes"


def _content(topic: Topic) -> str:
    letters = f"; dead letters in `{dead_letter_name(topic)}`" if topic.dead_letters else ""
    return topic.content + ("; compacted" if topic.compacted else "") + letters


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def main(arguments: list[str]) -> int:
    """Renew the tables of each named file."""
    for name in arguments:
        path = Path(name)
        path.write_text(renew(path.read_text("utf-8")), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
