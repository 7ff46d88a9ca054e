"""Closed curves through given points, smooth and periodic: what films of a generator go along."""

import numpy as np
from scipy.interpolate import CubicSpline


def loop(points: np.ndarray, frames: int, of_latents: bool = False) -> np.ndarray:
    """Points of a closed smooth curve through given ones, evenly in time, each stretch of as many frames.

    The curve is the periodic cubic spline. Between normal latents, which are far from 0, a spline comes too near to it:
    for those the curve's directions are the spline's, and its lengths the spline's through the lengths of the points.

    Args:
        points: Floats `[keys, ...]`, 2 or more: styles or latents.
        frames: Frames from a point to the next, at least 1.
        of_latents: Whether the points are latents, and not styles.

    Returns:
        float64 `[keys * frames, ...]`. Row `k * frames` is point k, and the row after the last would be the first again.

    Raises:
        ValueError: For fewer points, or numbers outside these.

    Reference: for the kind of curve, `gen_video.py` of StyleGAN3 (Karras et al. 2021).
    """
    points = np.asarray(points, np.float64)
    if len(points) < 2 or frames < 1:
        raise ValueError(
            f"a loop needs at least 2 points, and 1 frame for each. Received: {len(points)} points, frames={frames}"
        )
    flat = points.reshape(len(points), -1)
    times = np.arange(len(points) * frames) / frames
    curve = _spline(flat)(times)
    if of_latents:
        lengths = np.linalg.norm(flat, axis=1, keepdims=True)
        curve *= _spline(lengths)(times) / np.linalg.norm(curve, axis=1, keepdims=True)
    return curve.reshape(-1, *points.shape[1:])


def wave(frames: int) -> np.ndarray:
    """A way there and back, slow at its ends: cosines from 1 to -1 and back, float64 `[frames]`, one period."""
    return np.cos(2 * np.pi * np.arange(frames) / frames)


def _spline(points: np.ndarray) -> CubicSpline:
    return CubicSpline(np.arange(len(points) + 1), np.concatenate([points, points[:1]]), bc_type="periodic")
