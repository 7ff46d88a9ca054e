"""The reference: one image at a time in float64, margins that depend on the parameters, explicit zeros."""

import itertools
import math

import numpy as np

SYM6 = np.array(
    [
        *(0.015404109327027373, 0.0034907120842174702, -0.11799011114819057, -0.048311742585633, 0.4910559419267466),
        *(0.787641141030194, 0.3379294217276218, -0.07263752278646252, -0.021060292512300564, 0.04472490177066578),
        *(0.0017677118642428036, -0.007800708325034148),
    ]
)
SYM2 = np.array([-0.12940952255092145, 0.22414386804185735, 0.836516303737469, 0.48296291314469025])


def rotation(angle):
    return np.array([[math.cos(angle), -math.sin(angle), 0], [math.sin(angle), math.cos(angle), 0], [0, 0, 1]])


def translation(x, y):
    return np.array([[1, 0, x], [0, 1, y], [0, 0, 1]])


def inverse_matrix(p, height, width):
    matrix = np.diag([1 - 2 * p.flip, 1, 1])
    matrix = matrix @ rotation(p.quarter_turns * math.pi / 2)
    matrix = matrix @ translation(-np.round(p.shift_x * width), -np.round(p.shift_y * height))
    matrix = matrix @ np.diag([1 / p.scale, 1 / p.scale, 1])
    matrix = matrix @ rotation(p.first_rotation)
    matrix = matrix @ np.diag([1 / p.stretch, p.stretch, 1])
    matrix = matrix @ rotation(p.second_rotation)
    return matrix @ translation(-p.offset_x * width, -p.offset_y * height)


def margins(matrices, height, width, more=0):
    """Left, right, top, bottom, shared by the batch; `more` pixels than published if there is room."""
    x, y = (width - 1) / 2, (height - 1) / 2
    corners = np.array([[-x, -y, 1], [x, -y, 1], [x, y, 1], [-x, y, 1]]).T
    mapped = np.concatenate([m @ corners for m in matrices], axis=1)
    needed = np.array([-mapped[0].min() - x, mapped[0].max() - x, -mapped[1].min() - y, mapped[1].max() - y]) + 6 + more
    return np.ceil(np.clip(needed, 0, [width - 1, width - 1, height - 1, height - 1])).astype(int)


def upsample(image, taps):
    for axis in (0, 1):
        image = np.moveaxis(image, axis, 0)
        spread = np.zeros((2 * len(image), *image.shape[1:]))
        spread[::2] = image
        spread = np.pad(spread, [(6, 5), (0, 0), (0, 0)])
        image = np.stack([np.tensordot(taps[::-1], spread[i : i + 12], 1) for i in range(len(spread) - 11)])
        image = np.moveaxis(2 * image, 0, axis)
    return image


def downsample(image, taps):
    image = image[1:-1, 1:-1]
    for axis in (0, 1):
        image = np.moveaxis(image, axis, 0)
        image = np.stack([np.tensordot(taps, image[i : i + 12], 1) for i in range(0, len(image) - 11, 2)])
        image = np.moveaxis(image, 0, axis)
    return image


def bilinear(image, x, y):
    height, width = image.shape[:2]
    result = np.zeros((*x.shape, image.shape[2]))
    for i, j in itertools.product((0, 1), repeat=2):
        column, row = np.floor(x) + j, np.floor(y) + i
        weight = (1 - abs(x - column)) * (1 - abs(y - row))
        inside = (column >= 0) & (column < width) & (row >= 0) & (row < height)
        values = image[np.clip(row, 0, height - 1).astype(int), np.clip(column, 0, width - 1).astype(int)]
        result += (weight * inside)[..., None] * values
    return result


