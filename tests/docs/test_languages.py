"""The journal rule in Java and Go says of a recorded log what the project's own reader says."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

from streams.journal import Header, Kind, Reader, decode_header
from tests.docs.recorded import PARTITIONS, SAMPLE_SEED, effective, recorded, text

READERS = Path(__file__).parents[2] / "docs/readers"
SEEDS = range(50)
TIMEOUT_S = 240
Lines = list[tuple[int, int, bytes]]


class Language(NamedTuple):
    """Its program, the environment variable that makes it obligatory, and how its reader is built and run."""

    program: str
    required: str
    build: Sequence[str]
    run: Sequence[str]


LANGUAGES = {
    "java": Language("java", "RISKSTREAM_REQUIRE_JAVA", (), ("java", str(READERS / "java/Reader.java"))),
    "go": Language(
        "go", "RISKSTREAM_REQUIRE_GO", ("go", "build", "-o", "reader", str(READERS / "go/reader.go")), ("./reader",)
    ),
}
Read = Callable[[Path], "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module", params=LANGUAGES)
def read(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Read:
    """Runs a language's reader on a file."""
    language, folder = LANGUAGES[request.param], tmp_path_factory.mktemp("reader")
    if shutil.which(language.program) is None:
        print(f"no {language.program} on this machine")
        if os.environ.get(language.required):
            pytest.fail(f"no {language.program}, and {language.required} is set")
        pytest.skip(f"no {language.program} on this machine")
    environment = os.environ | {"GOTOOLCHAIN": "local", "GOFLAGS": "", "GO111MODULE": "off"}

    def run(command: Sequence[str]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=TIMEOUT_S)

    if language.build:
        built = run(language.build)
        assert built.returncode == 0, built.stderr
    return lambda file: run((*language.run, str(file)))


def written(path: Path, lines: Lines) -> Path:
    """A recorded log as a file."""
    file = path / "recorded.log"
    file.write_text(text(lines))
    return file


def test_the_logs_have_what_goes_wrong() -> None:
    """Each log has effective and void records and claims of both kinds, so a reader that is wrong is found."""
    for seed in SEEDS:
        lines = recorded(seed)
        kinds = [decode_header(header).kind for _, _, header in lines]
        counted = effective(lines).count("\n")
        assert counted > 10
        assert len(kinds) - kinds.count(Kind.CLAIM) - counted > 10
        assert kinds.count(Kind.CLAIM) > 5


@pytest.mark.parametrize(
    "wrong",
    [
        lambda reader, header: header.epoch == reader.epoch and header.seq == reader.seq + 1,
        lambda reader, header: (header.owner, header.epoch) == (reader.owner, reader.epoch),
        lambda reader, header: (
            (header.owner, header.epoch, header.seq) == (reader.owner or bytes(16), reader.epoch, reader.seq + 1)
        ),
    ],
    ids=["owner", "seq", "owner of zeros"],
)
def test_a_wrong_rule_is_found(wrong: Callable[[Reader, Header], bool]) -> None:
    """A reader that forgets one of the comparisons differs from the right one on these logs."""

    def differs(seed: int) -> bool:
        readers = [Reader() for _ in range(PARTITIONS)]
        for partition, offset, raw in recorded(seed):
            reader, header = readers[partition], decode_header(raw)
            expected = wrong(reader, header)
            if reader.effective(offset, header) != expected and header.kind is not Kind.CLAIM:
                return True
        return False

    assert any(differs(seed) for seed in SEEDS)


def test_the_sample_is_up_to_date() -> None:
    """The log in the documents is the one that this version records."""
    sample = (READERS / "sample.log").read_text("ascii")
    assert sample == text(recorded(SAMPLE_SEED)), "run `python -m tests.docs.recorded > docs/readers/sample.log`"


def test_it_says_what_the_python_reader_says(read: Read, tmp_path: Path) -> None:
    """The same effective records, over zombies, races, gaps and repeated batches."""
    lines = [
        (seed * PARTITIONS + partition, offset, header)
        for seed in SEEDS
        for partition, offset, header in recorded(seed)
    ]
    result = read(written(tmp_path, lines))
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout == effective(lines)


def replaced(lines: Lines, at: int, change: Callable[[bytes], bytes]) -> Lines:
    partition, offset, header = lines[at]
    return [*lines[:at], (partition, offset, change(header)), *lines[at + 1 :]]


@pytest.mark.parametrize(
    "change",
    [lambda header: b"\x02" + header[1:], lambda header: header[:1] + b"\x09" + header[2:], lambda header: header[:-1]],
    ids=["version", "kind", "short"],
)
def test_it_stops_at_what_it_does_not_know(read: Read, tmp_path: Path, change: Callable[[bytes], bytes]) -> None:
    """Another version, kind or length: stop with an error, and guess nothing."""
    result = read(written(tmp_path, replaced(recorded(0), 30, change)))
    assert result.returncode != 0
    assert "another version" in result.stderr


@pytest.mark.parametrize(("schema_version", "code"), [(1, 0), (2, 1)])
def test_it_stops_at_a_claim_of_a_later_schema(read: Read, tmp_path: Path, schema_version: int, code: int) -> None:
    """Bodies that follow an effective claim of a later version can't be understood; a void one says nothing."""
    claim = {"type": "claim", "partitions": 2, "code_version": "9", "schema_version": schema_version}
    log = recorded(0)
    first = next(
        at for at, (_, offset, raw) in enumerate(log) if Reader().effective(offset, decode_header(raw))
    )  # in an empty journal
    lines = text(log).splitlines()
    lines[first] += " " + json.dumps(claim).encode().hex()
    (tmp_path / "recorded.log").write_text("\n".join(lines))
    result = read(tmp_path / "recorded.log")
    assert bool(result.returncode) == bool(code)
    assert ("another version" in result.stderr) == bool(code)


def test_it_stops_at_a_gap(read: Read, tmp_path: Path) -> None:
    """A record that is missing may have been a claim: stop with an error."""
    lines = recorded(0)
    result = read(written(tmp_path, lines[:30] + lines[31:]))
    assert result.returncode != 0
    assert "needed" in result.stderr
