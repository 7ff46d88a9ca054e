"""NSS-GAN, table 3: the search for learning rate (eta), beta_1 and penalty weight (lambda) by the mean FID.

    python -m recipes.nss_table3 --miniature

The paper does not print its grid: this one holds the values that won somewhere in its table.
"""

import itertools
from typing import Any

from recipes.families.tables import LAST_WEIGHTS, NSS_DATASETS, NSS_METHODS, small_dcgan
from recipes.figures import figures
from tfnss.running.table.command_line import main_of
from tfnss.running.table.declaration import Cell, Table

_RATES, _BETAS, _WEIGHTS = (0.5e-4, 1e-4, 2e-4, 5e-4, 10e-4), (0.3, 0.4, 0.5), (1.0, 5.0, 10.0, 20.0)
_SMALL_RATES, _SMALL_BETAS = (2e-4, 5e-4, 10e-4), (0.4, 0.5)
_PENALIZED = ("gan-gr", "wgan-gp", "dragan")
_SETTINGS = {"eta": "learning_rate", "beta_1": "beta_1", "lambda": "penalty_weight"}


def _grid(method: str) -> list[dict[str, float]]:
    pairs = [{"eta": rate, "beta_1": beta} for rate, beta in itertools.product(_RATES, _BETAS)]
    return [pair | {"lambda": weight} for pair in pairs for weight in _WEIGHTS] if method in _PENALIZED else pairs


def _settings(method: str, tried: dict[str, float]) -> dict[str, Any]:
    return {"method": method, **LAST_WEIGHTS, **{_SETTINGS[name]: value for name, value in tried.items()}}


def _small(method: str, tried: dict[str, float]) -> Cell:
    whole = small_dcgan(NSS_METHODS[method], **_settings(method, tried))
    return Cell(whole.row, whole.column, whole.recipe, whole.settings, tried=tried)


TABLE = Table(
    name="nss_table3",
    summary="NSS-GAN, table 3: learning rate, beta_1 and penalty weight of each method with the least mean FID.",
    cells=[
        Cell(
            NSS_METHODS[method],
            column,
            recipe,
            _settings(method, tried),
            figures("nss", 3, dataset=dataset, method=method),
            tried,
        )
        for dataset, (column, recipe) in NSS_DATASETS.items()
        for method in NSS_METHODS
        for tried in _grid(method)
    ],
    miniature=[
        _small(method, {"eta": rate, "beta_1": beta})
        for method in ("gan", "ss", "nss")
        for rate, beta in itertools.product(_SMALL_RATES, _SMALL_BETAS)
    ],
    seeds=20,
    small_seeds=2,
    remarks=[
        "The least of many means is too low by chance: measure the winner again with fresh seeds before it is compared.",
        "A setting under which a seed fails comes after all under which none does; of equal ones the first stands.",
    ],
)

if __name__ == "__main__":
    main_of(TABLE.name)
