import builtins
import sys

import numpy as np
import pytest
from PIL import Image

from tfnss import films


def moving(count=6, height=12, width=20, channels=3):
    """Frames of which each is another: a bar that moves."""
    frames = np.zeros((count, height, width, channels), np.uint8)
    for index, frame in enumerate(frames):
        frame[:, 2 * index : 2 * index + 4] = 250
        if channels == 4:
            frame[..., 3] = 255
    return frames


def read(path):
    """Frames in RGBA, durations in milliseconds, and the number of repetitions (0 for no end)."""
    frames, durations = [], []
    with Image.open(path) as image:
        for index in range(image.n_frames):
            image.seek(index)
            frames.append(np.asarray(image.convert("RGBA")))
            durations.append(image.info["duration"])
        return np.stack(frames), durations, image.info["loop"]


@pytest.mark.parametrize(("suffix", "tolerance"), [(".webp", 60), (".gif", 0), (".png", 0)])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_pictures(suffix, tolerance, channels, tmp_path):
    """Also from a generator, of which Pillow would write one frame alone as PNG."""
    frames = moving(channels=channels)
    films.save_film(iter(frames), tmp_path / f"film{suffix}", fps=25)
    found, durations, loop = read(tmp_path / f"film{suffix}")
    assert len(found) == 6
    assert [round(each) for each in durations] == [40] * 6
    assert loop == 0
    assert [path.name for path in tmp_path.iterdir()] == [f"film{suffix}"]
    shown = found[..., :3].astype(int) - (frames[..., :3] if channels > 1 else frames.repeat(3, axis=3))
    assert np.abs(shown).max() <= tolerance


def test_one_frame_is_a_film(tmp_path):
    films.save_film(moving(1), tmp_path / "film.webp")
    with Image.open(tmp_path / "film.webp") as image:
        assert image.size == (20, 12)


def test_durations():
    assert [films.duration_ms(".webp", fps) for fps in (30, 24, 100)] == [33, 42, 10]
    assert [films.duration_ms(".gif", fps) for fps in (30, 24, 100, 60)] == [30, 40, 10, 20]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # imageio_ffmpeg closes no pipes
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_mp4(channels, tmp_path):
    """Of odd sides, which H.264 has not: the rest is as it was, not scaled."""
    ffmpeg = pytest.importorskip("imageio_ffmpeg")
    films.save_film(iter(moving(6, 35, 51, channels)), tmp_path / "film.mp4", fps=12)
    reader = ffmpeg.read_frames(str(tmp_path / "film.mp4"))
    about = next(reader)
    assert about["size"] == (52, 36)
    assert about["fps"] == 12
    found = np.stack([np.frombuffer(frame, np.uint8).reshape(36, 52, 3) for frame in reader])
    expected = moving(6, 35, 51)
    assert found.shape[0] == 6
    assert np.abs(found[:, :35, :51].astype(int) - expected).mean() < 6


needs_scripts = pytest.mark.skipif(sys.platform == "win32", reason="its programs are no scripts")


def stand_in(path, monkeypatch, after_writing):
    """A program in ffmpeg's place that does something to the film that it has written, whose path is "$film"."""
    monkeypatch.delenv("IMAGEIO_FFMPEG_EXE", raising=False)  # else a second one would call itself
    program = pytest.importorskip("imageio_ffmpeg").get_ffmpeg_exe()
    path.write_text(
        f'''#!/bin/sh
"{program}" "$@" || exit 1
for film; do :; done
if [ "$1" = -y ]; then {after_writing}; fi
'''
    )
    path.chmod(0o755)
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", str(path))


