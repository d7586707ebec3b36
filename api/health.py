"""Whether what the API shows can be relied on. Unknown counts as bad."""

from __future__ import annotations

from api.feed import FeedState
from api.settings import ApiSettings
from api.views import Health, HealthState

#: The one topic without which nothing is known.
JOURNAL = "journal"


def judge(feed: FeedState, settings: ApiSettings, now_ms: int, database_fault: str = "") -> Health:
    """The state of the feed and of the database at ``now_ms``, with a reason for everything that is not ok."""
    down: list[str] = []
    degraded: list[str] = []
    for topic, fault in feed.faults.items():
        (down if topic == JOURNAL else degraded).append(f"{topic}: {fault}")
    silent_s = None if feed.heard_ms is None else max(0.0, (now_ms - feed.heard_ms) / 1000)
    if silent_s is None:
        down.append("nothing was heard of a worker yet")
    elif silent_s > settings.silence_down_s:
        down.append(f"no worker was heard of for {silent_s:.0f} s")
    elif silent_s > settings.silence_s:
        degraded.append(f"no worker was heard of for {silent_s:.0f} s")
    if not feed.caught_up:
        degraded.append(f"the feed still reads the past, {feed.lag} records behind")
    elif feed.lag > settings.lag_max:
        degraded.append(f"the feed is {feed.lag} records behind")
    if database_fault:
        degraded.append(f"the database can't be read: {database_fault}")
    status = HealthState.DOWN if down else HealthState.DEGRADED if degraded else HealthState.OK
    return Health(status=status, reasons=down + degraded)
