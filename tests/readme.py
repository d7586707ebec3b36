"""What the README shows of the running program: ``python -m tests.readme README.md`` renews it in place."""

from __future__ import annotations

import json
import sys
from decimal import Decimal
from pathlib import Path

import msgspec

from risk.breaker import diagram
from schemas.codec import encode
from schemas.decisions import Decision
from schemas.orders import OrderRequest, OrderType
from schemas.presets import PRESETS
from schemas.tables import renew
from tests.risk.world import World


def example() -> tuple[OrderRequest, Decision]:
    """An order that is too large for its account, and what it is answered."""
    world = World(PRESETS["standard"].limits)
    world.fill("AAA", quantity=1500, price=99)
    order = world.order(
        "AAA",
        quantity=2500,
        order_id="7f3a-0001",
        order_type=OrderType.LIMIT,
        limit_price=Decimal("100.05"),
        strategy_id="momentum",
        trader_id="kim",
    )
    return order, world.judge(order)


def order_json() -> str:
    """The order as it stands on the topic."""
    return _fenced(json.loads(encode(example()[0])))


def decision_json() -> str:
    """The decision, without the checks inside its layers."""
    decision = example()[1]
    layers = tuple(msgspec.structs.replace(layer, checks=()) for layer in decision.layers)
    shown = json.loads(encode(msgspec.structs.replace(decision, layers=layers)))
    del shown["order"]
    return _fenced(shown)


def breaker_diagram() -> str:
    """The transition table as a picture."""
    return f"```mermaid\n{diagram()}\n```\n"


SECTIONS = {"order": order_json, "decision": decision_json, "breakers": breaker_diagram}


def refreshed(text: str) -> str:
    """The README with all that is generated in it made anew."""
    for name, make in SECTIONS.items():
        begin, end = f"<!-- {name}:begin -->\n", f"<!-- {name}:end -->"
        head, _, rest = text.partition(begin)
        text = head + begin + make() + end + rest.partition(end)[2]
    return renew(text)


def _fenced(value: dict[str, object]) -> str:
    lines = [f"  {json.dumps(key)}: {_value(item)}" for key, item in value.items()]
    return "```json\n{\n" + ",\n".join(lines) + "\n}\n```\n"


def _value(item: object) -> str:
    if isinstance(item, list) and item and isinstance(item[0], dict):
        return "[\n    " + ",\n    ".join(json.dumps(entry) for entry in item) + "\n  ]"
    return json.dumps(item)


if __name__ == "__main__":
    for name in sys.argv[1:]:
        Path(name).write_text(refreshed(Path(name).read_text("utf-8")), "utf-8")
