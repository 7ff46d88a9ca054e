"""Bad input to every command and recipe: status 2, one line that names the culprit, no traceback, nothing written."""

import zipfile

import numpy as np
import pytest
from PIL import Image

from tfnss.commands import entry
from tfnss.running import catalogue


@pytest.fixture
def place(tmp_path, monkeypatch):
    """The working directory: good and bad things by name."""
    monkeypatch.chdir(tmp_path)
    pixels = np.random.default_rng(0).integers(0, 256, (40, 40, 3), dtype=np.uint8)
    for folder in ("good", "corrupt", "empty", "taken"):
        (tmp_path / folder).mkdir()
    for index in range(8):
        Image.fromarray(pixels).save(tmp_path / "good" / f"{index}.png")
        Image.fromarray(pixels).save(tmp_path / "corrupt" / f"{index}.png")
    whole = (tmp_path / "good" / "0.png").read_bytes()
    (tmp_path / "corrupt" / "3.png").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "taken" / "thesis.txt").write_text("precious")
    (tmp_path / "file").write_text("a file")
    with zipfile.ZipFile(tmp_path / "outside.zip", "w") as archive:
        archive.writestr("../evil.png", whole)
    (tmp_path / "broken.zip").write_bytes(b"PK\x03\x04 and no more")
    with zipfile.ZipFile(tmp_path / "classes.zip", "w") as archive:
        archive.writestr("0.png", whole)
        archive.writestr("dataset.json", '{"labels": [["0.png", 2147483647]]}')
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "0.png").write_bytes(whole)
    (tmp_path / "deep" / "dataset.json").write_text("[" * 100_000)
    labelled = {
        "names": '{"labels": [["0.png", "cat"], ["1.png", "dog"]]}',
        "negative": '{"labels": [["0.png", 0], ["1.png", -1]]}',
        "unnamed": '{"labels": [["0.png", 0], ["1.png", 1]], "class_names": ["cat"]}',
        "mapping": '{"labels": [["0.png", 0], ["1.png", 1]], "class_names": {"0": "cat", "1": "dog"}}',
        "single": '{"labels": [["0.png", 1], ["1.png", 1]], "class_names": ["cat", "dog"]}',
        "numbers": '{"labels": 7}',
    }
    for folder, labels in labelled.items():
        (tmp_path / folder).mkdir()
        for index in range(2):
            (tmp_path / folder / f"{index}.png").write_bytes(whole)
        (tmp_path / folder / "dataset.json").write_text(labels)
    (tmp_path / "mixed").mkdir()
    Image.fromarray(pixels[..., 0]).save(tmp_path / "mixed" / "0.png")
    Image.fromarray(pixels).save(tmp_path / "mixed" / "1.png")
    return tmp_path


