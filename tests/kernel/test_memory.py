# SPDX-License-Identifier: MIT
"""dlm_memory.c and memory.py: what is kept, what goes, and how it is taken back; the vectors run in test_network.py."""

import struct

import numpy as np
import pytest

from deeplomath import KernelError, spec
from implementations import KERNEL, MIRROR
from operations import apply
from states import Record, State
from walks import draw_config, draw_operation, events, stream, taught

both = pytest.mark.parametrize("make", [MIRROR, KERNEL], ids=["mirror", "kernel"])


@both
@pytest.mark.parametrize("seed", range(4))
def test_undo_gives_the_digest_of_before_whatever_the_learn_did(make, seed):
    net, done = make(features=4, classes=3, events=9), set()
    mixed = zip(stream(seed, 30, 4, 3), stream(seed + 50, 30, 4, 3, kind="uniform"))
    for x, label in (event for pair in mixed for event in pair):
        before = net.digest()
        learned = net.learn(x, label)
        done.add((learned.action, learned.evicted >= 0))
        after = net.digest()
        net.undo()
        assert net.digest() == before
        net.learn(x, label)
        assert net.digest() == after
    assert done == {(spec.ACTION_INSERTED, False), (spec.ACTION_ABSORBED, False), (spec.ACTION_INSERTED, True)}


@both
def test_forgetting_the_newest_gives_the_digest_of_before_while_nothing_had_to_go_for_it(make):
    net = make(features=4, classes=3, events=40)
    for x, label in stream(5, 30, 4, 3, kind="uniform"):
        before = net.digest()
        learned = net.learn(x, label)
        assert learned.action == spec.ACTION_INSERTED
        net.forget(learned.event)
        assert net.digest() == before
        net.learn(x, label)


@both
def test_unknowns_become_a_class_in_one_go(make):
    net = make(features=4, classes=4, events=40)
    for x, label in stream(11, 30, 4, 3):
        net.learn(x, label)
    new = [np.array([15000 + 300 * i, -15000, 200 * i, 15000], np.int16) for i in range(4)]
    assert [net.infer(x).verdict for x in new] == [spec.VERDICT_UNKNOWN] * 4
    ids = net.unknowns()[-4:]
    assert all((net.unknown(unknown) == x).all() for unknown, x in zip(ids, new))
    net.name(ids, 3)
    answer = net.infer(np.array([15400, -15000, 300, 15000], np.int16))
    assert answer.label == 3 and answer.verdict != spec.VERDICT_UNKNOWN
    assert not set(ids) & set(net.unknowns())


@both
def test_naming_is_all_or_nothing(make):
    net = make(features=2, classes=3, events=4)
    for i in range(4):
        net.learn(np.array([i * 5000, (i % 2) * 9000], np.int16), i % 2)
    for i in range(3):
        net.infer(np.array([-30000, 500 * i], np.int16))
    before = net.digest(), net.unknowns()
    with pytest.raises(KernelError) as refused:
        net.name(net.unknowns()[-3:], 2)
    assert refused.value.code == spec.ERROR_FULL and (net.digest(), net.unknowns()) == before


@both
def test_a_correction_that_fails_leaves_the_learn_as_it_was(make):
    """Two classes of two in four places: the fifth event is absorbed, and there is no room for it as another class."""
    net = make(features=1, classes=3, events=4)
    for x, label in ((0, 0), (9000, 1), (40, 0), (9050, 1), (20, 0)):
        learned = net.learn(np.array([x], np.int16), label)
    assert learned.action == spec.ACTION_ABSORBED
    before = net.digest(), net.info()
    with pytest.raises(KernelError) as refused:
        net.correct(2)
    assert refused.value.code == spec.ERROR_FULL and (net.digest(), net.info()) == before
    net.undo()
    assert net.digest() != before[0]


@both
def test_a_correction_that_fails_leaves_a_regression_as_it_was(make):
    net = make(features=1, classes=1, events=2, regression=True)
    for x, value in ((0, 0), (100, 1000), (49, 500)):
        learned = net.learn(np.array([x], np.int16), value)
    before = net.digest()
    if learned.action == spec.ACTION_ABSORBED:
        with pytest.raises(KernelError):
            net.correct(30000)
    assert net.digest() == before and net.info().clock == 3


