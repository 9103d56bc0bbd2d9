// SPDX-License-Identifier: MIT
// Holds core.mjs to rp2040js: node check_core.mjs FIRMWARE.uf2 BOOTROM.bin CYCLES [SCRIPT]
// Two boards run the firmware side by side, and SCRIPT in its raw REPL. Core, RAM and flash have to be equal all the way.
import fs from 'node:fs';
import process from 'node:process';
import { USBCDC } from 'rp2040js';
import { FLASH_BYTES, loadUf2, Machine, readBootrom } from './machine.mjs';

const BETWEEN = 10007; // cycles from one comparison of the core to the next
const CTRL_A = 1;
const CTRL_D = 4;

/** A machine whose client types text as soon as the board asks for it. */
function makeMachine(bootrom, flash, text) {
    const machine = new Machine(bootrom, flash, () => {
        throw new Error('the board was reset');
    });
    const usb = machine.rp2040.usbCtrl;
    const cdc = new USBCDC(usb);
    let rest = Buffer.from(text);
    machine.printed = '';
    cdc.onSerialData = (data) => {
        machine.printed += Buffer.from(data).toString();
    };
    usb.onEndpointRead = (endpoint, size) => {
        if (endpoint === cdc.outEndpoint && rest.length) {
            usb.endpointReadDone(endpoint, rest.subarray(0, size));
            rest = rest.subarray(size);
        }
    };
    return machine;
}

/** The way of rp2040js: an instruction after the other. */
function executeSlowly({ core, clock }, limit) {
    while (core.cycles < limit && core.cycles < clock.deadline && !core.waiting) {
        core.executeInstruction();
    }
}

/** Runs and sleeps until limit cycles have passed. */
function advance({ core, clock }, execute, limit) {
    while (core.cycles + clock.slept < limit) {
        if (core.waiting) {
            clock.sleep(limit - core.cycles - clock.slept);
        } else {
            execute(limit - clock.slept);
        }
        if (core.cycles >= clock.deadline) {
            clock.ring();
        }
    }
}

function coreState({ core, clock }) {
    const { N, Z, C, V, cycles } = core;
    return JSON.stringify({ registers: [...core.registers], N, Z, C, V, cycles, slept: clock.slept });
}

function demandEqual(what, fast, slow) {
    if (fast !== slow) {
        throw new Error(`${what}: core.mjs has\n${fast}\nrp2040js has\n${slow}`);
    }
}

function main([firmware, bootrom, cycles, script]) {
    const flash = new Uint8Array(FLASH_BYTES).fill(0xff);
    loadUf2(firmware, flash);
    const text = script ? [CTRL_A, ...fs.readFileSync(script), CTRL_D] : [];
    const [fast, slow] = [0, 1].map(() => makeMachine(readBootrom(bootrom), flash, text));
    for (let limit = BETWEEN; limit < Number(cycles); limit += BETWEEN) {
        advance(fast, fast.execute, limit);
        advance(slow, (end) => executeSlowly(slow, end), limit);
        demandEqual(`near cycle ${limit}`, coreState(fast), coreState(slow));
    }
    demandEqual('RAM', Buffer.from(fast.rp2040.sram).toString('hex'), Buffer.from(slow.rp2040.sram).toString('hex'));
    demandEqual('flash', Buffer.from(fast.flash).toString('hex'), Buffer.from(slow.flash).toString('hex'));
    demandEqual('printed', fast.printed, slow.printed);
    process.stdout.write(fast.printed);
}

main(process.argv.slice(2));
