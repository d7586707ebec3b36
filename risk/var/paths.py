"""Random numbers and the scenario returns made of them; every draw is a function of its seed."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy import special

from risk.var.errors import VarError
from risk.var.inputs import Matrix

PATHS_MIN, PATHS_MAX = 1_000, 10_000_000
#: Numbers drawn at a time: rows are a power of two, so that Sobol's chunks stay balanced.
CHUNK_NUMBERS, CHUNK_ROWS_MIN, CHUNK_ROWS_MAX = 1 << 20, 1 << 8, 1 << 14
SAMPLINGS = ("random", "antithetic", "sobol")
DIMENSIONS_MAX = 21_201


def check_paths(paths: int, seed: int) -> None:
    """:raises VarError: too few or too many paths, or a negative seed."""
    if not PATHS_MIN <= paths <= PATHS_MAX:
        raise VarError(f"`paths` is {paths}, expected {PATHS_MIN} to {PATHS_MAX}")
    if seed < 0:
        raise VarError(f"`seed` is {seed}, expected at least 0")


def paths_drawn(paths: int, sampling: str) -> int:
    """How many are drawn: Sobol's points are balanced in powers of two only, antithetic ones come in pairs.

    >>> paths_drawn(10_000, "sobol"), paths_drawn(10_001, "antithetic")
    (16384, 10002)
    """
    if sampling == "sobol":
        return int(1 << (paths - 1).bit_length())
    return paths + paths % 2 if sampling == "antithetic" else paths


def uniforms(paths: int, dimensions: int, sampling: str, seed: int) -> Iterator[Matrix]:
    """Chunks [n, dimensions] in (0, 1), ``paths_drawn`` rows in all; an antithetic row u is followed by 1 - u.

    :raises VarError: more dimensions than Sobol's sequence has.
    """
    if sampling == "sobol":
        yield from _sobol(paths_drawn(paths, sampling), dimensions, seed)
        return
    generator = np.random.default_rng(seed)
    for count in _chunks(paths_drawn(paths, sampling), dimensions):
        if sampling == "antithetic":
            half = generator.random((count // 2, dimensions))
            yield np.concatenate([half, 1.0 - half])
        else:
            yield generator.random((count, dimensions))


def normals(paths: int, dimensions: int, sampling: str, seed: int) -> Iterator[Matrix]:
    """Chunks [n, dimensions] of independent standard normals, ``paths_drawn`` rows in all."""
    if sampling == "sobol":
        for points in uniforms(paths, dimensions, sampling, seed):
            yield special.ndtri(points)
        return
    generator = np.random.default_rng(seed)
    for count in _chunks(paths_drawn(paths, sampling), dimensions):
        if sampling == "antithetic":
            half = generator.standard_normal((count // 2, dimensions))
            yield np.concatenate([half, -half])
        else:
            yield generator.standard_normal((count, dimensions))


def factor(covariance: Matrix) -> Matrix:
    """F [N, N] with F F' = covariance, most of the variance in the first columns; singular ones included."""
    values, vectors = np.linalg.eigh(covariance)
    loads: Matrix = (vectors * np.sqrt(np.maximum(values, 0.0)))[:, ::-1]
    return loads


def student_sums(paths: int, size: int, df: float, days: int, sampling: str, seed: int) -> Iterator[Matrix]:
    """Chunks [n, size] of sums of ``days`` independent multivariate Student-t vectors, unit covariance in all.

    A t vector is a normal one times sqrt((nu - 2) / chi2_nu), the same for all its elements.
    """
    spread = np.sqrt((df - 2.0) / days)
    generator = np.random.default_rng([seed, 1])
    if sampling == "sobol":
        for points in uniforms(paths, days * (size + 1), sampling, seed):
            wide = points.reshape(len(points), days, size + 1)
            scales = spread / np.sqrt(2.0 * special.gammaincinv(0.5 * df, wide[:, :, -1]))
            yield np.einsum("nds,nd->ns", special.ndtri(wide[:, :, :-1]), scales)
        return
    for draws in normals(paths, days * size, sampling, seed):
        half = len(draws) // 2 if sampling == "antithetic" else len(draws)
        scales = spread / np.sqrt(generator.chisquare(df, (half, days)))
        if half < len(draws):
            scales = np.concatenate([scales, scales])
        yield np.einsum("nds,nd->ns", draws.reshape(len(draws), days, size), scales)


def _chunks(total: int, dimensions: int) -> Iterator[int]:
    rows = 1 << (CHUNK_NUMBERS // dimensions).bit_length() >> 1
    rows = min(max(rows, CHUNK_ROWS_MIN), CHUNK_ROWS_MAX)
    for start in range(0, total, rows):
        yield min(rows, total - start)


def _sobol(total: int, dimensions: int, seed: int) -> Iterator[Matrix]:
    if dimensions > DIMENSIONS_MAX:
        raise VarError(f"`sampling` sobol would need {dimensions} dimensions, expected at most {DIMENSIONS_MAX}")
    from scipy.stats import qmc

    engine = qmc.Sobol(dimensions, scramble=True, rng=np.random.default_rng(seed))
    tiny = np.finfo(float).tiny
    for count in _chunks(total, dimensions):
        points: Matrix = engine.random(count)
        yield np.maximum(points, tiny)
