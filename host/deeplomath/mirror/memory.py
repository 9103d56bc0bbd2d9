# SPDX-License-Identifier: MIT
"""A learn's life: absorbed, inserted, evicted, taken back, corrected, named. Twin of firmware/kernel/dlm_memory.c.

Each function changes a Network, which has config, dtype, memory (events.Kept), live, next and steps (rebuild.py). Labels are
ints, x is a row in the network's dtype. NUMERICS.md, Memory.
"""

from .. import spec
from ..errors import KernelError
from ..results import Action, Info, Learned, Reason, Verdict
from . import answer, contour, rebuild, selection
from .events import Event, Experience, Kept, Undo, check_label
from .layout import check_range, largest_state


def init(net):
    """Makes a Network empty."""
    net.memory = Kept(net.config.classes)
    net.staging = bytearray(largest_state(net.config))  # a state that is being loaded
    net.next, net.steps = None, None  # the network being made, and the work that is still to be done for it
    rebuild.rebuild(net)


def copy(net, into):
    """Lets an empty Network of as many classes, or more, keep what another keeps, and rebuilds it. Host only."""
    kept, new = net.memory, into.memory
    new.clock, new.frozen = kept.clock, kept.frozen
    new.class_clock[: len(kept.class_clock)] = kept.class_clock
    new.events, new.experience = list(kept.events), list(kept.experience)
    rebuild.rebuild(into)


# Learning


def remember(kept, label, absorbed):
    """Remembers for undo what is kept, before a learn under label."""
    forget_change(kept)
    lists = list(kept.events), list(kept.experience), kept.clock, list(kept.class_clock)
    kept.undo = Undo(*lists, label, absorbed)


def insert(kept, x, label, own, victim):
    """Keeps x as a new event of class `own`, in place of that at position `victim` (None: in a free place); returns its id."""
    remember(kept, label, False)
    if victim is not None:
        kept.remove_event(victim)
    kept.insert_event(Event(kept.clock, kept.tick(own), label, 1, x))
    return kept.clock


def absorb(kept, at, label, own):
    """Lets the event at this position, of class `own`, stand for one more, learned under label; returns its id."""
    remember(kept, label, True)
    event = kept.events[at]
    kept.events[at] = event._replace(count=min(event.count + 1, spec.LIMIT_COUNT), touched=kept.tick(own))
    return event.id


def forget_change(kept):
    """There is nothing to undo, nor to correct, any more."""
    kept.undo = kept.seen = None
    kept.unknowns = kept.nameless()


def rebuilt(net):
    """The network is rebuilt after a change of the events."""
    forget_change(net.memory)
    rebuild.rebuild(net)


def check_thawed(net):
    """KernelError ERROR_FROZEN of a network that is frozen."""
    if net.memory.frozen:
        raise KernelError(spec.ERROR_FROZEN, "learning is frozen")


def check_clock(clock, n, of=""):
    """KernelError ERROR_CLOCK where n more learns cannot be counted; of: those of which class, for the words."""
    if clock + n > spec.LIMIT_CLOCK:
        raise KernelError(spec.ERROR_CLOCK, f"clock: {clock} learns{of} made, {spec.LIMIT_CLOCK} can be counted")


def check_class_clock(net, own, n):
    """KernelError ERROR_CLOCK where n more learns of class `own` cannot be counted."""
    check_clock(net.memory.class_clock[own], n, f" of class {own}")


def check_learn(net, label, n):
    """KernelError where n events cannot be learned under label."""
    check_thawed(net)
    check_label(net.config, label)
    check_clock(net.memory.clock, n)
    check_class_clock(net, net.config.class_of(label), n)


def follow(net, came_or_went):
    """What follows from a change of the events: a rebuild is begun if one came or went; what was absorbed changes no neuron."""
    if came_or_went:
        rebuild.build_begin(net)
    else:
        net.live.learn_from_experience(net.memory.experience)


