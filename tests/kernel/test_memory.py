# SPDX-License-Identifier: MIT
"""dlm_memory.c and memory.py: what is kept, what goes, and how it is taken back; the vectors run in test_network.py."""

import numpy as np
import pytest

import walks
from deeplomath import KernelError, cost, spec
from implementations import KERNEL, MIRROR, library
from states import Record, State

both = pytest.mark.parametrize("make", [MIRROR, KERNEL], ids=["mirror", "kernel"])


def stream(seed, n, features, classes, kind="clusters"):
    draw = np.random.default_rng(seed)
    source = walks.events(draw, kind, features, classes)
    return [next(source) for _ in range(n)]


def taught(make, seed, n, **config):
    net = make(**config)
    for x, label in stream(seed, n, config["features"], config["classes"]):
        net.learn(x, label)
    return net


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
def test_the_digest_does_not_depend_on_how_a_rebuild_is_sliced(make):
    digests = []
    for budget in (1, 37, 1000, 2**32 - 1):
        net, calls = make(features=5, classes=3, events=12, background=True), 0
        for x, label in stream(6, 30, 5, 3):
            net.learn(x, label, build=False)
            while net.build_step(budget):
                calls += 1
        digests.append(net.digest())
    assert len(set(digests)) == 1
    at_once = taught(make, 6, 30, features=5, classes=3, events=12, background=True)
    assert at_once.digest() == digests[0]


@both
def test_the_old_network_answers_until_the_new_one_is_whole(make):
    net = taught(make, 7, 20, features=4, classes=2, events=12, background=True)
    x = np.array([20000, -20000, 5, 5], np.int16)
    before = net.infer(x)
    net.learn(x, 1, build=False)
    answers = [net.infer(x)]
    while net.build_step(50):
        answers.append(net.infer(x))
    assert len(answers) > 20 and set(answers) == {before}
    after = net.infer(x)
    assert after != before and (after.label, after.distance) == (1, 0)


@both
@pytest.mark.parametrize(("features", "classes", "layers"), [(18, 7, 2), (3, 2, 4), (40, 1, 3)])
def test_no_rebuild_takes_more_work_than_was_said_before(make, features, classes, layers):
    config = {"features": features, "classes": classes, "events": 16, "layers": layers}
    said = cost(**config)
    net = make(**config, background=True)
    for x, label in stream(8, 40, features, classes, kind="uniform"):
        net.learn(x, label)
        assert 0 < net.info().work <= said.work
    assert said.bytes == make(**config).footprint()


@pytest.mark.kernel
def test_cost_is_equal_in_kernel_and_mirror():
    for config in ({"features": 18, "classes": 7, "events": 64}, {"features": 160, "classes": 16, "events": 512}):
        for layers in (1, 2, 4):
            assert KERNEL(**config, layers=layers).cost() == cost(**config, layers=layers)


@both
def test_the_last_two_events_of_a_class_are_never_evicted(make):
    net = make(features=3, classes=3, events=8)
    for i in range(2):
        net.learn(np.array([9000 + 50 * i, 0, 0], np.int16), 2)
    for x, label in stream(9, 60, 3, 2, kind="uniform"):
        assert net.learn(x, label).evicted not in (0, 1)
    assert net.infer(np.array([9010, 0, 0], np.int16)).label == 2


@both
def test_what_is_no_longer_touched_goes_first(make):
    """Drift: class 0 moves on; after a while none of its events stands where it was."""
    net, draw = make(features=2, classes=2, events=6), np.random.default_rng(10)
    for step in range(120):
        centre = [0, 0] if step < 30 else [6000, 0]
        net.learn(np.array(centre + draw.normal(size=2) * 300, np.int16), 0)
        net.learn(np.array([3000, 9000] + draw.normal(size=2) * 300, np.int16), 1)
    assert net.infer(np.array([6000, 0], np.int16)).label == 0
    assert net.infer(np.array([0, 0], np.int16)).verdict == spec.VERDICT_UNKNOWN


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
        net.infer(np.array([-20000, 500 * i], np.int16))
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
def test_a_remembered_unknown_can_be_asked_about_again(make):
    net = make(features=1, classes=2, events=4)
    net.learn(np.array([0], np.int16), 0)
    for i in range(10):
        net.infer(np.array([1000 * (i + 1)], np.int16))
    oldest = net.unknowns()[0]
    net.infer(net.unknown(oldest))
    assert net.unknown(net.unknowns()[-1]).tolist() == [1000 * (oldest + 1)]


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


FAR = ((9000, 0), (-9000, 0), (0, 9000), (0, -9000), (20000, 0), (-20000, 0), (0, 20000), (0, -20000))


def with_unknowns(make):
    """A network of one event that remembers as many unknowns as it can, those of FAR."""
    net = make(features=2, classes=3, events=16)
    net.learn(np.array([0, 0], np.int16), 0)
    for x in FAR:
        net.infer(np.array(x, np.int16))
    return net


@both
def test_where_room_is_needed_the_unknowns_that_were_named_go_first_the_oldest_of_them_ahead(make):
    net = with_unknowns(make)
    newer = [[30000, 30000], [-30000, 30000], [30000, -30000]]
    before = net.digest()
    net.name((5, 2), 1)
    rest = tuple(i for i in range(8) if i not in (2, 5))
    for n, left in ((1, rest), (2, rest), (3, rest[1:])):
        assert net.infer(np.array(newer[n - 1], np.int16)).verdict == spec.VERDICT_UNKNOWN
        assert net.unknowns() == (*left, *range(8, 8 + n)), n
    net.undo()
    assert (net.digest(), net.unknowns()) == (before, (*rest[1:], 8, 9, 10))


