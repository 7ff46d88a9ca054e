import gzip
import io
import zipfile

import numpy as np
import pytest

from models.stylegan2.checkpoints import read_checkpoint
from tests.models.stylegan2.checkpoints.ours import our_discriminator, our_generator
from tests.models.stylegan2.checkpoints.pickles import (
    Network,
    dumps,
    module,
    network,
    pytorch_contents,
    tf_contents,
    write,
)


def refused(path, reason):
    with pytest.raises(ValueError, match=reason) as caught:
        read_checkpoint(path)
    message = str(caught.value)
    assert message.startswith(f"{path} is not a StyleGAN2 checkpoint")
    assert "Nothing of it was executed. Take an official" in message
    assert "\n" not in message
    assert len(message) < 1000


def without(arrays, name):
    return {key: array for key, array in arrays.items() if key != name}


def replaced(arrays, name, array):
    return {**arrays, name: np.float32(array)}


UNSUPPORTED = [
    (lambda: tf_contents(version=3), "version 3"),
    (lambda: tf_contents(extra={"8x8/Conv/StyleMod/weight": np.ones(2)}), "8x8/Conv/StyleMod/weight.* no use for"),
    (lambda: tf_contents(extra={"LabelConcat/weight": np.ones((2, 2))}), "conditional network of StyleGAN or of"),
    (lambda: tf_contents(extra={"8x8/Conv0_up/sn_u": np.ones(2)}), "synthesis/8x8/Conv0_up/sn_u"),
    (lambda: tf_contents(extra={"noise77": np.ones((1, 1, 4, 4))}), "noise map of number 77"),
    (lambda: tf_contents(extra={"noise0": np.ones(4)}), "synthesis/noise0.* unexpected shape"),
    (lambda: tf_contents(mapping_lrmul=0.1), "mapping_lrmul is 0.1; supported is 0.01"),
    (lambda: tf_contents(resample_kernel=[1, 2, 1]), "resample_kernel"),
    (lambda: tf_contents(conv_clamp=-1), "conv_clamp is -1"),
    (lambda: pytorch_contents(keywords={"mapping_kwargs": {"lr_multiplier": 1}}), "lr_multiplier"),
    (lambda: pytorch_contents(without(our_generator(), "b8_conv1/bias")), "lacks b8_conv1/bias"),
    (lambda: pytorch_contents(without(our_generator(), "dense0/kernel")), "lacks dense0/kernel"),
    (
        lambda: pytorch_contents(replaced(our_generator(), "b8_conv1/bias", [0, 1])),
        r"b8_conv1/bias has the shape \(2,\)",
    ),
    (lambda: pytorch_contents(replaced(our_generator(), "b8_conv1/strength", np.inf)), "not finite"),
    (
        lambda: pytorch_contents({n.replace("b16_", "b32_"): a for n, a in our_generator().items()}),
        r"resolutions \[4, 8, 32\]",
    ),
    (lambda: pytorch_contents(our_generator(widths={4: 2, 8: 4})), "widths by resolution"),
    (lambda: pytorch_contents(None, without(our_discriminator(), "b4_output/bias")), "lacks b4_output/bias"),
    (lambda: pytorch_contents(None, replaced(our_discriminator(), "b8_rgb/kernel", np.ones((1, 1, 1, 1)))), "b8.torgb"),
    (lambda: {"G_ema": module({"synthesis": module({"input": module()})})}, "StyleGAN3"),
    (lambda: {"G_ema": module({"backbone": module()})}, "lacks synthesis"),
    (lambda: {"G_ema": 3}, "of type int"),
    (lambda: {"g_ema": {}}, "neither"),
    (lambda: [1, 2], "neither"),
    (lambda: 3, "neither"),
    (lambda: None, "neither"),
    (lambda: (1, 2, 3), "in place of a network"),
    (lambda: (network({}), network({}), network({"dlatent_avg": "3"})), "not an array"),
    (lambda: (network({}), network({}), Network(version=4)), "KeyError"),
]


@pytest.mark.parametrize(("contents", "reason"), UNSUPPORTED)
def test_other_networks_are_refused(file, contents, reason):
    refused(write(file, contents()), reason)


def test_modules_in_a_circle_are_refused(file):
    contents = pytorch_contents()
    loop = contents["G_ema"].state["_modules"]["mapping"].state["_modules"]
    loop["again"] = loop["fc0"]
    refused(write(file, contents), "appears twice")


def test_other_files_are_refused(file, tmp_path):
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as opened:
        opened.writestr("archive/data.pkl", dumps(3))
    for contents, reason in {
        b"": "it is empty",
        gzip.compress(dumps(pytorch_contents())): "gzip",
        archive.getvalue(): "zip archive",
        b"<!DOCTYPE html>": "web page",
        b"\x89HDF\r\n\x1a\n": "HDF5",
        b"version https://git-lfs.github.com/spec/v1": "Git LFS",
        b"\x80\x63.": "protocol 99",
    }.items():
        refused(write(file, contents), reason)
    refused(tmp_path, "not a file")
    with pytest.raises(FileNotFoundError, match="There is no file"):
        read_checkpoint(tmp_path / "missing.pkl")


def test_a_huge_file_is_not_read(file):
    with file.open("wb") as opened:
        opened.truncate(5 << 30)  # sparse
    refused(file, "more than any checkpoint has")
