# SPDX-License-Identifier: MIT
"""The function network in float64: the accuracy that the integers have to reach. It shares no line with the mirror."""

import numpy as np


def train_and_predict(x, y, queries, most_layers=2):
    """Classes answered for queries [n, d] after learning x [m, d], y [m], and the number of layers."""
    x, queries = np.asarray(x, float), np.asarray(queries, float)
    classes, own = np.unique(y, return_inverse=True)
    m, d = x.shape
    targets = np.eye(len(classes))[own] - 1 / len(classes)
    low, high = _window(x)
    x, queries = np.clip(x, low, high), np.clip(queries, low, high)
    gain = _gain(x, own)
    z, q = (np.clip((rows - x.mean(0)) * gain, -16, 16) for rows in (x, queries))
    whiten = _whitening(z, own)
    u, v, s = z, q, np.ones(d)
    left_out, answers, total, error, depth = 0, 0, 0, np.inf, 0
    while depth < most_layers:
        width, k, alpha, residual = _solve(u, targets)
        weight = 1 / max((residual**2).sum(), 1e-9)
        mixed = (total * left_out + weight * (targets - residual)) / (total + weight)
        new_error = ((targets - mixed) ** 2).sum()
        if new_error > 0.95 * error:
            break
        said = 2.0 ** (-_distances(v, u) / width) @ alpha
        answers = (total * answers + weight * said) / (total + weight)
        depth, error, left_out, total = depth + 1, new_error, mixed, total + weight
        base, asked = z @ whiten.T, q @ whiten.T
        s = _slopes(base, k * alpha.T[own], s)
        scale = np.concatenate([s, np.full(len(classes), d**0.5)])
        u, v = np.hstack([base, targets - residual]) * scale, np.hstack([asked, said]) * scale
    return classes[answers.argmax(1)], depth


def _window(x):
    middle = np.median(x, 0)
    reach = 6 * np.median(abs(x - middle), 0)
    return np.where(reach > 0, middle - reach, -np.inf), np.where(reach > 0, middle + reach, np.inf)


def _gain(x, own):
    groups = [x[own == c] for c in range(own.max() + 1)]
    freedom = len(x) - len(groups)
    within = sum(((group - group.mean(0)) ** 2).sum(0) for group in groups)
    variance = (within + 4 * x.var(0)) / (freedom + 4)
    s2 = _relevance(((x - x.mean(0)) ** 2).sum(0), within, freedom, len(groups) - 1)
    return np.where(variance > 0, np.sqrt(s2 / np.maximum(variance, 1e-30)), 0)


def _relevance(total, within, freedom, others):
    if not freedom or not others:
        return np.ones_like(total)
    ratio = np.minimum((np.maximum(total - within, 0) / others) / np.maximum(within / freedom, 1e-12), 4096)
    chance = 2 / others * np.maximum(2 * ratio - 1, 1).mean() * (1 + others / freedom)
    trust = max(0, 1 - chance / ratio.var()) if ratio.var() > 0 else 0
    root = np.sqrt(ratio)
    return np.maximum(1 + trust * (root / max(root.mean(), 1e-12) - 1), 1 / 256)


def _whitening(z, own):
    means = np.array([z[own == c].mean(0) for c in range(own.max() + 1)])
    rest = z - means[own]
    m, d = rest.shape
    scatter = rest.T @ rest / m
    mean = np.trace(scatter) / d
    if mean < 1e-6:
        return np.eye(d)
    apart = ((scatter - mean * np.eye(d)) ** 2).sum()
    noise = (((rest**2).sum(1) ** 2).mean() - (scatter**2).sum()) / m
    a = min(1, max(1 / 16, noise / apart)) if apart > 1e-9 else 1
    return np.linalg.inv(np.linalg.cholesky((1 - a) * scatter / mean + a * np.eye(d)))


def _slopes(base, slopes, s):
    """s of the next layer from the slopes [m, m] of each event's own output, along base coordinates [m, d]."""
    m, d = base.shape
    gradient = (slopes.sum(1)[:, None] * base - slopes @ base) * s[:d] ** 2
    energy = (gradient**2).sum(0)
    energy = energy / energy.mean() if energy.any() else np.ones(d)
    rho = m / (m + 3 * d)
    return np.sqrt(rho * energy + 1 - rho)


def _distances(a, b):
    return np.maximum((a**2).sum(1)[:, None] + (b**2).sum(1) - 2 * a @ b.T, 0)


def _solve(n, targets):
    m = len(n)
    distances = _distances(n, n)
    width = max(distances.sum() / max(m * (m - 1), 1), 1e-12) / 2
    k = 2.0 ** (-distances / width)
    inverse = np.linalg.inv(k + np.eye(m) / 32)
    alpha = inverse @ targets
    return width, k, alpha, alpha / np.diag(inverse)[:, None]