@both
@pytest.mark.parametrize("seed", range(8))
def test_one_undo_takes_a_whole_naming_back_and_the_unknowns_are_remembered_again(make, seed):
    """Few places and repeated unknowns: some are absorbed, some evict; the experience overflows, too."""
    draw = np.random.default_rng(seed)
    net = taught(make, seed, 40 + 100 * (seed % 2), features=3, classes=3, events=8)
    while len(net.unknowns()) < 8:
        net.infer(draw.integers(15000, 15000 + 300 * seed + 1, 3).astype(np.int16))
    ids = tuple(int(i) for i in draw.permutation(net.unknowns())[: 3 + seed % 6])
    before = net.digest(), net.info(), net.unknowns(), [net.unknown(i).tolist() for i in net.unknowns()]
    learned = net.name(ids, 2)
    assert set(net.unknowns()) == set(before[2]) - set(ids), seed
    after = net.digest()
    net.undo()
    assert (net.digest(), net.info(), net.unknowns(), [net.unknown(i).tolist() for i in before[2]]) == before, seed
    assert (net.name(ids, 2), net.digest()) == (learned, after), seed


@both
def test_after_a_learn_a_naming_is_not_undone_any_more(make):
    net = make(features=1, classes=3, events=6)
    net.learn(np.array([0], np.int16), 0)
    for x in (5000, 5100):
        net.infer(np.array([x], np.int16))
    net.name(net.unknowns()[:1], 1)
    named = net.digest()
    with pytest.raises(KernelError):
        net.learn(np.array([9000], np.int16), 3)  # changes nothing
    net.learn(np.array([9000], np.int16), 2)
    net.undo()
    assert (net.digest(), net.unknowns()) == (named, (1,))
    for change in (net.undo, net.drop):
        with pytest.raises(KernelError) as refused:
            change()
        assert refused.value.code == spec.ERROR_NOTHING


@both
def test_a_state_that_is_refused_leaves_a_naming_to_be_undone(make):
    net = taught(make, 21, 20, features=3, classes=3, events=8)
    net.infer(np.array([20000, 0, 0], np.int16))
    before, state = net.digest(), bytearray(net.export())
    net.name(net.unknowns()[-1:], 1)
    state[-5] ^= 1
    with pytest.raises(KernelError):
        net.load(state)
    net.undo()
    assert net.digest() == before


def class_clocks(net):
    """The learns of each class, as the state has them."""
    return struct.unpack_from(f"<{net.info().classes}I", bytes(net.export()), 26)


def touches(net):
    """{id: (label, touched)} of the events kept, as the state has them."""
    state, info = bytes(net.export()), net.info()
    first, size = 26 + 4 * info.classes, 12 + 2 * info.features
    records = (struct.unpack_from("<IIh", state, first + i * size) for i in range(info.neurons))
    return {event: (label, touched) for event, touched, label in records}


def three(make, **config):
    """A network of three classes, of 3, 2 and 1 events far from each other, and the ids of these, class by class."""
    net = make(**{"features": 1, "classes": 5, "events": 12, **config})
    places = (0, 400, 5000), (12000, 12400), (24000,)
    ids = [[net.learn(np.array([x], np.int16), label).event for x in places[label]] for label in range(3)]
    return net, ids


@both
def test_a_learn_counts_in_the_clock_of_its_class_alone(make):
    net, _ = three(make)
    assert (class_clocks(net), net.info().clock) == ((3, 2, 1, 0, 0), 6)
    assert touches(net) == {0: (0, 0), 1: (0, 1), 2: (0, 2), 3: (1, 0), 4: (1, 1), 5: (2, 0)}
    learned = net.learn(np.array([100], np.int16), 0)
    assert learned.action == spec.ACTION_ABSORBED
    assert class_clocks(net) == (4, 2, 1, 0, 0) and touches(net)[learned.event] == (0, 3)


@both
def test_all_learns_of_a_regression_are_of_one_class(make):
    net = make(features=1, classes=1, events=6, regression=True)
    for i in range(4):
        net.learn(np.array([900 * i], np.int16), 7000 * i)
    net.relabel(1, -9)
    assert class_clocks(net) == (5,) and touches(net)[1] == (-9, 4)


