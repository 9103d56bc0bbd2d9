# SPDX-License-Identifier: MIT
"""The bench of the model files measures what it says: data that can be made again, noise of its ratio, nothing left uncounted."""

import sys

import numpy as np
import pytest

import watch
from deeplomath.desk import bearing, speech
from deeplomath.desk.stories import motion
from deeplomath.errors import DataError
from deeplomath.paths import ROOT

sys.path.insert(0, str(ROOT / "host"))
from bench import document, parts, peers, sets, table  # noqa: E402
from bench.parts import signals  # noqa: E402

VERSION = speech.version  # as it is, whatever stands in its place


def spoken(voice, word, number):
    """A word that nobody says: two tones of its own, the voice a little higher or lower."""
    pitch = 1 + 0.01 * (speech.VOICES.index(voice) % 5)
    random, time = speech.random_of(word), np.arange(3000 + 50 * number) / speech.RATE
    first, second = (pitch * random.uniform(300, 3000) for _ in range(2))
    tone = np.where(time < 0.2, np.sin(2 * np.pi * first * time), np.sin(2 * np.pi * second * time))
    return tone * np.hanning(len(time)) ** 0.3


@pytest.fixture(scope="module")
def made_up(tmp_path_factory):
    """Small data in the place of all that is fetched or said."""
    with pytest.MonkeyPatch.context() as patch:
        yield from small(patch, tmp_path_factory.mktemp("speech"))


def small(monkeypatch, folder):
    random = np.random.default_rng(0)
    tones = [(kind, np.sin(np.arange(100)[:, None] * (0.2 + 0.3 * kind) + np.arange(6))) for kind in (0, 1, 2)] * 12
    series = [np.rint(1000 * wave + random.normal(0, 50, (100, 6))).astype(np.int16) for _, wave in tones]
    monkeypatch.setattr(sets, "series", lambda name: (series, np.array([kind for kind, _ in tones])))
    monkeypatch.setattr(signals.data, "load", lambda folder: watch.small_recordings())
    monkeypatch.setattr(motion, "ARMS", ((motion.PERSON, motion.SIDE),))
    monkeypatch.setattr(speech, "said", spoken)
    monkeypatch.setattr(speech, "version", lambda: "0")
    monkeypatch.setattr(speech, "FOLDER", folder)
    monkeypatch.setattr(speech, "VOICES", speech.VOICES[:5])
    monkeypatch.setattr(speech, "OTHERS", speech.OTHERS[:3])
    monkeypatch.setattr(signals, "MANY_SHOTS", 6)
    monkeypatch.setattr(signals, "HELD_OUT", 2)
    monkeypatch.setattr(signals, "PROCESSES", 1)
    for cached in (signals.basic_motions_events, signals.machine):
        cached.cache_clear()
    yield
    signals.basic_motions_events.cache_clear()
    signals.machine.cache_clear()


@pytest.fixture(scope="module")
def rows(made_up):
    """The rows of a quick run, of ours alone."""
    return [
        row for part in parts.SIGNAL_PARTS for job in parts.jobs(part, True, ("Deeplomath",)) for row in parts.run(job)
    ]


def test_each_part_gives_what_targets_and_document_ask_for(rows):
    made = {(row.part, row.setting.replace("6 shots", "20 shots"), row.metric) for row in rows}
    goals = table.targets("targets_signal")
    assert len(goals) > 20
    for part, _, setting, metric in (target["rows"] for target in goals):
        assert (part, setting, metric) in made
    for part, _, setting, accuracies in document.SIGNALS.values():
        assert {(part, setting, metric) for metric in (*accuracies, "AUROC")} <= made
    assert {row.part for row in rows} == set(table.SIGNAL_PARTS)
    assert all(0 <= row.value <= 100 for row in rows) and len({row[:-1] for row in rows}) == len(rows)
    assert all(row.value > 90 for row in rows if row.metric == "accuracy"), rows


def test_the_table_of_signals_has_a_row_for_each_and_stands_in_the_document(rows):
    lines = [line for line in document.signal_text(rows).splitlines() if line.startswith("| ")]
    assert len(lines) == 2 + len(document.SIGNALS) and all(line.count(" | ") == 7 for line in lines)
    assert document.signal_text([]).count("?") == 6 * len(document.SIGNALS) + 3  # of a machine, at other loads too
    written = document.DOCUMENT.read_text().split(document.SIGNAL_BEGIN)[1].split(document.END)[0].splitlines()
    assert [line.split(" | ")[0] for line in written] == [line.split(" | ")[0] for line in lines]


def test_the_peers_get_the_same_features():
    for part in parts.SIGNAL_PARTS.values():
        assert part.methods == (peers.Deeplomath, peers.SupportVectors, peers.Forest)


