# SPDX-License-Identifier: MIT
"""A board in its raw REPL that says what it likes: a peer for mpremote on a pseudo-terminal."""

import contextlib
import os
import threading
import time
import tty

BANNER = b"raw REPL; CTRL-B to exit\r\n>"
REPLIES = {
    b"\x01": BANNER,
    b"\x04": b"OK\r\nMPY: soft reboot\r\n" + BANNER,
    b"\x05A\x01": b"R\0",
    b"\x02": b"",
    b"\x03": b"",
}


class HostileBoard:
    """answer(program): the bytes that its run sends. replies: to keys, in place of REPLIES. pause: seconds before each byte."""

    def __init__(self, answer, replies=(), pause=0):
        self._answer, self._replies, self._pause = answer, REPLIES | dict(replies), pause

    def __enter__(self):
        line, self._slave = os.openpty()
        tty.setraw(self._slave)
        self.port = os.ttyname(self._slave)
        threading.Thread(target=self._serve, args=(line,), daemon=True).start()
        return self

    def __exit__(self, *_):
        os.close(self._slave)  # which ends the thread

    def _serve(self, line):
        begun = b""
        with contextlib.suppress(OSError):
            while data := os.read(line, 1):
                begun = b"" if begun + data == b"\r" else begun + data
                reply = self._replies.get(begun)
                if reply is None and begun.endswith(b"\x04"):
                    reply = self._answer(begun[:-1].decode())
                if reply is not None:
                    begun = b""
                while reply:
                    time.sleep(self._pause)
                    reply = reply[os.write(line, reply[:1] if self._pause else reply) :]
        os.close(line)


def said(output, error=b""):
    """What a run sends that prints output and raises error."""
    return b"OK" + output + b"\x04" + error + b"\x04>"
