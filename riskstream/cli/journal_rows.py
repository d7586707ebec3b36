"""A journal record in one line, effective or void."""

from __future__ import annotations

from typing import Any

import msgspec

from schemas.times import moment
from streams.journal import Kind
from streams.processor import INPUTS
from streams.ranges import Judged


def row_of(record: Judged) -> dict[str, Any]:
    """What its header says, and what identifies its body. A claim has no seq, but the epoch that it follows."""
    is_claim = record.header.kind is Kind.CLAIM
    header, source, told = record.header, record.header.source, _told(record.payload)
    return {
        "partition": record.partition,
        "offset": record.offset,
        "timestamp_ms": record.timestamp_ms,
        "effective": record.effective,
        "kind": header.kind.name.lower(),
        "epoch": header.epoch,
        "owner": header.owner.hex(),
        "seq": None if is_claim else header.seq,
        "previous_epoch": header.seq if is_claim else None,
        "source": [INPUTS[source.input].name, source.first, source.last] if source is not None else None,
        "order_id": told.get("order_id"),
        "status": told.get("status"),
        "reason": told.get("reason"),
        "type": told.get("type"),
    }


def _told(payload: bytes) -> dict[str, Any]:
    """What the body says; of one that can't be read, nothing."""
    try:
        told = msgspec.json.decode(payload)
    except msgspec.DecodeError:
        return {}
    return told if isinstance(told, dict) else {}


def text_of(row: dict[str, Any]) -> str:
    """The same for people, in one line."""
    source = f"{row['source'][0]}@{row['source'][1]}-{row['source'][2]}" if row["source"] else "-"
    said = [row["type"], row["order_id"], row["status"], row["reason"]]
    place = f"seq {row['seq']}" if row["seq"] is not None else f"after {row['previous_epoch']}"
    cells = [
        moment(max(0, row["timestamp_ms"]) * 1_000_000),
        f"{row['partition']}@{row['offset']}",
        "effective" if row["effective"] else "VOID     ",
        f"{row['kind']:8}",
        f"epoch {row['epoch']}",
        place,
        source,
        *(str(each) for each in said if each),
    ]
    return "  ".join(cells)
