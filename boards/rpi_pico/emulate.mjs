// SPDX-License-Identifier: MIT
// Emulates a Raspberry Pi Pico until it is ended: node emulate.mjs FIRMWARE.uf2 BOOTROM.bin FD
// FD is the number of an open file, the board's end of a pseudo-terminal: its USB serial line.
import fs from 'node:fs';
import process from 'node:process';
import { USBCDC } from 'rp2040js';
import { Pace } from './clock.mjs';
import { FLASH_BYTES, loadUf2, Machine, readBootrom } from './machine.mjs';

const SLICE = 5; // milliseconds of emulation between two looks at the line
const STRIDE = 20000; // cycles between two looks at the wall clock
const QUEUE = 65536; // bytes taken from the client ahead of the board, and kept for a client that does not read

/** The serial line. What a client sends waits until the board asks for it: till then its endpoint is not answered (NAK). */
class Line {
    constructor(fd) {
        this.waiting = Buffer.alloc(0);
        this.asked = 0;
        this.onPacket = () => {};
        this.input = fs.createReadStream(null, { fd, autoClose: false });
        this.output = fs.createWriteStream(null, { fd, autoClose: false });
        this.input.on('data', (data) => this.take(data));
        for (const stream of [this.input, this.output]) {
            stream.on('error', () => process.exit(1)); // who began the board has closed its line
        }
    }

    take(data) {
        this.waiting = Buffer.concat([this.waiting, data]);
        if (this.waiting.length > QUEUE) {
            this.input.pause();
        }
        this.flush();
    }

    /** Sends what the board has said; a client that does not read loses what is too much for the queue. */
    give(data) {
        if (this.output.writableLength < QUEUE) {
            this.output.write(Uint8Array.from(data));
        }
    }

    /** Is from now on the line of this RP2040, which has not run yet. */
    plug(rp2040) {
        this.usb = rp2040.usbCtrl;
        this.cdc = new USBCDC(this.usb);
        this.asked = 0;
        this.cdc.onSerialData = (data) => this.give(data);
        this.usb.onEndpointRead = (endpoint, size) => {
            if (endpoint === this.cdc.outEndpoint) {
                this.asked = size;
                this.flush();
            }
        };
    }

    /** Gives the board what it asked for, once there is something. */
    flush() {
        if (!this.asked || !this.waiting.length) {
            return;
        }
        const packet = this.waiting.subarray(0, this.asked);
        this.waiting = this.waiting.subarray(packet.length);
        this.asked = 0;
        this.usb.endpointReadDone(this.cdc.outEndpoint, packet);
        if (this.waiting.length <= QUEUE) {
            this.input.resume();
        }
        this.onPacket();
    }

    /** Forgets what a board did not take that is being reset. */
    clear() {
        this.waiting = Buffer.alloc(0);
        this.input.resume();
    }
}

/** The board as it runs: reset by its watchdog as often as it likes, its flash kept. */
class Board {
    constructor(bootrom, flash, line) {
        Object.assign(this, { bootrom, flash, line, timer: null, watchdog: {} });
        line.onPacket = () => this.wake();
        this.powerUp();
    }

    powerUp() {
        this.resetting = false;
        this.machine = new Machine(this.bootrom, this.flash, () => {
            this.resetting = true;
        });
        this.flash = this.machine.flash;
        Object.assign(this.machine.watchdog, this.watchdog);
        this.pace = new Pace(this.machine.clock);
        this.line.plug(this.machine.rp2040);
    }

    /** Ends a sleep: there is something to do. */
    wake() {
        if (this.timer) {
            clearTimeout(this.timer);
            this.run();
        }
    }

    run() {
        this.timer = null;
        const end = performance.now() + SLICE;
        let allowed = this.pace.allowed();
        while (allowed && performance.now() < end && !this.resetting) {
            this.stride(Math.min(allowed, STRIDE));
            allowed = this.pace.allowed();
        }
        if (this.resetting) {
            const { reason, scratchData } = this.machine.watchdog; // these outlive a reset
            this.watchdog = { reason, scratchData };
            this.line.clear();
            this.powerUp();
        }
        if (allowed) {
            setImmediate(() => this.run());
        } else {
            this.timer = setTimeout(() => this.run(), 1);
        }
    }

    stride(cycles) {
        const { core, clock, execute } = this.machine;
        const end = core.cycles + cycles;
        while (core.cycles < end && !this.resetting) {
            if (core.waiting) {
                clock.sleep(cycles);
                return;
            }
            execute(end);
            if (core.cycles >= clock.deadline) {
                clock.ring();
            }
        }
    }
}

function main([firmware, bootrom, fd]) {
    const flash = new Uint8Array(FLASH_BYTES).fill(0xff);
    loadUf2(firmware, flash);
    new Board(readBootrom(bootrom), flash, new Line(Number(fd))).run();
}

main(process.argv.slice(2));