@both
def test_undo_puts_the_clocks_of_the_classes_back_all_learns_of_a_naming_at_once(make):
    net, _ = three(make)
    before = class_clocks(net), net.digest()
    net.learn(np.array([200], np.int16), 0)
    net.undo()
    assert (class_clocks(net), net.digest()) == before
    for i in range(3):
        net.infer(np.array([-20000 - 900 * i], np.int16))
    net.name(net.unknowns(), 3)
    assert class_clocks(net) == (3, 2, 1, 3, 0)
    net.undo()
    assert (class_clocks(net), net.digest()) == before


@both
def test_the_newest_takes_its_tick_of_the_clock_of_its_class_along_and_no_other_does(make):
    net, ids = three(make)
    net.forget(ids[0][2])  # the last learn of its class, but not the newest
    assert (class_clocks(net), net.info().clock) == ((3, 2, 1, 0, 0), 6)
    net.forget(ids[2][0])
    assert (class_clocks(net), net.info().clock) == ((3, 2, 0, 0, 0), 5)
    net.relabel(ids[1][1], 0)
    net.relabel(ids[0][0], 0)
    net.forget(ids[1][1])  # the newest, but touched before another of its class was
    assert (class_clocks(net), net.info().clock) == ((5, 2, 0, 0, 0), 4)


@both
def test_a_relabel_counts_as_a_learn_of_the_new_class(make):
    net, ids = three(make)
    net.relabel(ids[0][0], 1)
    assert (class_clocks(net), net.info().clock) == ((3, 3, 1, 0, 0), 6)
    assert touches(net)[ids[0][0]] == (1, 2)
    net.relabel(ids[0][0], 1)  # under the same label: touched again
    assert (class_clocks(net), touches(net)[ids[0][0]]) == ((3, 4, 1, 0, 0), (1, 3))


@both
def test_a_class_takes_its_clock_along_when_it_is_renamed_and_loses_it_when_it_is_dropped(make):
    net, ids = three(make)
    net.rename_class(0, 4)
    assert class_clocks(net) == (0, 2, 1, 0, 3) and touches(net)[ids[0][2]] == (4, 2)
    with pytest.raises(KernelError):
        net.rename_class(1, 2)
    assert class_clocks(net) == (0, 2, 1, 0, 3)
    net.drop_class(2)  # its event is the newest
    net.drop_class(4)
    assert (class_clocks(net), net.info().clock) == ((0, 2, 0, 0, 0), 5)
    net.learn(np.array([1], np.int16), 4)
    for event in [event for event, (label, _) in touches(net).items() if label == 1]:
        net.forget(event)
    assert class_clocks(net) == (0, 2, 0, 0, 1)
    net.rename_class(1, 1)  # to itself, without events: nothing moves
    assert class_clocks(net) == (0, 2, 0, 0, 1)
    net.rename_class(1, 0)  # without events: the clock moves all the same
    assert class_clocks(net) == (2, 0, 0, 0, 1)


@pytest.mark.kernel
@pytest.mark.parametrize("seed", range(30))
def test_in_whatever_order_events_change_each_was_touched_once_and_before_the_clock_of_its_class(seed):
    """And a fresh network takes the state: what a walk leads to is within the limits of a state."""
    draw = np.random.default_rng(seed)
    config = {**draw_config(draw, seed, 12, 4), "layers": 1, "background": False}
    nets, source = (
        [make(**config) for make in (MIRROR, KERNEL)],
        events(draw, "clusters", config["features"], config["classes"]),
    )
    changes = ("learn", "undo", "forget", "relabel", "correct", "name", "rename", "drop_class", "reload", "infer")
    for step in range(150):
        operation = draw_operation(draw, source, config, min(step, 14), nets[0])
        if operation[0] not in changes:
            continue
        outcomes = [apply(net, operation) for net in nets]
        assert outcomes[0] == outcomes[1], (seed, step, operation)
        assert nets[0].digest() == nets[1].digest(), (seed, step, operation)
        clocks, seen = class_clocks(nets[1]), touches(nets[1])
        assert clocks == tuple(nets[0].memory.class_clock), (seed, step, operation)
        of_class = [(0 if config["regression"] else label, touched) for label, touched in seen.values()]
        assert len(set(of_class)) == len(of_class), (seed, step, operation)
        assert all(touched < clocks[own] for own, touched in of_class), (seed, step, operation)
    fresh = MIRROR(**config)
    fresh.load(nets[1].export())
    assert fresh.digest() == nets[1].digest()


