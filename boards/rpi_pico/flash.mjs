// SPDX-License-Identifier: MIT
// What rp2040js lacks to write to flash: the serial flash chip of a Pico (W25Q16JV), and the two peripherals that boot ROM,
// second stage and SDK drive it by, the SSI in its serial mode and the pins with the chip select.
import { BasePeripheral } from 'rp2040js';

const PAGE = 256;
const ERASED_BY = { 0x20: 4096, 0x52: 32768, 0xd8: 65536 }; // command: bytes
const JEDEC_ID = [0xef, 0x40, 0x15]; // Winbond, 2 MB
const UNIQUE_ID = [0xe6, 0x60, 0x58, 0x38, 0x83, 0x00, 0x00, 0x01];
const QUAD_ENABLED = 0x02; // in status register 2: nobody has to write it

/** The chip: commands are the bytes between select and deselect, each answered by one byte. */
export class Flash {
    constructor(memory) {
        this.memory = memory;
        this.writable = false;
        this.command = [];
    }

    transfer(byte) {
        const at = this.command.push(byte) - 1;
        switch (this.command[0]) {
            case 0x03: // read
                return at < 4 ? 0xff : this.memory[(this.address + at - 4) % this.memory.length];
            case 0x05: // status: never busy
                return this.writable ? 0x02 : 0x00;
            case 0x35:
                return QUAD_ENABLED;
            case 0x4b:
                return at < 5 ? 0xff : UNIQUE_ID[(at - 5) % UNIQUE_ID.length];
            case 0x9f:
                return at < 1 ? 0xff : JEDEC_ID[(at - 1) % JEDEC_ID.length];
            default:
                return 0xff;
        }
    }

    /** Chip select goes up: what was sent is carried out. */
    deselect() {
        const { command } = this;
        const [name] = command;
        if (name === 0x06 || name === 0x04) {
            this.writable = name === 0x06;
        } else if (this.writable && command.length >= 4 && name in ERASED_BY) {
            const size = ERASED_BY[name];
            const start = this.address - (this.address % size);
            this.memory.fill(0xff, start, start + size);
            this.writable = false;
        } else if (this.writable && command.length > 4 && name === 0x02) {
            this.program(command.slice(4));
            this.writable = false;
        }
        this.command = [];
    }

    /** Programming clears bits only, and stays within its page. */
    program(bytes) {
        const page = this.address - (this.address % PAGE);
        bytes.forEach((byte, i) => {
            this.memory[page + ((this.address + i) % PAGE)] &= byte;
        });
    }

    get address() {
        const [, high, middle, low] = this.command;
        return ((high << 16) | (middle << 8) | low) % this.memory.length;
    }
}

/** A peripheral whose registers begin at 0 and hold what is written to them. */
export class Registers extends BasePeripheral {
    constructor(rp2040, name) {
        super(rp2040, name);
        this.registers = new Uint32Array(1024);
    }

    readUint32(offset) {
        return this.registers[offset >> 2];
    }

    writeUint32(offset, value) {
        this.registers[offset >> 2] = value;
    }
}

const SSI_ENABLE = 0x08;
const SSI_TX_LEVEL = 0x20;
const SSI_RX_LEVEL = 0x24;
const SSI_STATUS = 0x28;
const SSI_DATA = 0x60;
const TX_EMPTY_NOT_FULL = 0x06;
const RX_NOT_EMPTY = 0x08;

/** The SSI: a byte written to its data register is at once answered by the chip. Reading through XIP does not come here. */
export class Ssi extends Registers {
    constructor(rp2040, flash) {
        super(rp2040, 'SSI');
        this.flash = flash;
        this.answers = [];
        this.forced = false; // chip select is held down by the pins
    }

    readUint32(offset) {
        switch (offset) {
            case SSI_TX_LEVEL:
                return 0;
            case SSI_RX_LEVEL:
                return this.answers.length;
            case SSI_STATUS:
                return TX_EMPTY_NOT_FULL | (this.answers.length ? RX_NOT_EMPTY : 0);
            case SSI_DATA:
                return this.answer();
            default:
                return super.readUint32(offset);
        }
    }

    writeUint32(offset, value) {
        if (offset === SSI_DATA) {
            this.answers.push(this.flash.transfer(value & 0xff));
            return;
        }
        super.writeUint32(offset, value);
        if (offset === SSI_ENABLE && !value) {
            this.answers = [];
            this.deselect();
        }
    }

    answer() {
        const byte = this.answers.shift() ?? 0;
        if (!this.answers.length) {
            this.deselect(); // the SSI lifts chip select as it runs empty
        }
        return byte;
    }

    force(low) {
        this.forced = low;
        this.deselect();
    }

    deselect() {
        if (!this.forced) {
            this.flash.deselect();
        }
    }
}

const SELECT_CONTROL = 0x0c;
const OVERRIDE = 8; // two bits of it: 2 drives the pin low, 3 high
const LOW = 2;

/** The QSPI pins: one register of theirs forces the chip select. */
export class QspiPins extends Registers {
    constructor(rp2040, ssi) {
        super(rp2040, 'IO_QSPI');
        this.ssi = ssi;
    }

    writeUint32(offset, value) {
        super.writeUint32(offset, value);
        if (offset === SELECT_CONTROL) {
            this.ssi.force(((value >> OVERRIDE) & 3) === LOW);
        }
    }
}
