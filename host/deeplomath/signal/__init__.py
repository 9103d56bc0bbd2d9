# SPDX-License-Identifier: MIT
"""Samples to features, stem for stem the files of firmware/signal."""
