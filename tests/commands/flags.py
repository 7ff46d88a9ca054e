"""Random command lines of every command, from the commands' own parsers."""

import argparse
from random import Random

from hypothesis import strategies as st

from tfnss.commands import entry
from tfnss.console import parser_of
from tfnss.running import catalogue, command_line
from tfnss.running.analysis import command_line as analyses

RECIPES = (
    "dcgan_photos",
    "dcgan_celeba64",
    "rni_dcgan_cifar10",
    "ssd_sngan_cifar100",
    "ssd_sngan_stl10",
    "stylegan2_photos64",
    "r3gan_photos",
    "r3gan_cifar10",
    "stylegan2_ffhq512",
    "rni_stylegan2_church128",
    "ssd_stylegan_ffhq",
)
EXPERIMENTS = (
    "ssd_checkerboard",
    "ssd_lambda_sweep",
    "nss_variance",
)

# Things in the working directory, and things that are not there or cannot be.
PLACES = (
    *(
        "good",
        "grey",
        "classes",
        "empty",
        "corrupt",
        "other",
        "records",
        "good/0.png",
        "good.zip",
        "text.txt",
        "missing",
    ),
    *(
        "run",
        "styles",
        "run/checkpoint.weights.h5",
        "run/settings.json",
        "saved",
        "model.keras",
        "official.pkl",
        "evil.pkl",
    ),
    *(
        "table",
        "reference.npz",
        "evil.npz",
        "",
        ".",
        "/",
        "/proc/nothing",
        "good/0.png/under",
        "~nobody-of-this-name/x",
    ),
    *("bad\0name", "odd\udcffname", "long" * 100, "*", "-", "photos", "lsun_church", "out/new", "out/new.png"),
)
INTEGERS = ("0", "-1", "1", "2", "1e3", "1.5", "nan", "", "many", "\u0663", "2147483648", "9" * 20, "9" * 5000)
NUMBERS = ("0", "-1", "1", "0.5", "-0.0", "1e-320", "1e309", "-1e309", "nan", "1e300", "9" * 400, "", "half", "1,5")
RESOLUTIONS = ("24", "33", "16x", "x16", "0x16", "17x33", "16x8x3", "1x65536", "9" * 300 + "x1", "9x" + "9" * 5000)
TEXTS = ("", "none", "all", "nothing", "0", "-1", "nan", "a,b", ",", "\0", "\udcff", "9" * 20, "9" * 5000, "1" * 300)

# What a flag may well be given, by its name, so that many command lines are good.
GOOD = {
    "resolution": ("16", "32", "32x16"),
    "batch_size": ("2", "4", "8"),
    "kimg": ("0.064", "0.5"),
    "data": ("good", "photos", "classes", "records", "good.zip"),
    "channels": ("1", "3", "4"),
    "background": ("white", "#ff8000", "black"),
    "images": ("2", "8"),
    "reals": ("8", "all"),
    "fid_images": ("8",),
    "fid_reals": ("8", "all"),
    "fid_every": ("0.032",),
    "fid_reference": ("reference.npz", "none"),
    "features": ("embedded",),
    "init": ("run", "styles", "official.pkl", "run/checkpoint.weights.h5", "model.keras"),
    "resume": ("run", "styles", "latest"),
    "checkpoint": ("run/checkpoint.weights.h5", "checkpoint.weights.h5"),
    "run_dir": ("out/run", "run", "styles"),
    "freeze_d": ("1", "2"),
    "classes": ("0", "2"),
    "pipeline": ("bgc", "blit", "diffaugment", "diffaugment-color", "bgcfnc"),
    "out": ("out/new", "out/new.png", "out/new.npz", "out/new.keras"),
    "save_reference": ("out/new.npz",),
    "reference": ("reference.npz",),
    "metrics": ("fid", "fid,pr", "spectrum", "kid,is", "fid,fid"),
    "seeds": ("0-3", "1", "2"),
    "interpolate": ("0-1",),
    "style_mix": ("0-1", "2"),
    "layers": ("0-1", "0"),
    "frames": ("2",),
    "truncation": ("0.7", "0"),
    "class": ("0", "1"),
    "rank": ("2", "4"),
    "rank_queries": ("good", "grey"),
    "lambdas": ("0.5", "0.5,1"),
    "factors": ("0,2",),
    "radii": ("1,2",),
    "steps": ("1",),
    "iterations": ("10",),
    "set": ("learning_rate=0.1", "kimg=1", "batch-size=8"),
    "cells": ("*", "nss*", "gan"),
    "dir": ("out/table", "table"),
    "strategy": ("one", "auto"),
    "vgg16": (),
    "base_width": ("4", "8"),
    "width": ("0.03125",),
    "channel_base": ("32", "64"),
    "channel_max": ("4", "8"),
    "latent_dim": ("4", "8"),
    "blocks": ("1",),
    "group_width": ("4", "8"),
    "decay_kimg": ("0", "0.032"),
    "r1_interval": ("1", "2"),
    "accumulation_steps": ("1", "2"),
    "direction": ("0", "1"),
    "directions": ("pca", "sefa"),
    "host": ("127.0.0.1",),
    "port": ("0",),
}
POSITIONALS = {
    "target": ("run", "styles", "saved", "good", "official.pkl"),
    "run": ("run", "styles"),
    "models": ("run", "styles", "official.pkl", "model.keras"),
    "images": ("good/0.png", "good/1.png"),
    "source": ("good", "grey", "good.zip", "classes"),
    "dest": ("out/dest", "records"),
    "table": ("nss_table4", "nss_table6", "ssd_table2", "stylegan2_table1"),
}
# Values that would be obeyed for hours, and a strategy whose collectives collide with those of another one in the process.
BARRED = {
    **dict.fromkeys(
        ("images", "steps", "frames", "iterations", "seeds", "show", "fid_images"), ("2147483648", "9" * 20)
    ),
    **dict.fromkeys(("trials",), ("2147483648", "9" * 20)),
    "strategy": ("mirrored",),
}


