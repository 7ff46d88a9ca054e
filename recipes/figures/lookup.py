"""Finds figures in the papers' tables."""

import functools
import json
from pathlib import Path
from typing import Any

from tfnss.running.figure import Figure

PAPERS = {
    "nss": "NSS-GAN",
    "rni": "Riemannian noise injection",
    "ssd": "SSD-GAN",
    "stylegan2": "StyleGAN2",
    "r3gan": "R3GAN",
}


def figures(paper: str, table: int | None = None, **where: Any) -> tuple[Figure, ...]:
    """The figures of a paper, in the order of its tables.

    Args:
        paper: One of `PAPERS`.
        table: Number of a table; None for all.
        **where: Values of fields that they must have, such as `dataset="ffhq"` or `metric="fid"`.

    Raises:
        ValueError: If there are none.
    """
    wanted = where if table is None else {"table": table, **where}
    found = tuple(
        figure for figure in _figures(paper) if all(getattr(figure, name) == value for name, value in wanted.items())
    )
    if not found:
        raise ValueError(f"{paper} has no figures with {wanted}")
    return found


def value(paper: str, table: int, **where: Any) -> float:
    """The one number that `figures` finds, for a setting that a table tells.

    Raises:
        ValueError: If there are several, or none.
    """
    found = figures(paper, table, **where)
    if len(found) > 1:
        raise ValueError(f"{paper} has {len(found)} figures in table {table} with {where}, where one is wanted")
    return found[0].mean


@functools.cache
def _figures(paper: str) -> tuple[Figure, ...]:
    if paper not in PAPERS:
        raise ValueError(f"paper must be one of {', '.join(PAPERS)}. Received: {paper}")
    records = json.loads(Path(__file__).with_name(f"{paper}.json").read_text(encoding="utf-8"))
    return tuple(_figure(paper, **record) for record in records)


def _figure(paper: str, n_seeds: int | None = None, **record: Any) -> Figure:
    # StyleGANs and R3GAN are measured through an average of the generator. No paper speaks of one for DCGAN and SNGAN.
    averaged = record["settings"]["model"].startswith(("stylegan", "r3gan"))
    return Figure(paper=PAPERS[paper], seeds=n_seeds, averaged=averaged, **record)
