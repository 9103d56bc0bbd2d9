// SPDX-License-Identifier: MIT
// The emulated Raspberry Pi Pico: rp2040js with a flash chip that can be written, the boot ROM, and a fast core.
import fs from 'node:fs';
import { ConsoleLogger, LogLevel, RP2040 } from 'rp2040js';
import { Clock } from './clock.mjs';
import { makeRun } from './core.mjs';
import { Flash, QspiPins, Registers, Ssi } from './flash.mjs';
import { mendUart } from './uart.mjs';

export const FLASH_BYTES = 2 << 20;
const FLASH_BASE = 0x10000000;
const PAD_AFTER_RESET = 0x56; // input enabled, pulled up
const SSI = 0x18000; // addresses of peripherals, without their last three digits
const IO_QSPI = 0x40018;
const WATCHDOG = 0x40058;
const VREG_AND_CHIP_RESET = 0x40064;

/** The words of a boot ROM in a file of 16 KB. */
export function readBootrom(file) {
    const bytes = fs.readFileSync(file);
    return new Uint32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
}

/** Writes the blocks of a UF2 file where in the flash they belong. */
export function loadUf2(file, flash) {
    const image = fs.readFileSync(file);
    for (let block = 0; block < image.length; block += 512) {
        const address = image.readUInt32LE(block + 12) - FLASH_BASE;
        flash.set(image.subarray(block + 32, block + 32 + image.readUInt32LE(block + 16)), address);
    }
}

/** A Pico that has just got power. flash: its contents, which `flash` of the machine takes on; onReset: its watchdog bit. */
export class Machine {
    constructor(bootrom, flash, onReset) {
        this.clock = new Clock();
        this.rp2040 = new RP2040(this.clock);
        this.core = this.clock.core = this.rp2040.core;
        this.rp2040.logger = new ConsoleLogger(LogLevel.Error);
        this.rp2040.loadBootrom(bootrom);
        this.rp2040.flash.set(flash);
        this.flash = this.rp2040.flash.subarray(0, FLASH_BYTES);
        this.addPeripherals(onReset);
        this.execute = makeRun(this.rp2040, this.clock);
    }

    addPeripherals(onReset) {
        const { peripherals, qspi } = this.rp2040;
        peripherals[SSI] = new Ssi(this.rp2040, new Flash(this.flash));
        peripherals[IO_QSPI] = new QspiPins(this.rp2040, peripherals[SSI]);
        peripherals[VREG_AND_CHIP_RESET] = new Registers(this.rp2040, 'VREG_AND_CHIP_RESET');
        this.watchdog = peripherals[WATCHDOG];
        this.watchdog.onWatchdogTrigger = onReset;
        this.rp2040.uart.forEach(mendUart);
        qspi[1].padValue = PAD_AFTER_RESET;
        qspi[1].setInputValue(true); // chip select is up: BOOTSEL is not pressed
    }
}