@needs_scripts
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize(
    ("after_writing", "found"),
    [
        ('head -c 900 "$film" > "$film.cut"; mv "$film.cut" "$film"', 0),
        ('cp "${film%/*}/../three.mp4" "$film"', 3),
        ('rm "$film"', 0),
    ],
)
def test_an_mp4_that_is_not_whole_replaces_none(after_writing, found, tmp_path, monkeypatch):
    """As on a full disk: ffmpeg ends with what there was room for."""
    (tmp_path / "films").mkdir()
    pytest.importorskip("imageio_ffmpeg")
    films.save_film(moving(3), tmp_path / "three.mp4")
    film = tmp_path / "films" / "film.mp4"
    film.write_bytes(b"precious")
    stand_in(tmp_path / "ffmpeg", monkeypatch, after_writing)
    with pytest.raises(
        OSError, match=rf"film.mp4: ffmpeg wrote {found} of 6 frames; see that there is room on the disk$"
    ):
        films.save_film(moving(6), film)
    assert film.read_bytes() == b"precious"
    assert [path.name for path in film.parent.iterdir()] == ["film.mp4"]
    stand_in(tmp_path / "ffmpeg", monkeypatch, ":")
    films.save_film(moving(6), film)
    assert film.read_bytes() != b"precious"


def test_a_frame_that_cannot_be_read_is_no_fault_of_the_mp4(tmp_path):
    pytest.importorskip("imageio_ffmpeg")

    def frames():
        raise PermissionError("grid.png")
        yield

    with pytest.raises(PermissionError, match=r"grid\.png"):
        films.save_film(frames(), tmp_path / "film.mp4")


def test_mp4_without_the_program(tmp_path, monkeypatch):
    """Known before the first frame is made."""
    ffmpeg = pytest.importorskip("imageio_ffmpeg")
    says = (
        r"film.mp4: an MP4 needs the program ffmpeg, which is not there: install it, or name it .* \.webp needs none$"
    )
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", str(tmp_path / "missing"))
    with pytest.raises(ValueError, match=says):
        films.check_film(tmp_path / "film.mp4")
    monkeypatch.delenv("IMAGEIO_FFMPEG_EXE")
    monkeypatch.setattr(ffmpeg._utils, "_get_ffmpeg_exe", lambda: None)
    with pytest.raises(ValueError, match=says):
        films.check_film(tmp_path / "film.mp4")
    assert not list(tmp_path.iterdir())


def test_a_path_may_begin_at_home(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    films.save_film(moving(), "~/film.webp")
    assert (tmp_path / "home" / "film.webp").is_file()
    assert [path.name for path in tmp_path.iterdir()] == ["home"]


def test_transparent_frames_are_laid_on_white():
    frame = np.zeros((2, 2, 4), np.uint8)
    frame[0, :, 3] = 255
    np.testing.assert_array_equal(films._opaque(frame)[:, 0], [[0, 0, 0], [255, 255, 255]])


def test_bad_input(tmp_path, monkeypatch):
    monkeypatch.setattr(films, "MOST_BYTES", 1500)
    cases = [
        ((moving(), tmp_path / "film.avi"), "film.avi"),
        ((moving(), tmp_path / "film"), ".webp"),
        ((moving(), tmp_path / "film.webp", 0), "Received: 0"),
        ((moving(), tmp_path / "film.webp", float("nan")), "Received: nan"),
        (([], tmp_path / "film.webp"), "at least 1 frame"),
        ((moving(), tmp_path / "film.webp"), "3 frames of 20x12 pixels do not fit in memory: .*mp4"),
    ]
    for arguments, says in cases:
        with pytest.raises(ValueError, match=says):
            films.save_film(*arguments)
    assert not list(tmp_path.iterdir())


def test_mp4_without_its_package(tmp_path, monkeypatch):
    own = builtins.__import__

    def without(name, *rest):
        if name == "imageio_ffmpeg":
            raise ImportError(name)
        return own(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ValueError, match=r"film.mp4: an MP4 needs .*tfnss\[video\].* \.webp needs none"):
        films.save_film(moving(), tmp_path / "film.mp4")
    assert not list(tmp_path.iterdir())
