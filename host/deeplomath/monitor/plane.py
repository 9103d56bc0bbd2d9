# SPDX-License-Identifier: MIT
"""The known set on a plane: events kept on two principal axes, and around them where an answer would be known."""

from typing import NamedTuple

import numpy as np

from ..mirror import metric

GRID = 96  # places along each side of a map
MARGIN, SHARE = 3.6, 0.4  # around the points drawn, at least: standard deviations; of their spread


class Plane(NamedTuple):
    """Two principal axes of points in first coordinates, and how the points stand off them: a sheet bent through them all."""

    centre: np.ndarray  # [d]
    axes: np.ndarray  # [d, 2]
    points: np.ndarray  # on the plane [n, 2]
    offsets: np.ndarray  # off the plane [n, d]


class Map(NamedTuple):
    """What is known, on a plane. digest: of the network; sheet: its Plane; low, high: corners [2]; label, share: of each place
    [GRID, GRID], the class answered there and its novelty in shares of the level, above 1 unknown; events: (id, x, y, label)
    of those kept; asked: [n, 2] of the other events.
    """

    digest: int
    sheet: Plane
    low: np.ndarray
    high: np.ndarray
    label: np.ndarray
    share: np.ndarray
    events: list
    asked: np.ndarray


def drawn(network, asked=(), like=None, grid=GRID):
    """The Map of a Network, None of fewer than two events. asked: features of other events to place on it; like: a Plane to be
    turned as.
    """
    events = network.memory.events
    if len(events) < 2:
        return None
    x = np.array([*(event.x for event in events), *asked]).astype(np.int64)
    z = metric.first_coordinates(network.live.metric, x) / 256
    sheet = plane(z[: len(events)], like)
    points = (z - sheet.centre) @ sheet.axes
    margin = np.maximum(MARGIN, SHARE * np.ptp(points, axis=0))
    low, high = points.min(0) - margin, points.max(0) + margin
    across, up = (np.linspace(low[i], high[i], grid) for i in (0, 1))
    at = np.stack(np.meshgrid(across, up), -1).reshape(-1, 2)
    answers = network.infer_many(features_at(network, lift(sheet, at)))
    label = np.array([answer.label for answer in answers]).reshape(grid, grid)
    share = np.array([answer.novelty for answer in answers]).reshape(grid, grid) / network.live.contour.level_q12
    kept = [(event.id, *map(float, point), event.label) for event, point in zip(events, points)]
    return Map(network.digest(), sheet, low, high, label, share, kept, points[len(events) :])


def plane(z, like=None):
    """The Plane of points z [n, d], turned the way the Plane `like` is."""
    centre = z.mean(0)
    axes = np.linalg.svd(z - centre, full_matrices=False)[2][:2].T
    if like:
        left, _, right = np.linalg.svd(axes.T @ like.axes)
        axes = axes @ left @ right
    else:
        axes = axes * np.sign(axes.sum(0))  # the same way round on every machine
    points = (z - centre) @ axes
    return Plane(centre, axes, points, z - centre - points @ axes.T)


def lift(sheet, at):
    """First coordinates [n, d] of points `at` [n, 2] of the Plane: off the plane they stand as the points around them do."""
    distance2 = ((at[:, None] - sheet.points) ** 2).sum(-1)
    weight = (distance2 + 0.15) ** -2
    return sheet.centre + at @ sheet.axes.T + weight @ sheet.offsets / weight.sum(1, keepdims=True)


def features_at(network, z):
    """The features int16 [n, d] whose first coordinates come nearest to z [n, d]."""
    mean, mantissa, shift = network.live.metric
    x = (z * 256 * 2.0**shift / mantissa + mean) / 256
    return np.clip(np.round(x), -32768, 32767).astype(np.int16)
