"""Films: frames as an animated WebP, GIF or PNG, or as MP4."""

import os
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from tfnss import files

SUFFIXES = (".webp", ".gif", ".png", ".mp4")
MOST_BYTES = 2**31  # of all frames, where they are held in memory: everywhere but in MP4
_QUALITY = 90  # of WebP
_GIF_UNIT = 10  # milliseconds
_EXTRA = "pip install 'tfnss[video]'"


def save_film(frames: Iterable[np.ndarray], path: str | os.PathLike, fps: float = 30.0) -> None:
    """Writes frames one after the other; pictures repeat without end, MP4 as its player does.

    WebP (the usual choice: small, and shown by every browser) is lossy, PNG lossless and GIF of 256 colours, its frames of
    whole hundredths of a second. Equal frames that follow each other may be stored as one of their whole time.

    Args:
        frames: uint8 `[height, width, channels]`, of one shape (1, 3 or 4 channels); at least 1. An MP4 is opaque, its sides
            even: the last row or column is repeated where they are odd.
        path: File to write or replace; its suffix says what it is: `.webp`, `.gif`, `.png` (APNG) or `.mp4`.
        fps: Frames a second, in [0.1, 100].

    Raises:
        ValueError: For values outside these, more frames than memory is to hold (MP4 needs none), and an MP4 where ffmpeg is
            missing.
        OSError: For a film that is not written whole. What was at `path` stays there.
    """
    path = files.expanded(path)
    check_film(path, fps)
    if path.suffix.lower() == ".mp4":
        _save_mp4(frames, path, fps)
    else:
        _save_pictures(frames, path, fps)


def check_film(path: str | os.PathLike, fps: float = 30.0, frames: int = 0, shape: Sequence[int] = ()) -> None:
    """Raises a ValueError if no film can be written so, before the frames are made; their number and shape if known."""
    suffix = Path(path).suffix.lower()
    if suffix not in SUFFIXES:
        raise ValueError(f"a film's name ends in {', '.join(SUFFIXES)}. Received: {path}")
    if not 0.1 <= fps <= 100:
        raise ValueError(f"the frames a second must lie in [0.1, 100]. Received: {fps:g}")
    if suffix == ".mp4":
        _ffmpeg(path)
    elif frames * int(np.prod(shape, dtype=np.int64)) > MOST_BYTES:
        raise ValueError(
            f"{frames} frames of {shape[1]}x{shape[0]} pixels do not fit in memory: take fewer frames, or a film that ends "
            "in .mp4"
        )


def duration_ms(suffix: str, fps: float) -> int:
    """How long a frame is shown, in milliseconds, as the kind of picture can say it."""
    unit = _GIF_UNIT if suffix == ".gif" else 1
    return max(unit, unit * round(1000 / fps / unit))


def _save_pictures(frames: Iterable[np.ndarray], path: Path, fps: float) -> None:
    suffix = path.suffix.lower()
    images: list[Image.Image] = []  # a list: of a generator, Pillow writes an APNG of one frame
    for frame in frames:
        check_film(path, fps, len(images) + 1, frame.shape)
        images.append(Image.fromarray(frame.squeeze(-1) if frame.shape[-1] == 1 else frame))
    if not images:
        raise ValueError("a film needs at least 1 frame")
    options: dict[str, Any] = {"duration": duration_ms(suffix, fps), "loop": 0}
    options |= {".webp": {"quality": _QUALITY, "method": 4}, ".gif": {"disposal": 2}}.get(suffix, {})
    with files.replacing(path) as temporary:
        images[0].save(temporary, save_all=True, append_images=images[1:], **options)


def _save_mp4(frames: Iterable[np.ndarray], path: Path, fps: float) -> None:
    ffmpeg, writer, count = _ffmpeg(path), None, 0
    with files.replacing(path) as temporary:
        try:
            for frame in frames:
                frame = _even(_opaque(frame))
                if writer is None:
                    size = (frame.shape[1], frame.shape[0])
                    writer = ffmpeg.write_frames(
                        str(temporary), size, fps=fps, codec="libx264", quality=8, macro_block_size=2
                    )
                    _send(writer, None, path)
                _send(writer, np.ascontiguousarray(frame), path)
                count += 1
        finally:
            if writer is not None:
                writer.close()
        if writer is None:
            raise ValueError("a film needs at least 1 frame")
        _check_whole(ffmpeg, temporary, count, path)


def _send(writer: Any, frame: np.ndarray | None, path: Path) -> None:
    try:
        writer.send(frame)
    except OSError as error:  # of several lines, with all that ffmpeg has said
        raise ValueError(f"{path} cannot be written as MP4 ({' '.join(str(error).split())[-200:]})") from error


def _check_whole(ffmpeg: Any, film: Path, count: int, path: Path) -> None:
    """Raises an OSError for fewer frames than were given; nobody looks at how ffmpeg has ended."""
    try:
        found = ffmpeg.count_frames_and_secs(str(film))[0] or 0
    except RuntimeError:  # of many lines; a film that was cut off has lost the list of its frames
        found = 0
    if found < count:
        raise OSError(f"{path}: ffmpeg wrote {found} of {count} frames; see that there is room on the disk")


def _ffmpeg(path: str | os.PathLike) -> Any:
    try:
        import imageio_ffmpeg
    except ImportError:
        raise ValueError(
            f"{path}: an MP4 needs the package imageio-ffmpeg ({_EXTRA}); a film that ends in .webp needs none"
        ) from None
    try:
        program = shutil.which(imageio_ffmpeg.get_ffmpeg_exe())
    except RuntimeError:
        program = None
    if program is None:
        raise ValueError(
            f"{path}: an MP4 needs the program ffmpeg, which is not there: install it, or name it in the "
            "environment variable IMAGEIO_FFMPEG_EXE; a film that ends in .webp needs none"
        )
    return imageio_ffmpeg


def _opaque(frame: np.ndarray) -> np.ndarray:
    """A frame in RGB, laid on white where it is transparent."""
    if frame.shape[-1] == 4:
        image = Image.fromarray(frame)
        return np.asarray(Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB"))
    return frame if frame.shape[-1] == 3 else frame.repeat(3, axis=-1)


def _even(frame: np.ndarray) -> np.ndarray:
    height, width = frame.shape[:2]
    return np.pad(frame, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