@both
def test_the_experience_tells_whether_the_event_was_inserted_or_absorbed(make):
    net = make(features=1, classes=2, events=12)
    actions = []
    for i in range(24):
        learned = net.learn(np.array([9000 * (i % 2) + 1200 * (i % 7)], np.int16), i % 2)
        actions += [learned.action] if i > 3 else []
    assert set(actions) == {spec.ACTION_INSERTED, spec.ACTION_ABSORBED}
    state = bytes(net.export())
    margins = [
        struct.unpack_from("<H", state, at + 6)[0] for at in range(len(state) - 8 - 8 * len(actions), len(state) - 8, 8)
    ]
    assert [bool(margin & 2**14) for margin in margins] == [action == spec.ACTION_INSERTED for action in actions]


def at_clock(make, clock, class_clock=None):
    """A network of two events that has learned `clock` times; class_clock: the learns of each class, as many where None."""
    config = {"features": 1, "classes": 3, "events": 6}
    class_clock = class_clock or (clock,) * 3
    records = (Record(0, 0, 0, 1, (0,)), Record(clock - 1, class_clock[1] - 1, 1, 1, (9000,)))
    net = make(**config)
    net.load(State(config, clock, records, class_clock=class_clock).sound())
    return net


@both
def test_learning_a_class_is_refused_at_the_end_of_its_clock_and_all_else_goes_on(make):
    net = at_clock(make, 9, (5, spec.LIMIT_CLOCK, spec.LIMIT_CLOCK - 1))
    for x in (20000, 20100):
        net.infer(np.array([x], np.int16))
    before = net.digest(), net.info(), net.unknowns()
    x = np.array([8000], np.int16)
    refusals = (
        lambda: net.learn(x, 1),
        lambda: net.correct(1),
        lambda: net.name((0,), 1),
        lambda: net.name((0, 1), 2),  # one more than can be counted
        lambda: net.relabel(0, 1),
    )
    for change in refusals:
        with pytest.raises(KernelError) as refused:
            change()
        assert refused.value.code == spec.ERROR_CLOCK
        assert (net.digest(), net.info(), net.unknowns()) == before
    net.relabel(0, 2)
    with pytest.raises(KernelError) as refused:
        net.relabel(0, 2)
    assert refused.value.code == spec.ERROR_CLOCK
    learned = net.learn(x, 0)
    after = net.digest()
    with pytest.raises(KernelError) as refused:
        net.correct(2)  # its learn is undone, and learned again as it was
    assert (refused.value.code, net.digest()) == (spec.ERROR_CLOCK, after)
    net.forget(learned.event)
    net.forget(8)  # the newest
    assert class_clocks(net) == (5, spec.LIMIT_CLOCK - 1, spec.LIMIT_CLOCK)
    assert net.learn(x, 1).action == spec.ACTION_INSERTED


def test_many_learns_beyond_the_end_of_the_clock_of_a_class_are_refused():
    net = at_clock(MIRROR, 9, (5, 5, spec.LIMIT_CLOCK - 1))
    before = net.digest()
    with pytest.raises(KernelError) as refused:
        net.learn_many(np.zeros((3, 1), np.int16), [0, 2, 2])
    assert refused.value.code == spec.ERROR_CLOCK and net.digest() == before
    net.learn_many(np.zeros((3, 1), np.int16), [0, 2, 1])
    assert class_clocks(net) == (6, 6, spec.LIMIT_CLOCK)


