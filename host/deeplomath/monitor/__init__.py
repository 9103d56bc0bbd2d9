# SPDX-License-Identifier: MIT
"""A board watched while it learns: one feed, shown in a terminal, as a page and as figures."""