def decide(net, x, label):
    """What becomes of x: (the Answer that is experience or None, the position that absorbs, the one evicted, the reason)."""
    kept, live, known, at = net.memory, net.live, None, None
    if live.classes.count(net.config.class_of(label)) > 1:  # one alone gives no distance to compare with
        (known,) = answer.answers(live, x[None, :])
        at = selection.absorber(net.config, live, x, known, label)
    if at is not None or len(kept.events) < net.config.events:
        return known, at, None, Reason.NONE
    victim, reason = selection.least_useful(net.config, kept, live)
    if victim is None:
        raise KernelError(spec.ERROR_FULL, f"events: budget of {net.config.events} is full")
    return known, None, victim, reason


def add_experience(kept, event, known, own, inserted):
    """Adds what was answered to an event of class `own` before it was learned, as this event, or absorbed by it."""
    margin_q8 = contour.margin_q8(known.margin)
    kept.add_experience(Experience(event, known.novelty, margin_q8, known.label == own, inserted))


def _learn(net, x, label):
    """Absorbs or inserts x, and begins the rebuild; a Learned with depth and error of the old network."""
    check_learn(net, label, 1)
    label = int(label)
    rebuild.finish(net)
    known, at, victim, reason = decide(net, x, label)
    kept, own = net.memory, net.config.class_of(label)
    evicted = -1 if victim is None else kept.events[victim].id
    event = insert(kept, x, label, own, victim) if at is None else absorb(kept, at, label, own)
    if known:
        add_experience(kept, event, known, own, at is None)
    kept.clock += 1
    kept.seen = "learned", x
    follow(net, at is None)
    action = Action.INSERTED if at is None else Action.ABSORBED
    live = net.live
    return Learned(event, len(kept.events), len(live.layers), live.error_q16, action, reason, evicted)


def learn_begin(net, x, label):
    """Learns x, but only begins the rebuild; KernelError ERROR_MODE of a network without background."""
    check_thawed(net)
    if not net.config.background:
        raise KernelError(spec.ERROR_MODE, "mode: build=False asked of a network without background")
    return _learn(net, x, label)


def learn(net, x, label):
    """Learns x and rebuilds; a Learned."""
    learned = _learn(net, x, label)
    rebuild.finish(net)
    return learned._replace(depth=len(net.live.layers), error=net.live.error_q16)


def learn_many(net, events, labels):
    """Keeps every event as a neuron, none absorbed, and rebuilds once. Host only."""
    for label in labels:
        check_label(net.config, label)
    classes = [net.config.class_of(int(label)) for label in labels]
    check_clock(net.memory.clock, len(events))
    for own in set(classes):
        check_class_clock(net, own, classes.count(own))
    kept = net.memory
    if len(kept.events) + len(events) > net.config.events:
        raise KernelError(spec.ERROR_FULL, f"events: budget of {net.config.events} is full")
    for x, label, own in zip(events, labels, classes):
        kept.insert_event(Event(kept.clock, kept.tick(own), int(label), 1, x))
        kept.clock += 1
    rebuilt(net)


# Taking back


def undo(net):
    """Takes the last learn or naming back; the unknowns that it named are remembered again."""
    check_thawed(net)
    kept = net.memory
    if not kept.undo:
        raise KernelError(spec.ERROR_NOTHING, "undo: nothing to undo")
    rebuild.finish(net)
    absorbed = kept.undo.absorbed
    kept.events, kept.experience, kept.clock, kept.class_clock, *_ = kept.undo
    kept.unknowns = [unknown._replace(named=False) for unknown in kept.unknowns]
    forget_change(kept)
    follow(net, not absorbed)
    rebuild.finish(net)


def forget(net, event):
    """Forgets the event of this id and its experience."""
    check_thawed(net)
    net.memory.forget_event(net.config, net.memory.find_event(event))
    rebuilt(net)


def relabel(net, event, label):
    """Gives an event another label, which counts as a learn of that class: the event is touched."""
    check_thawed(net)
    kept, at = net.memory, net.memory.find_event(event)
    check_label(net.config, label)
    own = net.config.class_of(int(label))
    check_class_clock(net, own, 1)
    kept.events[at] = kept.events[at]._replace(label=int(label), touched=kept.tick(own))
    rebuilt(net)


