"""Pickles as StyleGAN2's first release (TensorFlow, 2019) writes them: its variables, and what its trainer passes."""

import math

import numpy as np

from tests.models.stylegan2.checkpoints.official import rotated, tf_discriminator, tf_generator
from tests.models.stylegan2.checkpoints.ours import our_discriminator, our_generator
from tests.models.stylegan2.checkpoints.pickles import EasyDict, Network

WIDTHS = {4: 8, 8: 4, 16: 2}  # 32 // resolution, so that a base of 16 is what the trainer's 8192 is


def network(function, arrays, settings, components=(), version=4):
    return Network(
        version=version,
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
    """Configurations B, C and D, from the arrays of networks of the architecture skip, which has the same layers."""
    own, mapping, synthesis = tf_generator(generator or our_generator("skip", widths=widths))
    judge = tf_discriminator(discriminator or our_discriminator("skip", widths=widths))
    function, lod = "G_synthesis_stylegan_revised", {"lod": np.float32(lod)}
    synthesis = lod | rgb_layers(synthesis, "ToRGB", widths)
    judge = lod | rgb_layers(judge, "FromRGB", widths)
    return triple(
        lod | own, mapping, synthesis, judge, (function, "D_stylegan"), {"synthesis_func": function, **settings}
    )


def rgb_layers(arrays, layer, widths):
    """The layers to or from RGB under the names that networks have which grow."""
    renamed = dict(arrays)
    for resolution in widths:
        lod = int(math.log2(max(widths) // resolution))
        for weight in ("weight", "bias", "mod_weight", "mod_bias"):
            if f"{resolution}x{resolution}/{layer}/{weight}" in renamed:
                renamed[f"{layer}_lod{lod}/{weight}"] = renamed.pop(f"{resolution}x{resolution}/{layer}/{weight}")
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


STYLEGAN_NAMES = {
    "kernel": "weight",
    "strength": "Noise/weight",
    "bias": "bias",
    "affine/kernel": "StyleMod/weight",
    "affine/bias": "StyleMod/bias",
}


def stylegan_generator(resolution, channels=3, style=5, width=2, lod=0.0):
    """(ours, own, mapping, synthesis): drawn arrays of StyleGAN's generator by our names, and by the official ones."""
    draw = np.random.default_rng(0).standard_normal
    ours, own, mapping, synthesis = {}, {}, {}, {"lod": np.float32(lod)}

    def add(name, shape, part, official, change=lambda array: array):
        ours[name] = np.float32(draw(shape))
        part[official] = change(ours[name])

    def epilogue(layer, official, size):
        index = len([name for name in synthesis if name.startswith("noise")])
        add(f"{layer}/noise_constant", (size, size), synthesis, f"noise{index}", lambda array: array[None, None])
        shapes = {
            "strength": (width,),
            "bias": (width,),
            "affine/kernel": (style, 2 * width),
            "affine/bias": (2 * width,),
        }
        for weight, shape in shapes.items():
            add(f"{layer}/{weight}", shape, synthesis, f"{official}/{STYLEGAN_NAMES[weight]}")

    add("average_style", (style,), own, "dlatent_avg")
    ours["lod"] = own["lod"] = np.float32(lod)
    for layer in range(2):
        add(f"dense{layer}/kernel", (style, style), mapping, f"Dense{layer}/weight")
        add(f"dense{layer}/bias", (style,), mapping, f"Dense{layer}/bias")
    constant = lambda array: np.einsum("yxc->cyx", array)[None]  # noqa: E731
    add("b4_constant/constant", (4, 4, width), synthesis, "4x4/Const/const", constant)
    epilogue("b4_epilogue", "4x4/Const", 4)
    for r in [2**level for level in range(2, int(math.log2(resolution)) + 1)]:
        layers = {"b4_conv": "Conv"} if r == 4 else {f"b{r}_conv0": "Conv0_up", f"b{r}_conv1": "Conv1"}
        for layer, name in layers.items():
            turned = rotated if name == "Conv0_up" and r >= 128 else np.array
            add(f"{layer}/kernel", (3, 3, width, width), synthesis, f"{r}x{r}/{name}/weight", turned)
            epilogue(layer, f"{r}x{r}/{name}", r)
        level = int(math.log2(resolution // r))
        add(f"b{r}_rgb/kernel", (1, 1, width, channels), synthesis, f"ToRGB_lod{level}/weight")
        add(f"b{r}_rgb/bias", (channels,), synthesis, f"ToRGB_lod{level}/bias")
    return ours, own, mapping, synthesis


def first_stylegan(resolution=16, lod=0.0, version=3, width=2, **settings):
    """(our generator's arrays, our discriminator's, the file's contents): StyleGAN, configuration A."""
    widths = {2**level: width for level in range(2, int(math.log2(resolution)) + 1)}
    ours, own, mapping, synthesis = stylegan_generator(resolution, width=width, lod=lod)
    judged = our_discriminator("skip", widths=widths)
    judge = rgb_layers(tf_discriminator(judged), "FromRGB", widths)
    judge = {name.replace("Output/", "4x4/Dense1/"): array for name, array in judge.items()} | {"lod": np.float32(lod)}
    settings = {"num_channels": 3, "resolution": resolution, "label_size": 0, **settings}

    def generator(scale):
        parts = [{name: scale * array for name, array in part.items()} for part in (own, mapping, synthesis)]
        components = {
            "synthesis": network("G_synthesis", parts[2], settings, version=version),
            "mapping": network("G_mapping", parts[1], {**settings, "dlatent_broadcast": 6}, version=version),
        }
        return network("G_style", parts[0], settings, components, version)

    contents = generator(np.float32(3)), network("D_basic", judge, settings, version=version), generator(np.float32(1))
    return ours, judged, contents
