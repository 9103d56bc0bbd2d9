# SPDX-License-Identifier: MIT
"""What a person at a desk sees: the command, the demo, its picture and its report."""
