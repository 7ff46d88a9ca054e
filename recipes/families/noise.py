"""The setting of noise injection in the generator, for every family."""

from tfnss.running.option import Option

NOISES = {"plain": None, "eni": "euclidean", "rni": "riemannian"}


def noise_option(default: str, in_name: bool = False) -> Option:
    """Which noise is injected; `NOISES` has what the models call it."""
    return Option(
        "noise",
        str,
        "noise injection in the generator: none (plain), Euclidean (eni) or Riemannian (rni)",
        default,
        choices=tuple(NOISES),
        in_name=in_name,
        of_networks=True,
    )
