"""What a recipe is, and the settings that all of them have."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from tfnss.metrics.networks import NAMES as NETWORKS
from tfnss.resolution import IN_WORDS, METAVAR, from_text
from tfnss.running import sections
from tfnss.running.figure import Rows
from tfnss.running.file_names import BEST, CHECKPOINT
from tfnss.running.option import Option, in_section

if TYPE_CHECKING:
    import tfnss

_COMMON = (
    *in_section(
        sections.IMAGES,
        Option(
            "data",
            str,
            "data set by name, a folder or zip of images, an LSUN export, or records of `tfnss prepare`",
            metavar="DIR",
            changeable=True,
        ),
        Option(
            "mirror",
            str,
            "whether images are shown both ways, left to right and back",
            "off",
            choices=("on", "off"),
            changeable=True,
        ),
        Option(
            "cache_gb",
            float,
            "memory for images in gigabytes; more are read again each epoch",
            8.0,
            metavar="GB",
            incidental=True,
            changeable=True,
        ),
        Option("resolution", from_text, f"size of the images in pixels: {IN_WORDS}", metavar=METAVAR, of_networks=True),
    ),
    *in_section(
        sections.RUN,
        Option(
            "init",
            str,
            "start from the weights of a trained run, a run of the Hub (hf://USER/NAME), a .weights.h5 or .keras file of "
            "ours, or an official pickle of StyleGAN2, as far as they fit; settings of the networks that are not given are "
            "its own; optimizers, clock and ADA start anew",
            metavar="RUN",
            later=True,
        ),
        Option(
            "freeze_d",
            int,
            "layers of the discriminator that are not trained, counted from the image (FreezeD); for fine-tuning",
            0,
            metavar="N",
            changeable=True,
            later=True,
        ),
    ),
    *in_section(
        sections.IMAGES,
        Option(
            "channels",
            int,
            "channels that images are brought to: 1 for grey, 3 for RGB, 4 for RGBA",
            3,
            choices=(1, 3, 4),
            of_networks=True,
            later=True,
        ),
        Option(
            "background",
            str,
            "colour to lay transparent images on (white, #ff8000, ...) where --channels is 1 or 3; without it they are "
            "refused",
            metavar="COLOUR",
            changeable=True,
            later=True,
        ),
    ),
    *in_section(
        sections.RUN,
        Option(
            "batch_size",
            int,
            "images per iteration, over all devices",
            worked_out="the recipe's",
            metavar="IMAGES",
            changeable=True,
        ),
        Option(
            "kimg",
            float,
            "length of the run in thousands of real images; with --resume, a new one if it is longer",
            metavar="KIMG",
            changeable=True,
        ),
        Option("seed", int, "seed of everything random", 0, incidental=True),
        Option(
            "checkpoint_every",
            float,
            "thousands of images between checkpoints, samples and rows of the history",
            worked_out="1/20 of the run",
            metavar="KIMG",
            incidental=True,
            changeable=True,
        ),
        Option(
            "keep",
            int,
            f"checkpoints to keep: from 2 on, the last N in checkpoints/, by images seen, beside {CHECKPOINT}",
            1,
            metavar="N",
            incidental=True,
            changeable=True,
        ),
        Option(
            "keep_best",
            str,
            f"keep the checkpoint with the lowest fid of those measured, as {BEST}, and export that one at the end",
            "none",
            choices=("none", "fid"),
            incidental=True,
            changeable=True,
            later=True,
        ),
    ),
    *in_section(
        sections.MEASURING,
        Option(
            "fid_every",
            float,
            "thousands of images between measurements of FID, and one at the end; 0 for none",
            0.0,
            metavar="KIMG",
            incidental=True,
            changeable=True,
        ),
        Option("fid_images", int, "fake images to measure", 50_000, metavar="N", incidental=True, changeable=True),
        Option(
            "fid_reals",
            str,
            "most real images to measure; all for every one",
            worked_out="as many as --fid-images",
            metavar="all|N",
            incidental=True,
            changeable=True,
            later=True,
        ),
        Option(
            "fid_reference",
            str,
            "statistics to measure against, in place of the images: a file of `tfnss evaluate --save-reference`, or one of "
            "another tool, of the network --features",
            "none",
            metavar="FILE",
            incidental=True,
            changeable=True,
            later=True,
        ),
        Option(
            "features",
            str,
            "network of the FID; that of the literature is inception",
            "inception",
            choices=NETWORKS,
            incidental=True,
            changeable=True,
        ),
    ),
)


@dataclass(frozen=True)
class Recipe:
    """An experiment.

    Args:
        name: Name of its module, for `tfnss train NAME` and `python -m recipes.NAME`.
        summary: First line of `--help`.
        defaults: Defaults of the common settings `data`, `resolution`, `batch_size` and `kimg`, and of any others; None for
            those that `resolve` fills in.
        options: Its own settings.
        smoke: Settings of the toy run.
        resolve: Fills in the settings that depend on others.
        build: Compiled `tfnss.GAN` from resolved settings.
        origin: The paper that it is of, as `tfnss recipes` lists it.
        as_published: Settings of `--paper`: the paper's, where the defaults are others; None where it is of no paper.
        paper: The paper's figures, to be printed beside ours: those of a row, with the settings that they belong to, over
            the defaults.
        described: Settings of networks from what `get_config` gives of a trained generator and, or None, discriminator, for
            `--init` from a file without settings.
    """

    name: str
    summary: str
    defaults: dict[str, Any]
    options: tuple[Option, ...]
    smoke: dict[str, Any]
    resolve: Callable[[dict[str, Any]], dict[str, Any]]
    build: "Callable[[dict[str, Any]], tfnss.GAN]"
    origin: str = "others"
    as_published: dict[str, Any] | None = None
    paper: Rows = ()
    described: Callable[[Any, Any], dict[str, Any]] | None = None

    def settings(self, **given: Any) -> dict[str, Any]:
        """All settings of a run: the given ones, over the defaults."""
        return self.resolve({option.name: option.default for option in self.all_options()} | given)

    def all_options(self) -> tuple[Option, ...]:
        """The settings that make up a run, with this recipe's defaults; old runs have those of the family."""
        return tuple(
            replace(option, default=self.defaults.get(option.name, option.default), before=option.of_old_runs)
            for option in (*_COMMON, *self.options)
        )
