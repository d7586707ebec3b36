"""The stress scenarios that a process holds accounts to: those that ship, or with a file of one's own."""

from __future__ import annotations

from pathlib import Path

from risk.stress.scenario_set import SHIPPED, ScenarioSet
from risk.stress.user_defined import BadScenario, scenario_set
from streams.settings import StreamSettings

__all__ = ["BadScenario", "read_scenarios", "scenarios"]


def scenarios(settings: StreamSettings) -> ScenarioSet:
    """As ``stress_scenarios`` says.

    :raises BadScenario: the file can't be read or is wrong; the message names it.
    """
    return read_scenarios(Path(settings.stress_scenarios)) if settings.stress_scenarios else SHIPPED


def read_scenarios(path: Path) -> ScenarioSet:
    """The scenarios of a TOML file.

    :raises BadScenario: the file can't be read or is wrong; the message names it.
    """
    try:
        return scenario_set(path.read_text(encoding="utf-8"))
    except BadScenario as error:
        raise BadScenario(f"{path}: {error}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise BadScenario(f"`stress_scenarios` is {str(path)!r}, expected a readable TOML file: {error}") from None