def command_lines() -> st.SearchStrategy[list[str]]:
    """Lists of arguments for `tfnss.commands.entry.main`, drawn independently of each other."""
    return st.randoms(use_true_random=True).map(_command_line)


def _command_line(random: Random) -> list[str]:
    name = random.choice((*6 * ["train"], *2 * ["table"], *entry.COMMANDS))
    if name == "train":
        return ["train", *_training(random)]
    if name == "analyse":
        return ["analyse", *_analysing(random)]
    module = entry.command(name)
    return [name, *_flags(random, parser_of(module.PROGRAM, module.SUMMARY, module.add_flags))]


def _training(random: Random) -> list[str]:
    name = random.choice((*3 * RECIPES, *EXPERIMENTS, "nss_table4", "", "dcgan_foto"))
    if name in RECIPES:
        parser = command_line.parser_of(catalogue.module(name).RECIPE, name)
        flags = _flags(random, parser)
        smoke = [] if any(flag.startswith("--resume") for flag in flags) else ["--smoke"]
        return [name, *smoke, *flags, *random.choice(([], [], ["--dry-run"]))]
    if name == "ssd_lambda_sweep":
        parser = command_line.parser_of(catalogue.module("ssd_sngan_cifar100").RECIPE, name)
        own = random.choice(([], ["--lambdas", "0.5"], ["--lambdas", "nan"], ["--lambdas", ""]))
        return [name, "--smoke", *own, *_flags(random, parser)]
    return [name, *(_flags(random, catalogue.module(name)._parser()) if name in EXPERIMENTS else [])]


def _analysing(random: Random) -> list[str]:
    names = analyses.names()
    name = random.choice((*names, *names, "dcgan_photos", "", "blindness", "--help"))
    if name not in names:
        return [name, *random.choice(([], ["run"]))]
    parser = analyses.parser_of(analyses.analysis_called(name), name)
    return [name, *random.choice(([], *9 * [["--smoke"]])), *_flags(random, parser)]


def _flags(random: Random, parser: argparse.ArgumentParser) -> list[str]:
    """Some of a parser's flags in any order, perhaps twice, and most of what it requires."""
    actions = [action for action in parser._actions if action.dest != "help"]
    options = [action for action in actions if action.option_strings]
    chosen = [action for action in actions if (action.required and random.random() < 0.95)]
    chosen += random.choices(options, k=random.randrange(6)) if options else []
    random.shuffle(chosen)
    chunks = [_chunk(random, action) for action in chosen]
    chunks += random.choice(18 * [[]] + [[["--unknown"]], [["surplus"]], [["--"]], [["--help"]]])
    return [argument for chunk in chunks for argument in chunk]


def _chunk(random: Random, action: argparse.Action) -> list[str]:
    """A flag with its values, or a positional argument."""
    count = {None: 1, "?": random.randrange(2), "+": random.randint(1, 2)}.get(action.nargs, action.nargs)
    values = [_value(random, action) for _ in range(count)]
    if not action.option_strings:
        return values
    flag = random.choice(action.option_strings)
    return [f"{flag}={values[0]}"] if len(values) == 1 and random.random() < 0.5 else [flag, *values]


def _value(random: Random, action: argparse.Action) -> str:
    """A value that may be good, or now and then any."""
    good = (GOOD if action.option_strings else POSITIONALS).get(action.dest, ())
    kinds = {"int": INTEGERS, "float": NUMBERS, "from_text": (*INTEGERS, *RESOLUTIONS)}
    others = kinds.get(getattr(action.type, "__name__", ""), (*TEXTS, *PLACES))
    if action.choices is not None:
        good, others = tuple(map(str, action.choices)), ("", "none of these", "0", "nan")
    barred = BARRED.get(action.dest, ())
    choices = good if good and random.random() < 0.85 else others
    return random.choice([value for value in choices if value not in barred])