# Command, its flags, and what the line must say.
CASES = [
    ("dcgan_photos", "--data missing/", "missing"),
    ("dcgan_photos", "--data corrupt --batch-size 8", "3.png"),
    ("dcgan_photos", "--data outside.zip", "evil.png"),
    ("dcgan_photos", "--data broken.zip", "broken.zip"),
    ("dcgan_photos", "--kimg -1", "--kimg must be above 0"),
    ("dcgan_photos", "--keep 0", "--keep must be at least 1"),
    ("dcgan_photos", "--checkpoint x.weights.h5", "--resume"),
    ("dcgan_photos", "--strategy multiworker", "TF_CONFIG"),
    ("dcgan_photos", "--strategy several", "--strategy"),
    ("dcgan_photos", "--cache-gb -1", "--cache-gb must be at least 0"),
    ("dcgan_photos", "--lambda 2", "lambda"),
    ("dcgan_photos", "--run-dir taken", "taken is not empty"),
    ("dcgan_celeba64", "--resolution 33", "resolution=33; the nearest right ones: 32 and 36"),
    ("nss_variance", "--resolution 0x4", "WIDTHxHEIGHT such as 640x384. Received: 0x4"),
    ("nss_spaces", "--resolution 0", "resolution=0"),
    ("dcgan_flowers64", "--method sgan", "--method"),
    ("rni_dcgan_cifar10", "--noise white", "--noise"),
    ("stylegan2_photos64", "--config g", "--config"),
    ("stylegan2_photos64", "--resolution 100", "resolution=100; the nearest right ones: 104 and 96"),
    ("stylegan2_photos64", "--resolution 640x360", "resolution=640x360; the nearest right ones: 640x384 and 640x320"),
    ("stylegan2_photos64", "--resolution 64:48", "a resolution is one number, or WIDTHxHEIGHT such as 640x384"),
    ("ssd_sngan_cifar100", "--resolution 17x33", "resolution=17x33; the nearest right ones: "),
    ("stylegan2_photos64", "--classes 3", "out of range"),
    ("stylegan2_photos64", "--classes -1", "classes=-1"),
    ("stylegan2_photos64", "--classes 2 --batch-size 1 --data good", "good/0.png has no class: put every image"),
    ("stylegan2_photos64", "--classes 2 --batch-size 1 --data names", "dataset.json gives no class to 0.png"),
    ("stylegan2_photos64", "--classes 2 --batch-size 1 --data negative", "dataset.json gives no class to 1.png"),
    ("stylegan2_photos64", "--classes 2 --batch-size 1 --data unnamed", "names 1 classes, and labels go up to 1"),
    ("stylegan2_photos64", "--classes 2 --batch-size 1 --data mapping", "class names are to be a list of strings"),
    ("stylegan2_photos64", "--classes 2 --batch-size 1 --data single", "are of one class (dog)"),
    ("stylegan2_photos64", "--classes 2 --batch-size 1 --data numbers", "dataset.json is damaged"),
    ("stylegan2_photos64", "--channels 2", "argument --channels: invalid choice: 2"),
    ("ssd_sngan_stl10", "--background nocolour --channels 1", "Received: background=nocolour"),
    ("stylegan2_photos64", "--gamma -1", "weight=-1"),
    ("stylegan2_photos64", "--pipeline everything", "everything"),
    ("stylegan2_ffhq512", "--precision float8", "--precision"),
    ("ssd_sngan_cifar100", "--lambda -0.1", "lambda"),
    ("ssd_sngan_stl10", "--width -1", "width=-1"),
    ("ssd_stylegan_ffhq", "--mixing average", "--mixing"),
    ("ssd_checkerboard", "--square 5", "--square must divide 8"),
    ("ssd_checkerboard", "--out file/board", "file"),
    ("ssd_checkerboard", "--base-width 99999999999999999999", "--base-width must lie in [1, 2147483648)"),
    ("report", "~nobody-of-this-name/run", "~nobody-of-this-name/run holds no run"),
    ("prepare", "good ~nobody-of-this-name/dest --resolution 0", "resolution"),
    ("ssd_lambda_sweep", "--smoke --lambdas 0.5,2", "must lie in [0, 1]. Received: spatial_share=2"),
    ("ssd_lambda_sweep", "--lambdas half", "--lambdas"),
    ("ssd_discriminator_blindness", "taken", "tfnss analyse ssd_discriminator_blindness MODEL"),
    ("analyse", "blindness taken", "blindness is no analysis: `tfnss analyse` lists them"),
    ("analyse", "ssd_discriminator_blindnes taken", "did you mean ssd_discriminator_blindness?"),
    ("analyse", "dcgan_photos taken", "dcgan_photos is no analysis"),
    ("analyse", "ssd_discriminator_blindness", "MODEL"),
    ("analyse", "ssd_discriminator_blindness taken", "taken is neither the folder of a run"),
    ("analyse", "ssd_spectral_quality missing", "missing is neither the folder of a run"),
    ("analyse", "ssd_spectral_quality taken --images 0", "--images must be at least 1"),
    ("nss_variance", "--images 0", "--images must be at least 1"),
    ("nss_variance", "--data missing/", "missing"),
    ("evaluate", "missing", "missing"),
    ("evaluate", "good --metrics beauty --data good", "beauty is not a metric"),
    ("evaluate", "good", "--data DIR"),
    ("evaluate", "good --data good --resolution 0", "--resolution must lie in [1, 65536). Received: 0"),
    ("evaluate", "good --data good --resolution 2147483648", "--resolution must lie in [1, 65536)"),
    ("evaluate", "good --data good --resolution 16x65536", "--resolution must lie in [1, 65536). Received: 65536"),
    ("generate", "taken --out out", "taken"),
    ("generate", "good --seeds 3-1 --out out", "--seeds"),
    ("generate", "good", "--out"),
    ("project", "taken good/0.png --out out", "taken"),
    ("project", "good missing.png --out out", "missing.png"),
    ("generate", "good --styles missing.npz --out out", "missing.npz is missing, damaged or not of `tfnss project`"),
    ("generate", "good --direction 0 --mix --out out", "--mix goes with --styles"),
    ("generate", "good --by -1,2 --out out", "--by goes with --direction"),
    ("video", "good --out film.webp", "good is neither the folder of a run nor of an exported model"),
    ("video", "good --training --out film.webp", "good is not the folder of a run, which --training needs"),
    ("video", "good --out film.avi", "a film's name ends in .webp"),
    ("show", "good", "good is neither the folder of a run nor of an exported model"),
    ("show", "missing", "missing is neither the folder of a run nor of an exported model"),
    ("show", "good --port 65536", "--port must lie in [0, 65536). Received: 65536"),
    ("show", "good --class cat --styles x.npz", "--class is of seeds, not of pictures"),
    ("blend", "good good --at 8 --out new", "good is neither"),
    ("blend", "good --mean --out taken", "taken is there already"),
    ("analyse", "stylegan2_directions taken", "taken is neither"),
    ("analyse", "stylegan2_directions taken --by 1,x", "--by must be numbers with commas between them"),
    ("analyse", "stylegan2_directions taken --layers 3-1", "--layers must be all, or ascending numbers"),
    ("analyse", "stylegan2_directions taken --count 0", "--count must lie in [1, 65536). Received: 0"),
    ("analyse", "stylegan2_directions taken --styles 1", "--styles must lie in"),
    ("analyse", "stylegan2_directions taken --kind ica", "argument --kind: invalid choice"),
    ("analyse", "rni_inversion taken --images 0", "--images must lie in"),
    ("analyse", "rni_inversion taken --embedding-steps 0", "--embedding-steps must lie in"),
    ("analyse", "rni_inversion taken --distance pixels --vgg16 file", "--vgg16 goes with --distance lpips"),
    ("analyse", "ssd_interpolation taken --columns 2", "--columns must lie in [3, 1000). Received: 2"),
    ("analyse", "ssd_interpolation taken --space z", "argument --space: invalid choice"),
    ("report", "missing", "missing"),
    ("report", "taken", "taken holds no run"),
    ("report", "hf://someone/faces", "hf://someone/faces is on the Hub, and this needs a run of your own"),
    ("push", "taken someone/faces", "taken holds no run"),
    ("push", "good faces", "faces is no name of a repository on the Hub: write USER/NAME"),
    ("push", "good", "the following arguments are required: USER/NAME"),
    ("generate", "hf://faces --out out", "hf://faces is no name of a run on the Hub: write hf://USER/NAME"),
    ("evaluate", "hf://someone/faces", "name a file for the results with --out"),
    ("export", "hf://someone/faces", "name a place for the model with --out"),
    ("dcgan_photos", "--init hf://faces", "hf://faces is no name of a run on the Hub: write hf://USER/NAME"),
    ("dcgan_photos", "--resume hf://someone/faces", "hf://someone/faces is on the Hub"),
    ("prepare", "missing dest --resolution 16", "missing"),
    ("prepare", "empty dest --resolution 16", "empty"),
    ("prepare", "outside.zip dest --resolution 16", "evil.png"),
    ("prepare", "good taken --resolution 16", "taken"),
    ("prepare", "classes.zip dest --resolution 16 --labels", "over the limit of 99999"),
    ("prepare", "deep dest --resolution 16 --labels", "dataset.json is damaged"),
    ("prepare", "good dest --resolution 0", "resolution"),
    ("prepare", "good dest --resolution 16x", "WIDTHxHEIGHT such as 640x384. Received: 16x"),
    ("prepare", "good dest --resolution 16x8 --crop wide", "crop=wide puts 4:3 into a square"),
    ("prepare", "good dest --resolution 100000x100000", "megapixels. Received: resolution=100000"),
    ("prepare", "single dest --resolution 16 --labels", "are of one class (dog)"),
    ("prepare", "names dest --resolution 16 --labels", "dataset.json gives no class to 0.png"),
    ("prepare", "good dest --resolution 16 --channels 2", "argument --channels: invalid choice: 2"),
    ("prepare", "good dest --resolution 16 --background nocolour", "Received: background=nocolour"),
    ("prepare", "good dest --resolution 16 --background white --channels 4", "keep their alpha"),
    (
        "evaluate",
        "mixed --data good --metrics spectrum",
        "1.png is in colour, and mixed/0.png is grey; choose channels",
    ),
    ("prepare", "good dest", "--resolution"),
    ("prepare", "good dest --resolution 16 --crop round", "--crop"),
]


@pytest.mark.parametrize(("command", "flags", "says"), CASES)
def test_one_line_and_nothing_written(command, flags, says, place, capsys):
    before = {path: path.read_bytes() if path.is_file() else None for path in place.rglob("*")}
    arguments = flags.split()
    if command not in entry.COMMANDS:
        small = hasattr(catalogue.module(command), "RECIPE") and command != "ssd_lambda_sweep"
        smoke = ["--smoke"] if small and "--resume" not in flags else []
        arguments = ["train", command, *smoke, *arguments]
    else:
        arguments = [command, *arguments]
    with pytest.raises(SystemExit) as end:
        entry.main(arguments)
    assert end.value.code == 2
    error = capsys.readouterr().err
    assert says in error
    assert len(error.strip().splitlines()) == 1
    assert "Traceback" not in error
    assert {path: path.read_bytes() if path.is_file() else None for path in place.rglob("*")} == before
