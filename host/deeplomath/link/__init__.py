# SPDX-License-Identifier: MIT
"""The way to a board: frames, the line, requests and replies, the client; boards without hardware."""
