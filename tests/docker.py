"""Whether a Docker engine could run what a test needs."""

from __future__ import annotations

import shutil
import subprocess


def docker_answers() -> bool:
    """Whether there is one, and it is awake."""
    docker = shutil.which("docker")
    if docker is None:
        return False
    try:
        return subprocess.run([docker, "info"], capture_output=True, timeout=10).returncode == 0
    except subprocess.TimeoutExpired:
        return False
