# SPDX-License-Identifier: MIT
"""Programs that take a terminal, on a pseudo-terminal of 80 x 24 characters."""

import os
import pty
import re
import select
import signal
import subprocess
import time

PATIENCE = 60  # seconds


def seen(command, until, key, environment, **options):
    """All that a command writes to a terminal, str, until it ends well.

    The key is pressed where `until`, a pattern of bytes, has been written, which takes no more than PATIENCE.
    """
    master, slave = pty.openpty()
    environment = environment | dict(COLUMNS="80", LINES="24")
    done = subprocess.Popen(
        command, stdin=slave, stdout=slave, stderr=slave, env=environment, start_new_session=True, **options
    )
    os.close(slave)
    written, pressed, limit = b"", False, time.monotonic() + PATIENCE
    while time.monotonic() < limit and select.select([master], [], [], PATIENCE)[0]:
        try:
            more = os.read(master, 65536)
        except OSError:  # the other end is closed
            break
        written += more
        if not pressed and re.search(until, written):
            os.write(master, key)
            pressed, limit = True, time.monotonic() + PATIENCE
        if not more:
            break
    os.close(master)
    if not pressed:
        os.killpg(done.pid, signal.SIGKILL)
        done.wait()
    assert pressed, f"never {until}, but {written[-4000:]}"
    assert done.wait() == 0, written[-2000:]
    return written.decode("utf-8", "replace")
