# SPDX-License-Identifier: MIT
"""The ring of answers: whole, in order, under their numbers, the oldest gone, whatever their lengths."""

import collections
import random

import pytest

from deeplomath import spec
from wire import dlm_queue


@pytest.mark.parametrize("seed", range(20))
def test_what_is_read_is_the_newest_of_what_was_put(seed):
    draw = random.Random(seed)
    size = draw.choice([512, 513, 700, 4096])
    queue, kept, bytes_kept = dlm_queue.Queue(size), collections.deque(), 0
    for number in range(400):
        answer = draw.randbytes(draw.choice([12, 90, 254, 255, 256, 440, draw.randrange(12, 440)]))
        queue.put(memoryview(answer))
        kept.append(answer)
        bytes_kept += len(answer) + 2
        while bytes_kept > size:
            bytes_kept -= len(kept.popleft()) + 2
        assert (queue.next, queue.kept) == (number + 1, len(kept))
        since, room = draw.randrange(number + 2), memoryview(bytearray(draw.choice([440, 600, 2162])))
        first, n, used = queue.read(since, room)
        oldest = number + 1 - len(kept)
        assert first == max(since, oldest)
        wanted = list(kept)[first - oldest :]
        assert bytes(room[:used]) == b"".join(wanted[:n])
        assert n == len(wanted) or used + len(wanted[n]) > len(room)


def test_a_read_takes_nothing_away_and_gives_at_most_255():
    queue, room = dlm_queue.Queue(8192), memoryview(bytearray(8192))
    for number in range(300):
        queue.put(memoryview(bytes([number & 255] * 12)))
    assert queue.read(0, room) == queue.read(0, room) == (0, 255, 255 * 12)
    assert queue.read(255, room) == (255, 45, 45 * 12)
    assert queue.read(300, room) == (300, 0, 0)


def test_what_is_not_there_yet_is_refused():
    queue = dlm_queue.Queue(512)
    queue.put(memoryview(bytes(12)))
    for since in (2, 500, 2**31):
        with pytest.raises(ValueError, match=f"since: {since} given, 1 is the next answer") as error:
            queue.read(since, memoryview(bytearray(600)))
        assert error.value.args[1] == spec.ERROR_ANSWER


def test_numbers_go_round():
    queue, room = dlm_queue.Queue(512), memoryview(bytearray(600))
    queue.next = 2**32 - 1
    for _ in range(3):
        queue.put(memoryview(bytes(12)))
    assert queue.read(2**32 - 1, room) == (2**32 - 1, 3, 36)
    assert queue.read(1, room) == (2**32 + 1, 1, 12)


def test_a_queue_without_room_for_the_longest_answer_is_refused():
    with pytest.raises(ValueError, match="queue: 511 bytes given, 512 or more needed"):
        dlm_queue.Queue(511)