@both
def test_learning_is_refused_at_the_end_of_the_clock_and_the_state_is_still_its_own(make):
    net = at_clock(make, spec.LIMIT_CLOCK - 1, (9, 9, 9))
    for x in (20000, 20100):
        net.infer(np.array([x], np.int16))
    with pytest.raises(KernelError) as refused:
        net.name(net.unknowns(), 2)  # one more than can be counted
    assert refused.value.code == spec.ERROR_CLOCK and net.unknowns() == (0, 1)
    learned = net.learn(np.array([100], np.int16), 0)
    assert (learned.event, net.info().clock) == (spec.LIMIT_CLOCK - 1, spec.LIMIT_CLOCK)
    assert net.correct(2).event == spec.LIMIT_CLOCK - 1  # the learn that it undoes makes room
    x = np.array([20200], np.int16)
    net.relabel(0, 0)  # it counts in the clock of its class alone
    before, state = (net.digest(), net.info(), net.unknowns()), net.export()
    for change in (lambda: net.learn(x, 0), lambda: net.name((0,), 1), lambda: (net.infer(x), net.correct(0))):
        with pytest.raises(KernelError) as refused:
            change()
        assert refused.value.code == spec.ERROR_CLOCK
        assert (net.digest(), net.info()) == before[:2] and net.unknowns()[:2] == (0, 1)
    again = make(features=1, classes=3, events=6)
    again.load(state)
    assert again.digest() == before[0] and bytes(again.export()) == bytes(state)
    again.forget(spec.LIMIT_CLOCK - 1)
    assert again.learn(x, 0).event == spec.LIMIT_CLOCK - 1


def test_many_learns_beyond_the_end_of_the_clock_are_refused():
    net = at_clock(MIRROR, spec.LIMIT_CLOCK - 1, (9, 9, 9))
    before = net.digest()
    with pytest.raises(KernelError) as refused:
        net.learn_many(np.zeros((2, 1), np.int16), [0, 1])
    assert refused.value.code == spec.ERROR_CLOCK and net.digest() == before
    net.learn_many(np.zeros((1, 1), np.int16), [0])
    assert net.info().clock == spec.LIMIT_CLOCK


def test_labels_that_do_not_fit_the_events_are_refused_before_anything_changes():
    net = MIRROR(features=1, classes=2, events=6)
    before = net.digest()
    with pytest.raises(KernelError):
        net.learn_many(np.zeros((3, 1), np.int16), [0, 1])
    assert net.digest() == before and not net.memory.events


@both
def test_a_correction_of_the_last_answer_is_learned_under_the_right_name(make):
    sizes = {"features": 4, "classes": 3, "events": 40}
    net, copy = taught(make, 12, 24, **sizes), MIRROR(**sizes)
    x = np.array([12000, 12000, -12000, 0], np.int16)
    right = (net.infer(x).label + 1) % 3
    learned = net.correct(right)
    copy.load(net.export())
    kept = copy.memory.events[-1]
    assert (kept.id, kept.label, kept.x.tolist()) == (learned.event, right, x.tolist())


@both
def test_frozen_nothing_changes_until_it_thaws(make):
    net = taught(make, 13, 12, features=4, classes=3, events=20)
    x, label = stream(14, 1, 4, 3)[0]
    net.infer(np.array([30000, 30000, 30000, 30000], np.int16))
    net.freeze()
    before = net.digest()
    changes = [
        lambda: net.learn(x, label),
        lambda: net.undo(),
        lambda: net.forget(0),
        lambda: net.relabel(0, 1),
        lambda: net.correct(1),
        lambda: net.drop(),
        lambda: net.name(net.unknowns(), 1),
        lambda: net.rename_class(0, 1),
        lambda: net.drop_class(0),
    ]
    for change in changes:
        with pytest.raises(KernelError) as refused:
            change()
        assert refused.value.code == spec.ERROR_FROZEN
    assert net.digest() == before
    net.infer(x)
    net.freeze(False)
    net.learn(x, label)


@both
def test_neither_a_freeze_nor_a_drop_of_what_was_only_asked_stands_in_the_way_of_undo(make):
    net = taught(make, 17, 12, features=4, classes=3, events=20)
    before = net.digest()
    net.learn(np.array([900, 20, -400, 5], np.int16), 2)
    net.freeze()
    net.freeze(False)
    net.infer(np.array([-900, 20, 400, 5], np.int16))
    net.drop()
    net.undo()
    assert net.digest() == before
