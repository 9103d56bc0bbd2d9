# SPDX-License-Identifier: MIT
"""The function network in float64: the accuracy that the integers have to reach. It shares no line with the mirror."""

import numpy as np


def train_and_predict(x, y, queries, most_layers=4):
    """Classes answered for queries [n, d] after learning x [m, d], y [m], and the number of layers."""
    x, queries = np.asarray(x, float), np.asarray(queries, float)
    classes, own = np.unique(y, return_inverse=True)
    m, d = x.shape
    targets = np.eye(len(classes))[own] - 1 / len(classes)
    centre, gain = x.mean(0), _gain(x, own)
    z, q = (x - centre) * gain, (queries - centre) * gain
    s, u, v = np.ones(d), z, q
    left_out_sum, answer_sum, error, depth = 0, 0, np.inf, 0
    while depth < most_layers:
        width, k, alpha, residual = _solve(u * s, targets)
        left_out = targets - residual
        new_error = np.mean((targets - (left_out_sum + left_out) / (depth + 1)) ** 2)
        if new_error > 0.9 * error:
            break
        depth, error, left_out_sum = depth + 1, new_error, left_out_sum + left_out
        answers = 2.0 ** (-_distances(v * s, u * s) / width) @ alpha
        answer_sum = answer_sum + answers
        slopes = k * alpha.T[own]
        gradient = ((slopes.sum(1)[:, None] * u - slopes @ u) * s**2)[:, :d]
        energy = (gradient**2).sum(0)
        energy = energy / energy.mean() if energy.any() else np.ones(d)
        rho = m / (m + 3 * d)
        s = np.concatenate([np.sqrt(rho * energy + 1 - rho), np.full(len(classes), d**0.5)])
        u, v = np.hstack([z, left_out]), np.hstack([q, answers])
    return classes[answer_sum.argmax(1)], depth


def _gain(x, own):
    groups = [x[own == c] for c in range(own.max() + 1)]
    freedom = len(x) - len(groups)
    within = sum(((group - group.mean(0)) ** 2).sum(0) for group in groups)
    variance = (within + 4 * x.var(0)) / (freedom + 4)
    return np.where(variance > 0, 1 / np.sqrt(np.maximum(variance, 1e-30)), 0)


def _distances(a, b):
    return np.maximum((a**2).sum(1)[:, None] + (b**2).sum(1) - 2 * a @ b.T, 0)


def _solve(n, targets):
    m, best = len(n), None
    distances = _distances(n, n)
    mean = max(distances.sum() / max(m * (m - 1), 1), 1e-12)
    for width in (mean / 2, 2 * mean):
        k = 2.0 ** (-distances / width)
        inverse = np.linalg.inv(k + np.eye(m) / 32)
        alpha = inverse @ targets
        residual = alpha / np.diag(inverse)[:, None]
        if best is None or (residual**2).sum() < best[0]:
            best = (residual**2).sum(), width, k, alpha, residual
    return best[1:]