# Words


def test_a_take_is_a_word_between_two_pauses_and_the_same_again(made_up):
    voice = speech.VOICES[0]
    take, again, other = (speech.take(voice, word, 3) for word in ("yes", "yes", "no"))
    assert take.samples.dtype == np.int16 and (take.samples == again.samples).all()
    assert len(take.samples) == take.end + take.begin == 3150 + 2 * 4000
    quiet, loud = take.samples[: take.begin].std(), take.samples[take.begin : take.end].std()
    assert 10 < quiet < 14 and loud > 20 * quiet
    assert not np.array_equal(take.samples, other.samples[: len(take.samples)])


def test_takes_are_said_once_and_kept(made_up, monkeypatch):
    names = [(voice, word, 0) for voice in speech.VOICES[:2] for word in ("yes", "no")]
    first = speech.takes(names, 1)
    monkeypatch.setattr(speech, "said", None)
    again = speech.takes(names[::-1], 1)
    assert set(first) == set(again) == set(names)
    assert all(
        (first[name].samples == again[name].samples).all() and first[name][1:] == again[name][1:] for name in names
    )
    with pytest.raises(TypeError):
        speech.takes([*names, (speech.VOICES[0], "go", 1)], 1)


def test_without_espeak_it_is_said_what_brings_it(monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(DataError, match="apt-get install espeak-ng"):
        VERSION()


def test_a_word_is_an_event_in_noise_too_and_silence_is_none(made_up):
    take = speech.take(speech.VOICES[0], "yes", 0)
    clean, noisy = signals.heard(take, None), signals.heard(take, speech.random_of("n"))
    assert clean.shape == noisy.shape == (96,) and (clean != noisy).any()
    assert signals.heard(speech.Take(np.zeros(20_000, np.int16), 8000, 9000), None) is None


def test_a_word_without_an_event_counts_as_wrong():
    def event(value):
        return np.full(4, value, np.int16)

    taught = [[event(0), event(10), None], [event(5000), event(5010), event(5020)]]
    asked = [[event(5), None], [event(5005), event(5015)]]
    found = signals.words_measured((peers.Deeplomath,), taught, asked, [event(-9000), None], 0)
    assert found["Deeplomath"] == {"accuracy": 75.0, "AUROC": 100.0}


def test_no_voice_is_both_taught_and_asked(made_up, monkeypatch):
    heard = {}

    def names_of(names, noisy=False):
        heard.update((name, np.array(name)) for name in names)
        return heard

    monkeypatch.setattr(signals, "words_heard", names_of)
    for job in signals.split_jobs(False, False):
        taught = {voice for takes in job["taught"] for voice, _, _ in takes}
        asked = {voice for takes in (*job["asked"], job["others"]) for voice, _, _ in takes}
        assert len(asked) == 2 and taught and not taught & asked
        assert {len(takes) for takes in job["taught"]} == {6}
        assert {word for _, word, _ in job["others"]} == set(speech.OTHERS) - set(speech.WORDS)


# A machine


def spectrum(samples):
    return abs(np.fft.rfft((samples - samples.mean()) * np.hanning(len(samples))))


@pytest.mark.parametrize(("state", "a_turn"), [("inner race", 5.42), ("outer race", 3.58), ("ball", 4.71)])
def test_a_damaged_bearing_knocks_at_its_rate(state, a_turn):
    samples = bearing.recording(state, 1, 0, windows=8)[:, 0].astype(float)
    bins = np.fft.rfftfreq(len(samples), 1 / bearing.RATE)
    ringing = np.fft.irfft(np.fft.rfft(samples) * ((bins > 2200) & (bins < 3600)), len(samples))
    envelope = spectrum(abs(ringing))
    near = (bins > 60) & (bins < 200)
    found = bins[near][envelope[near].argmax()]
    assert found / bearing.TURNS[1] == pytest.approx(a_turn, abs=0.1)


def test_an_unbalanced_shaft_shakes_once_a_turn_and_harder_under_load():
    bins = np.fft.rfftfreq(8 * bearing.WINDOW, 1 / bearing.RATE)
    peaks = []
    for load in bearing.LOADS:
        found = np.mean([spectrum(bearing.recording("unbalance", load, n, 8)[:, 0]) for n in range(6)], 0)
        assert bins[found.argmax()] == pytest.approx(bearing.TURNS[load], abs=0.6)
        peaks.append(found.max())
    assert peaks[-1] > 1.2 * peaks[0]


def test_a_recording_is_the_same_again_and_another_is_not():
    one, again, other = (bearing.recording("ball", 2, n) for n in (3, 3, 4))
    assert one.shape == (bearing.WINDOW, 1) and one.dtype == np.int16
    assert (one == again).all() and (one != other).any()
