"""Which worker gets which partitions.

Faust's own assignor gives all topics of one count of partitions the same ones, which keeps orders, fills and commands
of a partition together; aiokafka's do not. But with standbys to place it takes nothing from workers that have no more
than their share rounded up, and one that joins may get nothing: of four partitions a third worker none. There are no
tables here, so no standbys, and as long as there are as many partitions as workers each worker has one at least.
"""

from __future__ import annotations

from typing import Any

from faust.assignor.partition_assignor import PartitionAssignor


class Assignor(PartitionAssignor):  # type: ignore[misc]
    """Faust's, without standbys. (``table_standby_replicas=0`` would choose aiokafka's round robin.)"""

    def __init__(self, app: Any, replicas: int = 0) -> None:  # noqa: ARG002 - Faust tells what is in its settings
        super().__init__(app, replicas=0)
