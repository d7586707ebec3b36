"""``riskstream topics create | verify``: what contradicts the journal rule is refused, and the exit code says so."""

from __future__ import annotations

import json

from riskstream.cli.codes import Code
from streams.settings import StreamSettings
from streams.topics import required_topics
from tests.cli.conftest import Cli


def test_what_is_unknown_is_refused(settings: StreamSettings, cli: Cli) -> None:
    """The embedded broker tells no settings: that is a refusal, until it is allowed."""
    result = cli("topics", "verify", "--json")
    assert result.exit_code == Code.REFUSED
    assert "unknown; --allow-unknown accepts" in result.stderr
    rows = json.loads(result.stdout)
    assert {row["topic"] for row in rows} == set(required_topics(settings))
    assert {row["verdict"] for row in rows} == {"ok", "weak", "unknown"}
    allowed = cli("topics", "verify", "--allow-unknown")
    assert allowed.exit_code == Code.OK
    assert "should be" in allowed.stdout


def test_other_partition_counts_are_refused(cli: Cli) -> None:
    """A deployment with another partition count than the topics: verify and create refuse, whatever is allowed."""
    for command in ("verify", "create"):
        result = cli("topics", command, "--allow-unknown", env={"RISKSTREAM_PARTITIONS": "5"})
        assert result.exit_code == Code.REFUSED, result.output
    assert "risk.orders.v1 has 4 partitions, expected 5" in result.stderr


def test_missing_topics_are_refused(cli: Cli) -> None:
    """Topics that are not there are named as missing."""
    result = cli("topics", "verify", "--allow-unknown", "--json", env={"RISKSTREAM_PREFIX": "other"})
    assert result.exit_code == Code.REFUSED
    assert {row["verdict"] for row in json.loads(result.stdout)} == {"missing"}
    assert cli("topics", "list", env={"RISKSTREAM_PREFIX": "other"}).exit_code == Code.REFUSED
    assert cli("topics", "list").exit_code == Code.OK


def test_create_makes_nothing_where_all_is_there(cli: Cli) -> None:
    """A second run makes nothing; what the broker does not tell must be allowed."""
    refused = cli("topics", "create")
    assert refused.exit_code == Code.REFUSED
    assert "settings are unknown, as `riskstream topics verify` lists them (--allow-unknown accepts)" in refused.stderr
    assert len(refused.stderr) < 200
    result = cli("topics", "create", "--allow-unknown")
    assert (result.exit_code, result.stdout.strip()) == (Code.OK, "every topic is there")
