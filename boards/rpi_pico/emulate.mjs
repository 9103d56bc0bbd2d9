// SPDX-License-Identifier: MIT
// Emulates a Raspberry Pi Pico until it is ended: node emulate.mjs FIRMWARE.uf2 BOOTROM.bin PORT
// PORT is a TCP port of 127.0.0.1, or fd:N of a socket that listens: the board's USB serial line, for one client at a time.
import net from 'node:net';
import process from 'node:process';
import { USBCDC } from 'rp2040js';
import { Pace } from './clock.mjs';
import { FLASH_BYTES, loadUf2, Machine, readBootrom } from './machine.mjs';

const SLICE = 5; // milliseconds of emulation between two looks at the socket
const STRIDE = 20000; // cycles between two looks at the wall clock
const QUEUE = 65536; // bytes taken from the client ahead of the board

/** The serial line. What a client sends waits until the board asks for it: till then its endpoint is not answered (NAK). */
class Line {
    constructor(server) {
        this.client = null;
        this.waiting = Buffer.alloc(0);
        this.asked = 0;
        this.onPacket = () => {};
        server.on('connection', (client) => this.connect(client));
    }

    connect(client) {
        this.client?.destroy(); // the last one to come has the line
        this.client = client;
        client.setNoDelay(true);
        client.on('data', (data) => this.take(data));
        client.on('error', () => client.destroy());
        client.on('close', () => {
            if (this.client === client) {
                this.client = null;
            }
        });
    }

    take(data) {
        this.waiting = Buffer.concat([this.waiting, data]);
        if (this.waiting.length > QUEUE) {
            this.client?.pause();
        }
        this.flush();
    }

    /** Is from now on the line of this RP2040, which has not run yet. */
    plug(rp2040) {
        this.usb = rp2040.usbCtrl;
        this.cdc = new USBCDC(this.usb);
        this.asked = 0;
        this.cdc.onSerialData = (data) => this.client?.write(Uint8Array.from(data));
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
            this.client?.resume();
        }
        this.onPacket();
    }

    hangUp() {
        this.client?.end();
        this.waiting = Buffer.alloc(0);
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
            this.line.hangUp(); // as a USB device does that is reset
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

function main([firmware, bootrom, port]) {
    const flash = new Uint8Array(FLASH_BYTES).fill(0xff);
    loadUf2(firmware, flash);
    const server = net.createServer();
    const board = new Board(readBootrom(bootrom), flash, new Line(server));
    server.listen(port.startsWith('fd:') ? { fd: Number(port.slice(3)) } : { port: Number(port), host: '127.0.0.1' });
    board.run();
}

main(process.argv.slice(2));
