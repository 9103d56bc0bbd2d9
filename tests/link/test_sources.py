# SPDX-License-Identifier: MIT
"""firmware/sources: each sensor, by its registers, brings a recording to a board as it is; what it loses is counted."""

import io
import random

import numpy as np
import pytest

import sensors
from deeplomath import Device, DeviceError, FrontEnd, Network, spec
from sources import LiveLine, Milliseconds, Recording, adc, i2s, lis3dh, mpu6050
from streaming import Side, samples, statistics

RATE = 50


def readings(source, n):
    buffer = memoryview(np.zeros(n * source.lines, np.int16))
    got = source.readinto(buffer) or 0
    return np.array(buffer[: got * source.lines], np.int16).reshape(-1, source.lines)


def mpu(values, clock, **options):
    sensor = sensors.Mpu6050(values, clock, **options)
    return mpu6050.Mpu6050(sensors.Bus(sensor, 0x68), RATE, clock=clock), sensor


def lis(values, clock, **options):
    sensor = sensors.Lis3dh(values, clock, **options)
    return lis3dh.Lis3dh(sensors.Bus(sensor, 0x18), RATE, clock=clock), sensor


MAKERS = {"mpu6050": (mpu, 6), "lis3dh": (lis, 3)}


@pytest.mark.parametrize("name", MAKERS)
@pytest.mark.parametrize("seed", range(3))
def test_what_a_sensor_measures_is_learned_as_the_mirror_learns_the_recording(name, seed):
    make, lines = MAKERS[name]
    clock, draw = Milliseconds(), random.Random(seed)
    values, program = samples(600, lines, seed), statistics(lines)
    source, sensor = make(values, clock)
    config = dict(features=3 * lines, classes=3, events=12)
    line = LiveLine(source, clock=clock, queue=1 << 15)
    board, mirror = Device(line), Side(Network(**config), program)
    board.configure(**config)
    board.model(program)
    for side in (board, mirror):
        side.teach(1, 5)
    board.live()
    while sensor.made < len(values):
        clock.now += draw.choice([1, 7, 20, 100, 600])
        for _ in range(60):  # until all that is there was taken: events hold a step up
            line.live.step()
    found, expected = board.listen(), mirror.stream(values)
    assert [(it.at, it.answer, it.learned) for it in found] == [(it.at, it.answer, it.learned) for it in expected]
    assert (board.digest(), board.heard.overruns) == (mirror.network.digest(), 0)


@pytest.mark.parametrize("late", [1720, 1800, 60_000])
def test_an_mpu_6050_whose_fifo_ran_over_begins_anew_and_says_how_much_was_lost(late):
    clock, values = Milliseconds(), samples(4000, 6)
    source, sensor = mpu(values, clock)
    source.start()
    clock.now += 200
    assert np.array_equal(readings(source, 64), values[:10])
    clock.now += late
    assert len(readings(source, 64)) == 0 and source.lost == late // 20
    clock.now += 1700
    again = np.concatenate([readings(source, 64) for _ in range(4)])
    assert np.array_equal(again, values[10 + source.lost : 95 + source.lost])


@pytest.mark.parametrize("late", [660, 900, 60_000])
def test_a_lis3dh_whose_fifo_ran_over_says_how_much_was_lost(late):
    clock, values = Milliseconds(), samples(4000, 3)
    source, sensor = lis(values, clock)
    source.start()
    clock.now += 200
    assert np.array_equal(readings(source, 64), values[:10])
    clock.now += late
    again = readings(source, 64)
    assert source.lost == sensor.dropped == late // 20 - 32
    assert np.array_equal(again, values[10 + source.lost : 42 + source.lost])


@pytest.mark.parametrize("name", MAKERS)
def test_a_sensor_that_is_another_or_none_is_told(name):
    make, lines = MAKERS[name]
    source, sensor = make(samples(9, lines), Milliseconds(), who=0x12)
    line = LiveLine(source)
    board = Device(line)
    board.model(statistics(lines))
    with pytest.raises(DeviceError, match="who am I 0x12 read, 0x[63][83] needed") as error:
        board.live()
    assert error.value.code == spec.ERROR_SOURCE
    source._i2c.broken = True
    with pytest.raises(DeviceError, match="source: OSError: 19"):
        board.live()


@pytest.mark.parametrize("name", MAKERS)
def test_a_sensor_unplugged_and_plugged_in_again_goes_on(name):
    make, lines = MAKERS[name]
    clock = Milliseconds()
    source, sensor = make(samples(900, lines), clock)
    line = LiveLine(source, clock=clock)
    board = Device(line)
    board.model(statistics(lines))
    board.live()
    for broken in (False, True, False):
        source._i2c.broken = broken
        for _ in range(100):
            clock.now += 20
            line.live.step()
    state, events = board.live(), board.listen()
    assert state.running and state.faults > 3 and len(events) > 20
    assert board.heard.index == 300 or name == "lis3dh" and board.heard.overruns > 0


@pytest.mark.parametrize("rate", [0, 3, 60, 1001, 2000])
def test_a_rate_that_the_sensor_does_not_have_is_refused(rate):
    with pytest.raises(ValueError, match=f"rate: {rate} given, 1000 divided by a whole number needed, 4..1000"):
        mpu6050.Mpu6050(None, rate)
    with pytest.raises(ValueError, match=f"rate: {rate} given, one of 1, 10, 25, 50, 100, 200, 400 needed"):
        lis3dh.Lis3dh(None, rate)


