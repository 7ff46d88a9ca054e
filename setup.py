"""Packaging of tfnss."""

import runpy
from pathlib import Path

from setuptools import find_packages, setup

ROOT = Path(__file__).parent
VERSION = runpy.run_path(str(ROOT / "tfnss" / "version.py"))["__version__"]

LSUN = ["lmdb>=1.7"]
CLUSTER = ["dask>=2026.8", "distributed>=2026.8"]
DATASETS = ["tensorflow-datasets>=4.9.10", "importlib_resources"]  # the second is an undeclared need of the first
INCEPTION = ["tensorflow-hub>=0.16.1", "tf_keras>=2.21"]  # the second is a need of the first
BENCHMARKS = ["stylegan2-torch>=1.3", "torch>=2.13"]
COMPLETION = ["shtab>=1.13"]
DOCS = ["latex2mathml>=3.81", "mkdocs>=1.6.1", "mkdocs-material>=9.8.1", "mkdocstrings-python>=2.0.11"]
HUB = ["huggingface_hub>=2.4"]
ONNX = ["onnx>=1.23", "tf2onnx>=1.17"]
SHOW = ["gradio>=6.31"]
VIDEO = ["imageio-ffmpeg>=0.8"]

setup(
    name="tfnss",
    version=VERSION,
    description="Keras GANs that learn all frequencies of their data: noisy scale-space and more",
    long_description=(ROOT / "README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    license="Apache-2.0",
    license_files=["LICENSE", "NOTICE"],
    keywords=["GAN", "Keras", "TensorFlow", "StyleGAN2", "DCGAN", "SNGAN", "image generation", "scale-space", "FID"],
    classifiers=[
        "Development Status :: 4 - Beta",
        "Environment :: Console",
        "Intended Audience :: Developers",
        "Intended Audience :: Science/Research",
        "Operating System :: POSIX :: Linux",
        "Programming Language :: Python :: 3",
        "Programming Language :: Python :: 3 :: Only",
        "Programming Language :: Python :: 3.11",
        "Programming Language :: Python :: 3.12",
        "Programming Language :: Python :: 3.13",
        "Topic :: Scientific/Engineering :: Artificial Intelligence",
        "Topic :: Scientific/Engineering :: Image Processing",
        "Typing :: Typed",
    ],
    python_requires=">=3.11,<3.14",
    package_data={
        "": ["py.typed", "*.pyi"],
        "tfnss.metrics": ["lpips_vgg16.json"],
        "recipes.figures": ["*.json"],
        "tfnss.metrics.networks": ["embedded.npz"],
    },
    entry_points={"console_scripts": ["tfnss = tfnss.commands.entry:main"]},
    packages=find_packages(include=["tfnss*", "models*", "recipes*"]),
    install_requires=[
        "tensorflow>=2.21",
        "tensorflow-gan==2.1.0",  # brings tensorflow-hub, tf_keras and tensorflow-probability, no needs of ours
        "keras>=3.15",
        "lazy_loader>=0.5",
        "numpy>=2.1",
        "packaging>=24",
        "scipy>=1.15",
        "scikit-image>=0.25",
        "pillow>=11",
        "matplotlib>=3.10",
        "rich>=14.1",
        "tensorboard>=2.20",
    ],
    extras_require={
        "benchmarks": BENCHMARKS,
        "cluster": CLUSTER,
        "completion": COMPLETION,
        "cuda": ["tensorflow[and-cuda]>=2.21"],
        "datasets": DATASETS,
        "docs": DOCS,
        "hub": HUB,
        "inception": INCEPTION,
        "lsun": LSUN,
        "onnx": ONNX,
        "show": SHOW,
        "video": VIDEO,
        "test": [
            "pytest>=8.3",
            "pytest-xdist>=3.6",
            "hypothesis>=6.130",
            *CLUSTER,
            *COMPLETION,
            *DATASETS,
            *HUB,
            *INCEPTION,
            *LSUN,
            *ONNX,
            *SHOW,
            *VIDEO,
            "onnxruntime>=1.32",
            "ipykernel>=7.4",  # runs the notebooks of examples/
            "nbclient>=0.11",
            "playwright>=1.65",
            "tensorflow-probability>=0.25",  # for those functions of TF-GAN's that ours are compared with
        ],
        "lint": ["ruff>=0.12"],
        "types": ["mypy>=1.16"],
    },
)
