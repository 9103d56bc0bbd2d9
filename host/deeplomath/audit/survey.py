# SPDX-License-Identifier: MIT
"""The audit of many logs: each is replayed and proved, on all cores or a Dask cluster, and becomes a row of a table."""

import asyncio
import concurrent.futures
import contextlib
import io
import multiprocessing
import statistics

from .. import spec
from ..errors import DataError, DeeplomathError
from ..results import Answer, Verdict
from ..text import escaped, printable
from .lockstep import Mismatch
from .log import CUT, DAMAGED, open_log
from .replay import Replay

PROVED, DIFFERS, UNPROVED, UNREADABLE = "proved", "differs", "not all proved", "unreadable"
WORDS = 1000  # characters of what differs, at most
PATIENCE = 10  # seconds until a cluster answers
COLUMNS = {  # of a row: its type
    "file": str,
    "device": str,
    "began": str,
    "state": str,  # PROVED, DIFFERS, UNPROVED, UNREADABLE, CUT or DAMAGED
    "requests": int,
    "learned": int,
    "answered": int,
    "known": int,
    "uncertain": int,
    "unknown": int,
    "unknown_share": float,  # of the answers
    "accuracy": float,  # of what the network said of each event ahead of learning it, once it knew its class
    "false_reject": float,  # share of these events that it called unknown
    "drift": float,  # median novelty of the last half of the answers over that of the first half, less 1
    "corrections": int,
    "undos": int,
    "neurons": int,
    "depth": int,
    "proofs": int,  # digests found equal
    "not_compared": int,
    "differs_at": int,  # request of the first difference
    "differs": str,  # what it was, in words
    "digest": str,
    "words": str,  # on a damage, or on what could not be read
}


def row(path):
    """The row of a log, {column: value or None}; it never raises for what is wrong with the log."""
    found = dict.fromkeys(COLUMNS) | dict(file=str(path))
    try:
        log = open_log(path)
    except (DeeplomathError, OSError) as error:
        return found | dict(state=UNREADABLE, words=str(error))
    found |= dict(device=log.device, began=log.session.get("began"))
    replay, tally = Replay(log, asks=True), Tally()
    try:
        for step in replay.steps():
            tally.take(step)
    except Mismatch as error:
        rows = "; ".join(f"{name} {board} on the board, {mirror} of the mirror" for name, board, mirror in error.rows)
        found |= dict(state=DIFFERS, differs_at=error.event, differs=printable(f"{error.request}: {rows}", WORDS))
    except (DeeplomathError, OSError) as error:
        found |= dict(state=UNREADABLE, words=str(error))
    else:
        damaged = {CUT: CUT, DAMAGED: DAMAGED}.get(log.end)
        found |= dict(state=damaged or (UNPROVED if replay.unproved else PROVED), words=log.damage or None)
    return found | tally.columns() | _network(replay)


def survey(paths, workers=None, scheduler=None):
    """Yields the row of each log, as soon as it is there.

    workers: processes, by default as many as there are cores; scheduler: the address of a Dask cluster, which takes their
    place; it has to see the same files. DataError: there is no such cluster.
    """
    paths = [str(path) for path in paths]
    if scheduler is not None:
        yield from _on_cluster(paths, scheduler)
        return
    if len(paths) == 1 or workers == 1:
        yield from map(row, paths)
        return
    context = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(workers, mp_context=context) as pool:
        waiting = [pool.submit(row, path) for path in paths]
        try:
            for done in concurrent.futures.as_completed(waiting):
                yield done.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def table(rows):
    """A polars.DataFrame of rows, ordered by file."""
    import polars

    types = {str: polars.String, int: polars.Int64, float: polars.Float64}
    ordered = [{name: _text(value) for name, value in it.items()} for it in sorted(rows, key=lambda it: it["file"])]
    return polars.DataFrame(ordered, schema={name: types[kind] for name, kind in COLUMNS.items()})


