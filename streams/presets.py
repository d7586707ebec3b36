"""The presets that a process judges accounts by: those that ship, or with a file of one's own."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from schemas.preset_files import BadPreset, presets
from schemas.presets import PRESETS, Preset
from streams.settings import StreamSettings

__all__ = ["BadPreset", "known_presets"]


def known_presets(settings: StreamSettings) -> Mapping[str, Preset]:
    """As ``presets`` says.

    :raises BadPreset: the file can't be read or is wrong; the message names it.
    """
    if not settings.presets:
        return PRESETS
    path = Path(settings.presets)
    try:
        return presets(path.read_text(encoding="utf-8"))
    except BadPreset as error:
        raise BadPreset(f"{path}: {error}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise BadPreset(f"`presets` is {str(path)!r}, expected a readable TOML file: {error}") from None
