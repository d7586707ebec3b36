"""The presets that a process judges accounts by: those that ship, or with a file of one's own."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from schemas.preset_files import BadPreset, presets
from schemas.presets import PRESETS, Preset
from streams.settings import StreamSettings
from streams.stresses import BadScenario, scenarios

__all__ = ["BadPreset", "known_presets"]


def known_presets(settings: StreamSettings) -> Mapping[str, Preset]:
    """As ``presets`` says.

    :raises BadPreset: the file can't be read or is wrong; the message names it.
    :raises BadScenario: so is that of the scenarios, which presets choose from.
    """
    if not settings.presets:
        return PRESETS
    path = Path(settings.presets)
    try:
        found = presets(path.read_text(encoding="utf-8"))
        _check_scenarios(settings, found)
    except BadScenario:
        raise
    except BadPreset as error:
        raise BadPreset(f"{path}: {error}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise BadPreset(f"`presets` is {str(path)!r}, expected a readable TOML file: {error}") from None
    return found


def _check_scenarios(settings: StreamSettings, found: Mapping[str, Preset]) -> None:
    """Whether the scenarios that presets choose are there: orders would all be refused."""
    known = scenarios(settings).names
    for name, preset in found.items():
        lacking = next((each for each in preset.stress_scenarios or () if each not in known), None)
        if lacking is not None:
            raise BadPreset(f"`{name}.stress_scenarios` names {lacking!r}, expected one of {', '.join(known)}")
