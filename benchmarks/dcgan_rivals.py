"""One DCGAN iteration of this library, in the graph and under XLA, and of PyTorch, with equal threads.

    python -m benchmarks.dcgan_rivals [--threads 2] [--rounds 9]

DCGAN-64 at batch 128, and the network and batch of `recipes.dcgan_photos`. What is measured and how: `benchmarks.rivals`.
"""

from collections.abc import Sequence

from benchmarks.rivals import Case, run
from benchmarks.sizes import main_job

RIVAL = "dcgan_torch_rival"


def main(argv: Sequence[str] | None = None) -> None:
    network, batch = main_job()
    cases = [
        Case("DCGAN-64, batch 128", "DCGAN", RIVAL, {"resolution": 64}, 128),
        Case(f"DCGAN of the main job, batch {batch}", "DCGAN", RIVAL, network, batch),
    ]
    run(__doc__, cases, [Case("a small DCGAN", "DCGAN", RIVAL, {"resolution": 16, "base_width": 4}, 4)], argv)


if __name__ == "__main__":
    main()
