# SPDX-License-Identifier: MIT
"""The serial loop of the board: `import dlm_main; dlm_main.serve()`. I/O, and a rebuild between bytes (PROTOCOL.md, 5)."""

import gc
import sys
import time

sweep_after = getattr(gc, "threshold", int)  # CPython has none
sweep_after(1024)  # bytes: what stays shall lie close, for a network needs one large piece of the heap
import deeplomath  # noqa: E402  # so does a native module, which comes first
from dlm_service import Service  # noqa: E402

try:
    import select
except ImportError:  # a port without
    select = None

try:
    from micropython import kbd_intr
except ImportError:  # CPython, or a port without

    def kbd_intr(char):
        pass


COLLECT_EVERY = 16  # requests
WORK = 32768  # multiply-accumulates between two looks at the line: some milliseconds


def _poll(reader):
    """Returns a function that tells whether reading would not wait; it always says so where nobody can know."""
    try:
        poller = select.poll()
        poller.register(reader, select.POLLIN)
        return lambda: bool(poller.poll(0))
    except (AttributeError, OSError, TypeError, ValueError):  # no select, or none for this stream
        return lambda: True


def _read(reader, chunk, byte, service, ready):
    """Fills chunk up to a zero or its end, and works on a rebuild while nothing comes; returns how many bytes came."""
    size = 0
    while size < len(chunk):  # one byte a call: the REPL's stream waits until all it was asked for is there
        while service.building and not ready():
            service.work(WORK)
        got = reader.readinto(byte)
        if got:
            chunk[size] = byte[0]
            size += 1
            if not byte[0]:
                break
        elif got == 0:
            service.running = False
            break
        elif service.building:
            service.work(WORK)
    return size


def serve(reader=None, writer=None, module=deeplomath):
    """Answers requests until EXIT or the end of input; Ctrl-C is a byte like any other meanwhile.

    reader, writer: byte streams, the REPL's own by default; a reader that is not blocking (a UART) may return None.
    While the line is silent a rebuild that was begun goes on, where the port can tell silence.
    """
    reader = reader or sys.stdin.buffer
    writer = writer or sys.stdout.buffer
    service = Service(module)
    ready = _poll(reader)
    chunk = bytearray(64)
    byte = bytearray(1)
    served = 0
    gc.collect()
    sweep_after(-1)
    kbd_intr(-1)
    try:
        while service.running:
            try:
                size = _read(reader, chunk, byte, service, ready)
                for reply in service.receive(chunk, size):
                    writer.write(reply)
                    if hasattr(writer, "flush"):
                        writer.flush()
                    served += 1
                    if served % COLLECT_EVERY == 0:
                        gc.collect()
            except MemoryError:  # the request is lost; its retry finds the heap swept
                gc.collect()
        time.sleep(0.05)  # the reply to EXIT leaves before whatever comes next can cut the line
    finally:
        kbd_intr(3)
