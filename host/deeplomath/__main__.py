# SPDX-License-Identifier: MIT
"""The `deeplomath` command, also as `python -m deeplomath`. Its exit statuses are in statuses.py."""

import contextlib
import os
import signal

STOPPED = 130  # as in statuses.py, which is not loaded yet when this is needed


def main():
    """Entry point of the command."""
    with _nothing_begun():
        from .desk import statuses
    statuses.run(_command)


def _command():
    with _nothing_begun():
        from .desk import cli
    return cli.app(standalone_mode=False)


@contextlib.contextmanager
def _nothing_begun():
    """Within it modules are loaded: Ctrl-C ends the process at once, as there is nothing to undo yet."""
    before = signal.getsignal(signal.SIGINT)
    if before is signal.default_int_handler:
        signal.signal(signal.SIGINT, lambda *_: os._exit(STOPPED))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


if __name__ == "__main__":
    main()
