"""The NSS-GAN paper's tables as the DCGAN recipes take them: tunings from table 3, figures from tables 4 and 2."""

from typing import Any

from recipes.families.dcgan import METHODS, Tuning
from recipes.figures import figures
from tfnss.running.figure import Figure, Rows


def tunings(dataset: str) -> dict[str, Tuning]:
    """Table 3 for a data set, by method."""
    found = {
        method: {figure.metric: figure.mean for figure in figures("nss", 3, dataset=dataset, method=method)}
        for method in METHODS
    }
    return {method: Tuning(row["eta"], row["beta_1"], row.get("lambda")) for method, row in found.items()}


def rows(dataset: str) -> Rows:
    """Tables 4 and 2 for a data set, as `Recipe.paper` takes them."""
    found: list[tuple[dict[str, Any], tuple[Figure, ...]]] = [
        ({"method": method}, figures("nss", 4, dataset=dataset, method=method)) for method in METHODS
    ]
    for figure in figures("nss", 2, dataset=dataset):
        stated = figure.settings
        settings = {"method": figure.method, "learning_rate": stated["eta"], "beta_1": stated["beta_1"]}
        time = {"initial_time": float(stated["T"])} if stated["T"] else {}
        found.append((settings | time, (figure,)))
    return found
