# SPDX-License-Identifier: MIT
"""`make bench-learning`: the mirror beside its peers, on the same events. Not part of the package."""