def written(rows, suffix):
    """The bytes of the table of rows, as a file of this suffix: .parquet or .csv."""
    made, content = table(rows), io.BytesIO()
    made.write_parquet(content) if suffix == ".parquet" else made.write_csv(content)
    return content.getvalue()


def _text(value):
    """A value of a row; of a text, as a file's name, each byte that is no UTF-8 escaped."""
    return value.encode("utf-8", "backslashreplace").decode() if isinstance(value, str) else value


class Tally:
    """What the Steps of a replay add up to."""

    def __init__(self):
        self.requests = self.learned = self.right = self.asked = self.rejected = self.corrections = self.undos = 0
        self.verdicts, self.novelties = dict.fromkeys(Verdict, 0), []

    def take(self, step):
        """One Step more."""
        it = step.record.exchanged
        self.requests += 1
        self.corrections += it.done and it.opcode == spec.OPCODE_CORRECT
        self.undos += it.done and it.opcode == spec.OPCODE_UNDO
        for i, event in enumerate(step.events):
            answer = event if isinstance(event, Answer) else getattr(event, "answer", None)
            if answer:
                self.verdicts[answer.verdict] += 1
                self.novelties.append(answer.novelty)
            elif getattr(event, "refused", None) is None:
                self._learned(step.before[i], step.labels[i])

    def _learned(self, before, label):
        self.learned += 1
        if before and before.label >= 0 and label < len(before.outputs) and before.outputs[label]:
            self.asked += 1
            unknown = before.verdict == Verdict.UNKNOWN
            self.rejected += unknown
            self.right += not unknown and before.label == label

    def columns(self):
        """The columns of a row that these are."""
        answered, half = sum(self.verdicts.values()), len(self.novelties) // 2
        first, last = (statistics.median(it or [0]) for it in (self.novelties[:half], self.novelties[half:]))
        verdicts = {verdict.name.lower(): number for verdict, number in self.verdicts.items()}
        return dict(
            requests=self.requests,
            learned=self.learned,
            answered=answered,
            **verdicts,
            unknown_share=self.verdicts[Verdict.UNKNOWN] / answered if answered else None,
            accuracy=self.right / self.asked if self.asked else None,
            false_reject=self.rejected / self.asked if self.asked else None,
            drift=last / first - 1 if first else None,
            corrections=self.corrections,
            undos=self.undos,
        )


def _network(replay):
    """The columns of the network that a replay came to."""
    found = dict(proofs=replay.proved, not_compared=sum(replay.unproved.values()))
    if replay.digest is not None:
        found |= dict(digest=f"{replay.digest:08x}")
    if replay.twin.network is not None:
        info = replay.twin.network.info()
        found |= dict(neurons=info.neurons, depth=info.depth)
    return found


def _reach(scheduler):
    """DataError: nobody answers at an address. A Client that finds nobody would say so once more when the program ends."""
    import logging

    from distributed import Security
    from distributed.comm import connect

    async def look():
        how = Security().get_connection_args("client")
        (await connect(scheduler, timeout=PATIENCE, **how)).abort()

    logging.getLogger("distributed").setLevel(logging.ERROR)
    try:
        asyncio.run(look())
    except Exception as error:  # of an address that is none, each kind of address raises another
        words = f"no Dask cluster at {escaped(scheduler)!r}: {printable(str(error))}"
        raise DataError(f"scheduler: {words}; one is named as in tcp://HOST:8786") from error


def _on_cluster(paths, scheduler):
    from distributed import Client, as_completed

    _reach(scheduler)
    try:
        client = Client(scheduler, timeout=PATIENCE, set_as_default=False)
    except (OSError, ValueError) as error:
        raise DataError(f"scheduler: no Dask cluster at {scheduler}: {error}") from error
    with contextlib.closing(client):
        with client.as_current():
            done = as_completed(client.map(row, paths, pure=False))
        for one in done:
            yield one.result()
