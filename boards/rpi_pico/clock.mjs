// SPDX-License-Identifier: MIT
// Emulated time, for rp2040js: that of the cycles the core has run and of those it slept.

const NANOS = 8; // a cycle at 125 MHz
const AHEAD = 1e6; // nanoseconds that emulated time may lead by

class Alarm {
    constructor(clock, callback) {
        this.clock = clock;
        this.callback = callback;
        this.nanos = 0;
    }

    schedule(delta) {
        this.cancel();
        this.nanos = this.clock.nanos + delta;
        this.clock.insert(this);
    }

    cancel() {
        this.clock.remove(this);
    }
}

/** core: whose cycles are counted, set before the first of them is run. */
export class Clock {
    constructor() {
        this.core = { cycles: 0 };
        this.slept = 0; // cycles
        this.alarms = []; // the next one last
        this.ringing = null; // time of the alarm that is being served
        this.deadline = Infinity; // cycles of the core at which the next alarm is due
    }

    get nanos() {
        return this.ringing ?? (this.core.cycles + this.slept) * NANOS;
    }

    createAlarm(callback) {
        return new Alarm(this, callback);
    }

    insert(alarm) {
        let at = this.alarms.length;
        while (at && this.alarms[at - 1].nanos <= alarm.nanos) {
            at--;
        }
        this.alarms.splice(at, 0, alarm);
        this.aim();
    }

    remove(alarm) {
        const at = this.alarms.indexOf(alarm);
        if (at >= 0) {
            this.alarms.splice(at, 1);
            this.aim();
        }
    }

    aim() {
        const next = this.alarms.at(-1);
        this.deadline = next ? Math.ceil(next.nanos / NANOS) - this.slept : Infinity;
    }

    /** Serves the alarms that are due. */
    ring() {
        const now = this.nanos;
        while (this.alarms.length && this.alarms.at(-1).nanos <= now) {
            const alarm = this.alarms.pop();
            this.ringing = alarm.nanos;
            alarm.callback();
        }
        this.ringing = null;
        this.aim();
    }

    /** Sleeps up to the next alarm, or limit cycles if that is sooner. */
    sleep(limit) {
        this.slept += Math.max(0, Math.min(this.deadline - this.core.cycles, limit));
        this.aim();
        this.ring();
    }
}

/** Keeps emulated time from running ahead of the wall clock; what it lags behind is not made up for. */
export class Pace {
    constructor(clock) {
        this.clock = clock;
        this.rebase();
    }

    rebase() {
        this.base = this.clock.nanos;
        this.wall = performance.now();
    }

    /** Cycles that may pass now. */
    allowed() {
        const lead = this.clock.nanos - this.base - (performance.now() - this.wall) * 1e6;
        if (lead < 0) {
            this.rebase();
            return AHEAD / NANOS;
        }
        return Math.max(0, Math.floor((AHEAD - lead) / NANOS));
    }
}
