# SPDX-License-Identifier: MIT
"""Board and mirror side by side, and events read from files."""