def correct(net, label):
    """Learns the event last seen under label, undoing its learn first if it was learned; a Learned."""
    check_thawed(net)
    kept = net.memory
    if not kept.seen:
        raise KernelError(spec.ERROR_NOTHING, "correct: no event was seen since the last change")
    check_label(net.config, label)
    how, x = kept.seen
    before = kept.undo.label if how == "learned" else None
    if how == "learned":
        undo(net)
    try:
        learned = learn(net, x, label)
    except KernelError:
        if how == "learned":
            learn(net, x, before)  # as it was: learning is deterministic
        raise
    if how == "unknown":
        del kept.unknowns[-1]  # it was the newest
    return learned


def drop(net):
    """Undoes the learn of the event last seen, or takes it out of the unknowns."""
    check_thawed(net)
    kept = net.memory
    if not kept.seen:
        raise KernelError(spec.ERROR_NOTHING, "drop: no event was seen since the last change")
    how, _ = kept.seen
    if how == "learned":
        undo(net)
        return
    if how == "unknown":
        del kept.unknowns[-1]
    kept.seen = None


# Unknowns


def name(net, unknowns, label):
    """Learns the unknowns of these ids, in this order, under label, and forgets them as unknowns; the last's Learned."""
    check_thawed(net)
    kept = net.memory
    check_range("unknowns", len(unknowns), 1, spec.LIMIT_UNKNOWNS, spec.ERROR_COUNT)
    for i, unknown in enumerate(unknowns):
        if unknown in unknowns[:i]:
            raise KernelError(spec.ERROR_EVENT, f"unknown: {unknown} given, twice")
        kept.find_unknown(unknown)
    check_learn(net, label, len(unknowns))
    rebuild.finish(net)
    if not kept.has_room(net.config, label, len(unknowns)):
        raise KernelError(spec.ERROR_FULL, f"events: budget of {net.config.events} is full")
    undos = []
    for unknown in unknowns:
        learned = learn(net, kept.find_unknown(unknown).x, label)
        undos.append(kept.undo)
    forget_change(kept)
    kept.undo = undos[0]._replace(absorbed=all(one.absorbed for one in undos))
    kept.unknowns = [unknown._replace(named=unknown.id in unknowns) for unknown in kept.unknowns]
    return learned


# Classes


def check_class(net, label):
    """KernelError where the events of this class cannot be changed."""
    check_thawed(net)
    if net.config.regression:
        raise KernelError(spec.ERROR_MODE, "mode: classes asked of a regression")
    check_label(net.config, label)


def rename_class(net, label, to):
    """Moves all events of class `label`, and its clock, to the class `to`, which has none."""
    check_class(net, label)
    check_class(net, to)
    kept = net.memory
    if any(event.label == to for event in kept.events):
        raise KernelError(spec.ERROR_PRESENT, f"label: {to} given, a class that has events")
    kept.move_class(label, int(to))
    rebuilt(net)


def drop_class(net, label):
    """Forgets all events of a class."""
    check_class(net, label)
    for at in reversed(range(len(net.memory.events))):
        if net.memory.events[at].label == label:
            net.memory.forget_event(net.config, at)
    net.memory.class_clock[label] = 0
    rebuilt(net)


def freeze(net, frozen):
    """Stops all learning, or lets it go on."""
    rebuild.finish(net)
    net.memory.frozen = bool(frozen)


# Asking


def infer(net, x):
    """The Answer to x, which is remembered as the event last seen, and an unknown one among the unknowns."""
    (found,) = answer.answers(net.live, x[None, :])
    unknown = found.verdict == Verdict.UNKNOWN
    net.memory.seen = "unknown" if unknown else "inferred", x
    if unknown:
        net.memory.remember_unknown(x)
    return found


def info(net):
    """Configuration and present size, an Info."""
    c, live, kept = net.config, net.live, net.memory
    sizes = c.features, c.classes, c.events, c.layers, c.false_reject_permille, c.regression, c.background
    found = len(live.ids), len(live.layers), live.error_q16, live.contour.level_q12, kept.clock, live.work
    return Info(*sizes, *found, kept.frozen, net.next is not None)
