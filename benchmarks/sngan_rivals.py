"""One SNGAN iteration at 32x32, five steps of D and one of G: this library, in the graph and under XLA, and PyTorch.

    python -m benchmarks.sngan_rivals [--threads 2] [--rounds 9]

The batch is 64. What is measured and how: `benchmarks.rivals`.
"""

from collections.abc import Sequence

from benchmarks.rivals import Case, run

RIVAL = "sngan_torch_rival"


def main(argv: Sequence[str] | None = None) -> None:
    cases = [Case("SNGAN-32, batch 64", "SNGAN", RIVAL, {"resolution": 32}, 64, 5)]
    run(__doc__, cases, [Case("a narrow SNGAN-32", "SNGAN", RIVAL, {"resolution": 32, "width": 1 / 16}, 4, 5)], argv)


if __name__ == "__main__":
    main()
