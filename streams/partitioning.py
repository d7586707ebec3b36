"""Kafka's default partitioner: an account's orders, fills and commands meet in the partition that it gives."""

from __future__ import annotations

from functools import lru_cache

from aiokafka.partitioner import murmur2


@lru_cache(maxsize=65_536)
def partition_of(key: str, partitions: int) -> int:
    """Where the default (murmur2) partitioner puts a key."""
    return int(murmur2(key.encode()) & 0x7FFFFFFF) % partitions