@pytest.mark.parametrize("seed", range(4))
def test_an_analog_input_keeps_what_its_ring_holds_and_counts_the_rest(seed):
    values, draw, timer = samples(6000, 1, seed)[:, 0], random.Random(seed), sensors.Timer()
    source = adc.Adc(sensors.Converter(values), timer, 1000, fifo=64, hard=True)
    source.start()
    assert (timer.freq, timer.options) == (1000, {"hard": True})
    kept, at = [], 0
    while at < 5000:
        n = draw.choice([0, 1, 10, 63, 64, 65, 200])
        timer.tick(n)
        at += n
        for _ in range(draw.randrange(4)):
            part = readings(source, draw.choice([1, 40, 128]))[:, 0].tolist()
            kept += [None] * (source.lost - kept.count(None)) + part
    while True:
        part = readings(source, 128)[:, 0].tolist()
        kept += [None] * (source.lost - kept.count(None)) + part
        if not part:
            break
    assert len(kept) == at and 0 < source.lost < at
    assert all(ours in (None, theirs) for ours, theirs in zip(kept, values.tolist()))


def test_an_analog_input_that_starts_again_drops_what_was_there():
    values, timer = samples(200, 1)[:, 0], sensors.Timer()
    source = adc.Adc(sensors.Converter(values), timer, 1000, fifo=64)
    source.start()
    timer.tick(100)
    source.start()
    timer.tick(10)
    assert readings(source, 64)[:, 0].tolist() == values[100:110].tolist() and source.lost == 36
    with pytest.raises(ValueError, match="fifo: 100 given, a power of 2 needed"):
        adc.Adc(None, None, 1000, fifo=100)


@pytest.mark.parametrize("gain", [0, 4, 8])
def test_a_microphone_brings_its_upper_bits_with_a_gain(gain):
    clock, rate = Milliseconds(), 8000
    words = (np.random.default_rng(gain).normal(0, 2.0**25, 9000)).astype(np.int64).clip(-(2**31), 2**31 - 1)
    line = sensors.I2s(words, clock, rate, kept=2048)
    source = i2s.Microphone(line, rate, ibuf=16384, gain=gain, clock=clock)
    source.start()
    heard, draw = [], random.Random(gain)
    while line.at < 8000:
        clock.now += draw.choice([1, 5, 16, 100])
        line.let_pass()
        for _ in range(40):
            heard += readings(source, draw.choice([1, 100, 384]))[:, 0].tolist()
            line.let_pass()
    wanted = (words >> 16 << gain).astype(np.int16)
    assert len(heard) > 7000 and heard == wanted[: len(heard)].tolist() and source.lost == line.dropped == 0


@pytest.mark.parametrize("late", [320, 1000])
def test_a_microphone_that_nobody_read_in_time_says_where_how_much_was_lost(late):
    clock, rate = Milliseconds(), 8000
    words = np.arange(20000) << 16
    line = sensors.I2s(words, clock, rate, kept=2048)
    source = i2s.Microphone(line, rate, ibuf=16384, clock=clock)
    source.start()
    clock.now += late
    heard = []
    for _ in range(40):
        line.let_pass()
        for _ in range(3):
            part = readings(source, 200)[:, 0].tolist()
            heard += [None] * (source.lost - heard.count(None)) + part
            line.let_pass()
        clock.now += 24
    assert source.lost == line.dropped == 8 * late - 2432 and len(heard) > 8 * late + 384
    assert heard[:2432] == list(range(2432)) and heard.index(None) == 2432
    assert heard[8 * late :] == list(range(8 * late, len(heard)))


@pytest.mark.parametrize("gain", [-1, 9])
def test_a_gain_out_of_its_range_is_refused(gain):
    with pytest.raises(ValueError, match=f"gain: {gain} given, 0..8 allowed"):
        i2s.Microphone(None, 8000, 16384, gain)


@pytest.mark.parametrize("of", ["bytes", "file", "name"])
def test_a_recording_is_what_it_was(of, tmp_path):
    values = samples(200, 3)
    data = values.astype("<i2").tobytes()
    (tmp_path / "recording").write_bytes(data + b"\1")
    source = Recording({"bytes": data, "file": io.BytesIO(data), "name": str(tmp_path / "recording")}[of], 3, clock=int)
    parts = [readings(source, 64) for _ in range(5)]
    assert [len(it) for it in parts] == [64, 64, 64, 8, 0] and source.ended and source.lost == 0
    assert np.array_equal(np.concatenate(parts), values)


def test_a_recording_in_its_time_loses_what_no_fifo_keeps():
    values, clock = samples(2000, 2), Milliseconds(2**30 - 300)
    source = Recording(values.astype("<i2").tobytes(), 2, rate=RATE, fifo=64, clock=clock)
    clock.now += 410
    assert np.array_equal(readings(source, 100), values[:20])
    clock.now += 10
    assert np.array_equal(readings(source, 100), values[20:21])
    clock.now += 2000
    assert np.array_equal(readings(source, 40), values[57:97]) and source.lost == 36
    clock.now += 19
    assert len(readings(source, 100)) == 24
    assert FrontEnd(statistics(2)).lines == source.lines
