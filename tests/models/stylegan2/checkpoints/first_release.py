"""Pickles as StyleGAN2's first release (TensorFlow, 2019) writes them: its variables, and what its trainer passes."""

import math

import numpy as np

from tests.models.stylegan2.checkpoints.official import tf_discriminator, tf_generator
from tests.models.stylegan2.checkpoints.ours import our_discriminator, our_generator
from tests.models.stylegan2.checkpoints.pickles import EasyDict, Network

WIDTHS = {4: 8, 8: 4, 16: 2}  # 32 // resolution, so that a base of 16 is what the trainer's 8192 is


def network(function, arrays, settings, components=()):
    return Network(
        version=4,
        name="Gs",
        static_kwargs=EasyDict(settings),
        components=EasyDict(components),
        build_module_src="raise SystemExit",
        build_func_name=function,
        variables=list(arrays.items()),
    )


def not_growing(generator=None, discriminator=None, lod=0.0, **settings):
    """Configurations E and F; `settings` as `--config config-e-GresnetDorig` passes them."""
    own, mapping, synthesis = tf_generator(generator or our_generator(widths=WIDTHS))
    judge = tf_discriminator(discriminator or our_discriminator(widths=WIDTHS))
    own = {"lod": np.float32(lod), **own}
    return triple(own, mapping, synthesis, judge, ("G_synthesis_stylegan2", "D_stylegan2"), settings)


def growing(generator=None, discriminator=None, lod=0.0, widths=WIDTHS, **settings):
    """Configurations B, C and D, from the arrays of networks of the architecture orig."""
    own, mapping, synthesis = tf_generator(generator or our_generator("orig", widths=widths))
    judge = tf_discriminator(discriminator or our_discriminator("orig", widths=widths))
    function, lod = "G_synthesis_stylegan_revised", {"lod": np.float32(lod)}
    synthesis = lod | rgb_layers(synthesis, "ToRGB", widths, (1, 1, None, 3))
    judge = lod | rgb_layers(judge, "FromRGB", widths, (1, 1, 3, None))
    return triple(
        lod | own, mapping, synthesis, judge, (function, "D_stylegan"), {"synthesis_func": function, **settings}
    )


def rgb_layers(arrays, layer, widths, kernel):
    """The last layer to or from RGB under the name of `lod` 0, and one of each lower resolution."""
    last = max(widths)
    renamed = {name.replace(f"{last}x{last}/{layer}/", f"{layer}_lod0/"): array for name, array in arrays.items()}
    draw = np.random.default_rng(1).standard_normal
    for resolution, width in widths.items():
        lod = int(math.log2(last // resolution))
        if lod:
            shape = [size or width for size in kernel]
            renamed[f"{layer}_lod{lod}/weight"] = np.float32(draw(shape))
            renamed[f"{layer}_lod{lod}/bias"] = np.float32(draw(shape[-1]))
            if layer == "ToRGB":
                style = len(arrays["4x4/Conv/mod_weight"])
                renamed[f"{layer}_lod{lod}/mod_weight"] = np.float32(draw((style, width)))
                renamed[f"{layer}_lod{lod}/mod_bias"] = np.float32(draw(width))
    return renamed


def triple(own, mapping, synthesis, judge, functions, settings):
    """(G, D, Gs): the trained generator holds other numbers than its average."""
    architectures = {name: settings.pop(name) for name in ("G_architecture", "D_architecture") if name in settings}
    settings = {"num_channels": 3, "resolution": 16, "label_size": 0, "fmap_base": 16, **settings}

    def of(which):
        return {**settings, **({"architecture": architectures[which]} if which in architectures else {})}

    def generator(scale):
        parts = [{name: scale * array for name, array in part.items()} for part in (own, mapping, synthesis)]
        components = {
            "synthesis": network(functions[0], parts[2], of("G_architecture")),
            "mapping": network("G_mapping", parts[1], {**of("G_architecture"), "dlatent_broadcast": 6}),
        }
        return network("G_main", parts[0], of("G_architecture"), components)

    settings_of_judge = {name: value for name, value in of("D_architecture").items() if name != "synthesis_func"}
    return generator(np.float32(3)), network(functions[1], judge, settings_of_judge), generator(np.float32(1))
