# SPDX-License-Identifier: MIT
"""Serves on a line of the board until EXIT, with a rebuild, or a source of its own, between bytes (PROTOCOL.md sections 2 and 5).

dlm_main.serve()                on the REPL's own line, until EXIT
dlm_main.serve_uart(1, 921600)  on a UART; the REPL stays free, here and below
dlm_main.serve_vcp(1)           on the second USB serial port of an STM32, with usb_mode "VCP+VCP"
dlm_main.serve_cdc()            on a USB serial port that micropython-lib's usb-device-cdc adds, as on an RP2040

infer=True in each: a board with a key answers INFER without a session, too (PROTOCOL.md section 10).

The network outlives EXIT: the next serve has it again, until the board is reset, or dlm_main.forget() frees its memory.
With store=dlm_store.Store(), which each of them takes, it outlives a reset and a power cut, too: what was saved last is
restored, and what changes is saved save_after=10 seconds later, at most once in save_every=60; with 0 only when a host
says so (STORE.md).
"""

import gc
import sys
import time

sweep_after = getattr(gc, "threshold", int)  # CPython has none
sweep_after(1024)  # bytes: what stays shall lie close, for a network needs one large piece of the heap
import deeplomath  # noqa: E402  # so does a native module, which comes first
import dlm_line  # noqa: E402
from dlm_frame import WIRE_MAX  # noqa: E402
from dlm_session import Session  # noqa: E402
from dlm_spec import OPCODE_CONFIGURE, OPCODE_MODEL  # noqa: E402

try:
    from micropython import kbd_intr
except ImportError:  # CPython, or a port without

    def kbd_intr(char):
        pass


COLLECT_EVERY = 16  # requests
OPTIONS = ("module", "infer", "store", "save_after", "save_every", "watchdog")  # of serve
WORK = 32768  # multiply-accumulates between two looks at the line: some milliseconds

_kept = None  # the session of the last serve, with its network


def serve(
    reader=None, writer=None, module=deeplomath, infer=False, store=None, save_after=10, save_every=60, watchdog=0
):
    """Answers requests until EXIT or the end of input.

    reader: by default the REPL's stream, where Ctrl-C is a byte like any other meanwhile. Another one must not wait: its
    readinto gives what is there, None where nothing is. writer: by default the reader; it may take a reply in parts.
    While the line is silent a rebuild that was begun goes on, where the port can tell silence; and so, between two looks
    at the line, does the board's own source, where `handlers()` were given one (dlm_live.py). watchdog: seconds behind
    which a loop that hangs is reset; 0: never.
    """
    handlers(module, store, save_after, save_every)
    session = _kept
    session.begin(infer)
    gc.collect()
    sweep_after(-1)
    if reader:
        _answer(session, _watched(dlm_line.Stream(reader), watchdog), writer or reader)
        return
    kbd_intr(-1)
    try:
        _answer(session, _watched(dlm_line.Repl(sys.stdin.buffer), watchdog), writer or sys.stdout.buffer)
    finally:
        kbd_intr(3)


def handlers(module=deeplomath, store=None, save_after=10, save_every=60):
    """Returns the handlers of the next serve, with what was saved: for what main.py adds to them (dlm_live.py)."""
    found = _session(module).handlers
    if store is not None and found.keeper is None:
        _keep(found, store, save_after, save_every)
    return found


def forget():
    """Frees the network that is kept for the next serve, and all that serves it."""
    global _kept
    _kept = None
    gc.collect()


def serve_uart(number, baud=115200, **options):
    """Serves on machine.UART(number). options: those of serve, and tx=, rx=, flow=, rxbuf= where the port has them."""
    from machine import UART

    options.setdefault("rxbuf", WIRE_MAX)
    ours = {name: options.pop(name) for name in OPTIONS if name in options}
    serve(UART(number, baud, timeout=0, **options), **ours)


def serve_vcp(number=1, **options):
    """Serves on pyb.USB_VCP(number); 0 is the REPL's, 1 is there after pyb.usb_mode("VCP+VCP") in boot.py."""
    from pyb import USB_VCP, usb_mode

    mode = str(usb_mode())
    ports = int(mode[0]) if mode[1:2] == "x" else 1  # "2xVCP"
    if not 0 < number < ports:
        there = f"1..{ports - 1}" if ports > 1 else "none"
        how = "boot.py makes number 1 by pyb.usb_mode('VCP+VCP')"
        raise ValueError(f"USB_VCP: {number} given, {there} free in usb_mode {mode}; {how}")
    port = USB_VCP(number)
    port.init(flow=USB_VCP.RTS)  # a host that sends more than there is room for waits
    serve(port, **options)


def serve_cdc(**options):
    """Serves on a USB serial port beside the REPL's: `mpremote mip install usb-device-cdc` makes it possible."""
    import usb.device
    from usb.device.cdc import CDCInterface

    port = CDCInterface(timeout=0, rxbuf=WIRE_MAX, txbuf=WIRE_MAX)
    usb.device.get().init(port, builtin_driver=True)
    serve(port, **options)


def _session(module):
    """Returns the session of the last serve, where it is of this module, else a new one without a network."""
    global _kept
    if _kept is None or _kept.handlers.module is not module:
        forget()
        _kept = Session(module)
    _kept.handlers.running = True
    return _kept


def _keep(handlers, store, after, every):
    """Gives a board its store, and the network that was saved, where it has none."""
    from dlm_keeper import Keeper  # only where it is used, for it takes memory

    gc.collect()
    handlers.keeper = Keeper(handlers, store, after, every)
    handlers.keeper.start()


def _watched(line, seconds):
    """Returns the line, under a watchdog where one was asked for."""
    if not seconds:
        return line
    from dlm_watchdog import Watched

    return Watched(line, seconds)


def _answer(session, line, writer):
    """Reads, answers, and goes on with a rebuild while nothing comes, until EXIT or the end of the input."""
    handlers, keeper, live = session.handlers, session.handlers.keeper, session.handlers.sampler
    chunk = bytearray(256)
    view = memoryview(chunk)
    served = 0
    gc.collect()
    while handlers.running:
        try:
            waiting = keeper is not None and keeper.step()
            busy = handlers.building or live is not None
            if waiting and not busy:
                line.rest()
            size = line.read(view, not (waiting or busy))
            if size == dlm_line.END:
                break
            if size:
                session.receive(chunk, size)
                served += _replies(session, writer)
            elif handlers.building:
                handlers.work(WORK)
            if live:
                served += live.step()
                if live.idle and not size and not handlers.building:
                    time.sleep(0.001)
            if served >= COLLECT_EVERY:
                served = 0
                gc.collect()
        except MemoryError:  # the request is lost; its retry finds the heap swept
            gc.collect()
    if keeper:
        keeper.settle()
    time.sleep(0.05)  # the reply to EXIT leaves before whatever comes next can cut the line


def _replies(session, writer):
    """Answers the requests that came; returns how many."""
    served = 0
    opcode = session.request()
    while opcode is not None:
        if opcode in (OPCODE_CONFIGURE, OPCODE_MODEL):
            gc.collect()  # what its making takes then lies ahead of the network, which may grow
        reply = session.reply()
        if reply is not None:
            dlm_line.write(writer, reply)
            served += 1
        opcode = session.request()
    return served
