"""Whether the discriminators of models see high frequencies (SSD-GAN, figure 2).

    tfnss analyse ssd_discriminator_blindness runs/00000-dcgan_photos-gan

The amplitudes of all frequencies from a radius on are scaled in real images, and the discriminator's mean logit is shown by
radius and factor. A curve that keeps to the unscaled images' mean tells of frequencies that the discriminator does not see,
so that no generator learns them from it. The mean on samples gives the measure of a difference. The discriminator is asked
as in inference, of the images themselves: without the augmentation and the view of its training, and without a spectral
classifier. The paper takes 1,000 images, and gives neither its factors nor its radii.
"""

import functools
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

import tfnss
from tfnss.console import check_range, floats, integers
from tfnss.running.analysis.command_line import main_of
from tfnss.running.analysis.declaration import Analysis, Found
from tfnss.running.analysis.model import Model
from tfnss.running.analysis.reals import Reals, discriminating, floats_of
from tfnss.running.analysis.work import Work
from tfnss.running.option import Option

_FACTORS = (0.0, 0.5, 2.0, 4.0)


def _check(given: Mapping[str, Any]) -> None:
    check_range(given, "images", 1)
    if not all(0 <= factor < float("inf") for factor in given["factors"] or ()):
        raise ValueError(f"--factors must be finite and at least 0. Received: {given['factors']}")


def _analyse(models: Sequence[Model], given: Mapping[str, Any], work: Work) -> Found:
    from tfnss.training.shares import check_batch_size

    factors = given["factors"] or _FACTORS
    radii = {model.name: _radii(model, given["radii"]) for model in models}
    for model in models:
        check_batch_size(given["batch_size"], 1, 1, model.discriminator)
    found = {model.name: _responses(model, radii[model.name], factors, given, work) for model in models}
    panels, told = {}, []
    for name, answers in found.items():
        title = f" of {name}" if len(models) > 1 else ""
        told.append(
            f"Mean logit of the discriminator{title} on {answers['images']} real images, scaled from a radius on:"
        )
        told.append(" ".join(["radius", *(f"x {factor:g}".rjust(10) for factor in factors)]))
        for radius, means in zip(radii[name], answers["scaled"].T, strict=True):
            told.append(" ".join([f"{radius:6}", *(f"{mean:10.5g}" for mean in means)]))
        told.append(
            f"On the same images as they are: {answers['reals']:.5g}. On as many samples: {answers['samples']:.5g}."
        )
        curves = {
            f"x {factor:g}": (radii[name], means) for factor, means in zip(factors, answers["scaled"], strict=True)
        }
        panels[name] = curves, {"real images as they are": answers["reals"], "samples": answers["samples"]}
    numbers = {name: {"radii": radii[name], "factors": factors, **answers} for name, answers in found.items()}
    draw = functools.partial(
        tfnss.plots.save_panels, panels, "least radius of the scaled frequencies", "mean logit of the discriminator"
    )
    return Found(numbers, told, draw)


def _radii(model: Model, given: Sequence[int] | None) -> list[int]:
    from tfnss.layers.spectrum import radii as radii_of

    height, width, _ = model.image_shape
    if given is None:
        return np.unique(np.linspace(1, min(height, width) // 2, 8).round().astype(int)).tolist()
    highest = int(radii_of(height, width).max())
    if not all(0 <= radius <= highest for radius in given):
        raise ValueError(f"--radii must lie in [0, {highest}] for images of {width}x{height}. Received: {given}")
    return list(given)


def _responses(
    model: Model, radii: Sequence[int], factors: Sequence[float], given: Mapping[str, Any], work: Work
) -> dict[str, Any]:
    """Mean logits of the scaled reals `[factors, radii]`, of the reals as they are and of samples; number of images."""
    from tfnss.generators import labels_in_turn, one_hot

    reals, classes = Reals(model, given, given["images"], labels=bool(model.classes)), model.classes
    labels: list[Any] = [None, None]
    if classes:
        labels = [one_hot(reals.labels, classes), labels_in_turn(0, len(reals), classes)]
    ask = functools.partial(_means, model, count=len(reals), batch_size=given["batch_size"], work=work)
    scaled, real = ask(reals.batches(given["batch_size"]), labels[0], radii=radii, factors=factors)
    _, sample = ask(model.batches(len(reals), given["seed"], given["batch_size"]), labels[1])
    return {"scaled": scaled, "reals": real, "samples": sample, "images": len(reals)}


def _means(
    model: Model,
    batches: Iterable[np.ndarray],
    labels: Any,
    count: int,
    batch_size: int,
    work: Work,
    radii: Sequence[int] = (),
    factors: Sequence[float] = (),
) -> tuple[np.ndarray, float]:
    """`discriminator_response` of a model's discriminator to uint8 images and their one-hot labels, if there are any."""
    discriminate = discriminating(model.discriminator, batch_size)
    changed, unchanged, start = np.zeros((len(factors), len(radii))), 0.0, 0
    for images in work.track(batches, f"discriminating, {model.name}", -(-count // batch_size)):
        batch = slice(start, start + len(images))
        judge = discriminate if labels is None else functools.partial(discriminate, labels=labels[batch])
        share = len(images) / count
        means, mean = tfnss.metrics.discriminator_response(judge, floats_of(images), radii, factors, batch_size)
        changed, unchanged, start = changed + share * means, unchanged + share * mean, batch.stop
    return changed, unchanged


ANALYSIS = Analysis(
    name="ssd_discriminator_blindness",
    summary="Show which frequencies a discriminator sees (SSD-GAN, figure 2).",
    analyse=_analyse,
    origin="SSD-GAN",
    picture="blindness",
    options=(
        Option("images", int, "most real images, and as many samples", 1000, metavar="N"),
        Option("factors", floats, "factors of the amplitudes", worked_out=",".join(f"{f:g}" for f in _FACTORS)),
        Option("radii", integers, "least radii, in cycles per shorter side", worked_out="8 from 1 to half of it"),
    ),
    needs=("discriminator",),
    reals=True,
    batch_size=16,
    check=_check,
    smoke={"images": 8, "batch_size": 8},
)

if __name__ == "__main__":
    main_of(ANALYSIS.name)