def warp(padded, matrix, margin, size, taps):
    left, right, top, bottom = margin
    height, width = size
    matrix = translation((left - right) / 2, (top - bottom) / 2) @ matrix
    upsampled = upsample(padded, taps / taps.sum())
    matrix = translation(-0.5, -0.5) @ np.diag([2, 2, 1]) @ matrix @ np.diag([0.5, 0.5, 1]) @ translation(0.5, 0.5)
    columns, rows = np.arange(2 * (width + 6)) + 0.5 - (width + 6), np.arange(2 * (height + 6)) + 0.5 - (height + 6)
    x, y = np.meshgrid(columns, rows)
    x, y = (matrix[i, 0] * x + matrix[i, 1] * y + matrix[i, 2] for i in (0, 1))
    samples = bilinear(upsampled, x + upsampled.shape[1] / 2 - 0.5, y + upsampled.shape[0] / 2 - 0.5)
    return downsample(samples, taps / taps.sum())


def pad(image, margin, mode):
    left, right, top, bottom = margin
    return np.pad(image, [(top, bottom), (left, right), (0, 0)], mode=mode)


def resample(images, matrices, more=0):
    """The images and the pixels [batch, height, width] that the zeros beyond the margins do not reach."""
    size = images.shape[1:3]
    margin = margins(matrices, *size, more)
    results, clean = [], []
    for image, matrix in zip(images.astype("float64"), matrices, strict=True):
        results.append(warp(pad(image, margin, "reflect"), matrix, margin, size, SYM6))
        ones, wider = np.ones((*size, 1)), margin + 3 * max(size)
        with_zeros, without = (warp(pad(ones, m, "edge"), matrix, m, size, abs(SYM6)) for m in (margin, wider))
        clean.append(abs(with_zeros - without)[..., 0] < 1e-6)
    return np.stack(results), np.stack(clean)


def recolour(image, p):
    luma = np.zeros((4, 4))
    luma[:3, :3] = 1 / 3
    chroma, one = np.diag([1, 1, 1, 0]) - luma, np.diag([0, 0, 0, 1])
    matrix = np.eye(4)
    matrix[:3, 3] = p.brightness
    matrix = np.diag([p.contrast, p.contrast, p.contrast, 1]) @ matrix
    matrix = (np.eye(4) - 2 * luma * p.luma_flip) @ matrix
    if image.shape[2] == 3:
        axis = np.ones(3) / math.sqrt(3)
        hue = np.eye(4)
        cos, sin = math.cos(p.hue), math.sin(p.hue)
        for i, e in enumerate(np.eye(3)):
            hue[:3, i] = e * cos + np.cross(axis, e) * sin + axis * (axis @ e) * (1 - cos)
        matrix = (luma + chroma * p.saturation + one) @ hue @ matrix
        return image @ matrix[:3, :3].T + matrix[:3, 3]
    mean = matrix[:3].mean(axis=0)
    return image * mean[:3].sum() + mean[3]


def amplify(image, factors):
    low = np.convolve(SYM2, SYM2[::-1]) / 2
    signs = SYM2 * np.array([1, -1, 1, -1])
    high = np.convolve(signs, signs[::-1]) / 2
    bank = [np.array([1.0]), np.zeros(1), np.zeros(1), np.zeros(1)]
    for i in (1, 2, 3):
        for b, row in enumerate(bank):
            spread = np.zeros(2 * len(row) - 1)
            spread[::2] = row
            bank[b] = np.convolve(spread, low)
        middle = len(bank[i]) // 2
        bank[i][middle - 3 : middle + 4] += high
    power, gain = np.array([10, 1, 1, 1]) / 13, np.ones(4)
    for i, factor in enumerate(factors):
        t = np.ones(4)
        t[i] = factor
        gain *= t / math.sqrt((power * t**2).sum())
    taps = gain @ np.stack(bank)
    for axis in (0, 1):
        padded = np.pad(np.moveaxis(image, axis, 0), [(21, 21), (0, 0), (0, 0)], mode="reflect")
        image = np.stack([np.tensordot(taps, padded[i : i + 43], 1) for i in range(len(padded) - 42)])
        image = np.moveaxis(image, 0, axis)
    return image


def cut_out(image, p):
    image = image.copy()
    for row, column in itertools.product(range(image.shape[0]), range(image.shape[1])):
        x, y = (column + 0.5) / image.shape[1], (row + 0.5) / image.shape[0]
        if abs(x - p.cutout_x) < p.cutout / 2 and abs(y - p.cutout_y) < p.cutout / 2:
            image[row, column] = 0
    return image