@both
def test_an_unknown_that_was_named_and_did_not_have_to_go_is_the_same_after_undo(make):
    net = with_unknowns(make)
    net.name((5, 2), 1)
    net.infer(np.array([30000, 30000], np.int16))  # number 2 goes, and number 5 moves up
    net.undo()
    assert net.unknowns() == (0, 1, 3, 4, 5, 6, 7, 8)
    assert net.unknown(5).tolist() == list(FAR[5]) and net.unknown(8).tolist() == [30000, 30000]


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


def at_clock(make, clock):
    """A network of two events that has learned `clock` times."""
    config = {"features": 1, "classes": 3, "events": 6}
    records = (Record(0, 0, 0, 1, (0,)), Record(clock - 1, clock - 1, 1, 1, (9000,)))
    net = make(**config)
    net.load(State(config, clock, records).sound())
    return net


@both
def test_learning_is_refused_at_the_end_of_the_clock_and_the_state_is_still_its_own(make):
    net = at_clock(make, spec.LIMIT_CLOCK - 1)
    for x in (20000, 20100):
        net.infer(np.array([x], np.int16))
    with pytest.raises(KernelError) as refused:
        net.name(net.unknowns(), 2)  # one more than can be counted
    assert refused.value.code == spec.ERROR_CLOCK and net.unknowns() == (0, 1)
    learned = net.learn(np.array([100], np.int16), 0)
    assert (learned.event, net.info().clock) == (spec.LIMIT_CLOCK - 1, spec.LIMIT_CLOCK)
    assert net.correct(2).event == spec.LIMIT_CLOCK - 1  # the learn that it undoes makes room
    before, state = (net.digest(), net.info(), net.unknowns()), net.export()
    x = np.array([20200], np.int16)
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
    net = at_clock(MIRROR, spec.LIMIT_CLOCK - 1)
    before = net.digest()
    with pytest.raises(KernelError) as refused:
        net.learn_many(np.zeros((2, 1), np.int16), [0, 1])
    assert refused.value.code == spec.ERROR_CLOCK and net.digest() == before
    net.learn_many(np.zeros((1, 1), np.int16), [0])
    assert net.info().clock == spec.LIMIT_CLOCK


@both
def test_the_ids_of_unknowns_go_on_at_0_after_the_largest(make):
    net = make(features=1, classes=2, events=4)
    if make is MIRROR:
        net.memory.unknowns_met = 2**32 - 3
    else:
        library().probe_set_unknowns_met(net.net, 2**32 - 3)
    for i in range(9):
        net.infer(np.array([1000 + i], np.int16))
    assert net.unknowns() == (2**32 - 2, 2**32 - 1, 0, 1, 2, 3, 4, 5)
    net.name((2**32 - 1, 0), 1)
    assert net.unknowns() == (2**32 - 2, 1, 2, 3, 4, 5)


def test_labels_that_do_not_fit_the_events_are_refused_before_anything_changes():
    net = MIRROR(features=1, classes=2, events=6)
    before = net.digest()
    with pytest.raises(KernelError):
        net.learn_many(np.zeros((3, 1), np.int16), [0, 1])
    assert net.digest() == before and not net.memory.events


@both
def test_a_correction_of_the_last_answer_is_learned_under_the_right_name(make):
    net = taught(make, 12, 24, features=4, classes=3, events=40)
    x = np.array([12000, 12000, -12000, 0], np.int16)
    wrong = net.infer(x).label
    right = (wrong + 1) % 3
    net.correct(right)
    assert net.infer(x).label == right


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


@both
def test_a_regression_follows_a_smooth_function_and_says_unknown_beyond_it(make):
    draw = np.random.default_rng(15)
    net = make(features=2, classes=1, events=60, regression=True)
    for _ in range(150):
        x = draw.uniform(-1, 1, 2)
        net.learn(np.round(x * 1000).astype(np.int16), int(8000 * np.sin(2 * x[0]) * x[1]))
    points = draw.uniform(-0.9, 0.9, (60, 2))
    answers = [net.infer(np.round(p * 1000).astype(np.int16)) for p in points]
    wanted = np.array([8000 * np.sin(2 * p[0]) * p[1] for p in points])
    misses = np.array([a.value / 256 for a in answers]) - wanted
    assert np.sqrt(np.mean(misses**2)) < 0.2 * wanted.std()
    assert net.infer(np.array([9000, -9000], np.int16)).verdict == spec.VERDICT_UNKNOWN


@both
def test_confidence_is_calibrated(make):
    """Overlapping classes: the mean confidence is near the share of right answers, and it is higher where they are right."""
    draw = np.random.default_rng(16)
    net = make(features=2, classes=2, events=100)

    def event():
        label = int(draw.integers(2))
        return (draw.normal(size=2) * 1000 + 1200 * label).astype(np.int16), label

    for _ in range(100):
        net.learn(*event())
    tested = [(net.infer(x), label) for x, label in (event() for _ in range(300))]
    right = np.array([a.label == label for a, label in tested])
    confidence = np.array([a.confidence / 65536 for a, _ in tested])
    assert abs(confidence.mean() - right.mean()) < 0.1
    assert confidence[right].mean() > confidence[~right].mean() + 0.02


@both
def test_the_nearest_events_are_named_nearest_first(make):
    net = make(features=1, classes=2, events=6)
    for i, x in enumerate((0, 1000, 300, 5000)):
        net.learn(np.array([x], np.int16), i % 2)
    assert net.infer(np.array([290], np.int16)).nearest == (2, 0, 1)
