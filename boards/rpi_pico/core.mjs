// SPDX-License-Identifier: MIT
// The common instructions of the core, several times faster than rp2040js runs them, with the same results in the same cycles;
// every other one, and each access outside of RAM and flash, is left to rp2040js. check_core.mjs holds the two to each other.

const RAM = 0x20000000;
const RAM_END = RAM + 264 * 1024;
const FLASH = 0x10000000;
const FLASH_END = FLASH + (2 << 20);
const ABSENT = -1; // no value of 32 bits unsigned: rp2040js must look

/** Returns run(limit): executes instructions until the core has counted limit cycles, an alarm is due, or it waits. */
export function makeRun(rp2040, clock) {
    const { core } = rp2040;
    const r = core.registers;
    const ram8 = rp2040.sram;
    const ram16 = new Uint16Array(ram8.buffer);
    const ram32 = new Uint32Array(ram8.buffer);
    const flash8 = rp2040.flash;
    const flash16 = new Uint16Array(flash8.buffer);
    const flash32 = new Uint32Array(flash8.buffer);

    function load32(a) {
        if (a >= RAM && a < RAM_END && !(a & 3)) {
            return ram32[(a - RAM) >>> 2];
        }
        return a >= FLASH && a < FLASH_END && !(a & 3) ? flash32[(a - FLASH) >>> 2] : ABSENT;
    }

    function load16(a) {
        if (a >= RAM && a < RAM_END && !(a & 1)) {
            return ram16[(a - RAM) >>> 1];
        }
        return a >= FLASH && a < FLASH_END && !(a & 1) ? flash16[(a - FLASH) >>> 1] : ABSENT;
    }

    function load8(a) {
        if (a >= RAM && a < RAM_END) {
            return ram8[a - RAM];
        }
        return a >= FLASH && a < FLASH_END ? flash8[a - FLASH] : ABSENT;
    }

    function inRam(a, n) {
        return a >= RAM && a + 4 * n <= RAM_END && !(a & 3);
    }

    return function run(limit) {
        let { N, Z, C, V, cycles } = core;
        let pc = r[15];
        let end = Math.min(limit, clock.deadline);
        let slow = core.interruptsUpdated;
        while (cycles < end) {
            const opcode = slow ? ABSENT : load16(pc);
            let result = 0;
            let value = 0;
            fast: switch (opcode >> 11) {
                case 0: // LSLS, by an immediate
                    value = r[(opcode >> 3) & 7];
                    result = (opcode >> 6) & 31;
                    C = result ? ((value >>> (32 - result)) & 1) !== 0 : C;
                    result = value << result;
                    r[opcode & 7] = result;
                    N = result < 0;
                    Z = result === 0;
                    cycles += 1;
                    pc += 2;
                    continue;
                case 1: // LSRS
                    value = r[(opcode >> 3) & 7];
                    result = (opcode >> 6) & 31;
                    C = ((value >>> (result ? result - 1 : 31)) & 1) !== 0;
                    result = result ? value >>> result : 0;
                    r[opcode & 7] = result;
                    N = (result | 0) < 0;
                    Z = result === 0;
                    cycles += 1;
                    pc += 2;
                    continue;
                case 2: // ASRS
                    value = r[(opcode >> 3) & 7] | 0;
                    result = (opcode >> 6) & 31 || 32;
                    C = ((value >> (result - 1)) & 1) !== 0;
                    result = value >> Math.min(result, 31);
                    r[opcode & 7] = result;
                    N = result < 0;
                    Z = result === 0;
                    cycles += 1;
                    pc += 2;
                    continue;
                case 3: { // ADDS, SUBS, of a register or three bits
                    const a = r[(opcode >> 3) & 7];
                    const b = opcode & 0x400 ? (opcode >> 6) & 7 : r[(opcode >> 6) & 7];
                    if (opcode & 0x200) {
                        result = (a - b) | 0;
                        C = a >= b;
                        V = ((a ^ b) & (a ^ result)) < 0;
                    } else {
                        result = (a + b) | 0;
                        C = a + b > 0xffffffff;
                        V = (~(a ^ b) & (a ^ result)) < 0;
                    }
                    r[opcode & 7] = result;
                    N = result < 0;
                    Z = result === 0;
                    cycles += 1;
                    pc += 2;
                    continue;
                }
                case 4: // MOVS
                    result = opcode & 0xff;
                    r[(opcode >> 8) & 7] = result;
                    N = false;
                    Z = result === 0;
                    cycles += 1;
                    pc += 2;
                    continue;
                case 5: // CMP
                case 7: { // SUBS
                    const a = r[(opcode >> 8) & 7];
                    const b = opcode & 0xff;
                    result = (a - b) | 0;
                    C = a >= b;
                    V = ((a ^ b) & (a ^ result)) < 0;
                    N = result < 0;
                    Z = result === 0;
                    if (opcode & 0x1000) {
                        r[(opcode >> 8) & 7] = result;
                    }
                    cycles += 1;
                    pc += 2;
                    continue;
                }
                case 6: { // ADDS
                    const a = r[(opcode >> 8) & 7];
                    const b = opcode & 0xff;
                    result = (a + b) | 0;
                    C = a + b > 0xffffffff;
                    V = (~(a ^ b) & (a ^ result)) < 0;
                    r[(opcode >> 8) & 7] = result;
                    N = result < 0;
                    Z = result === 0;
                    cycles += 1;
                    pc += 2;
                    continue;
                }
                case 8: {
                    const d = opcode & 7;
                    if (opcode & 0x400) {
                        const high = ((opcode >> 4) & 8) | d;
                        const m = (opcode >> 3) & 15;
                        switch ((opcode >> 8) & 3) {
                            case 0: // ADD
                                if (high === 13 || high === 15 || m === 15) {
                                    break fast;
                                }
                                r[high] += r[m];
                                cycles += 1;
                                pc += 2;
                                continue;
                            case 2: // MOV
                                if (high === 13 || m === 15) {
                                    break fast;
                                }
                                cycles += 1;
                                pc += 2;
                                if (high === 15) {
                                    cycles += 1;
                                    pc = (r[m] & ~1) >>> 0;
                                } else {
                                    r[high] = r[m];
                                }
                                continue;
                            case 3: // BX, BLX
                                value = r[m];
                                if (opcode & 7 || m === 15 || (opcode & 0x80 && m === 14) || value >= 0xf0000000) {
                                    break fast;
                                }
                                if (opcode & 0x80) {
                                    r[14] = (pc + 2) | 1;
                                }
                                pc = (value & ~1) >>> 0;
                                cycles += 2;
                                continue;
                            default: { // CMP
                                if (high === 15 || m === 15) {
                                    break fast;
                                }
                                const a = r[high];
                                const b = r[m];
                                result = (a - b) | 0;
                                C = a >= b;
                                V = ((a ^ b) & (a ^ result)) < 0;
                                N = result < 0;
                                Z = result === 0;
                                cycles += 1;
                                pc += 2;
                                continue;
                            }
                        }
                    }
                    const a = r[d];
                    const b = r[(opcode >> 3) & 7];
                    switch ((opcode >> 6) & 15) {
                        case 0: // ANDS
                            result = a & b;
                            r[d] = result;
                            break;
                        case 1: // EORS
                            result = a ^ b;
                            r[d] = result;
                            break;
                        case 2: // LSLS
                            value = b & 0xff;
                            if (value > 31) {
                                break fast;
                            }
                            C = value ? ((a >>> (32 - value)) & 1) !== 0 : C;
                            result = a << value;
                            r[d] = result;
                            break;
                        case 3: // LSRS
                            value = b & 0xff;
                            if (!value || value > 31) {
                                break fast;
                            }
                            C = ((a >>> (value - 1)) & 1) !== 0;
                            result = (a >>> value) | 0;
                            r[d] = result;
                            break;
                        case 5: // ADCS
                            value = a + b + (C ? 1 : 0);
                            result = value | 0;
                            V = (~(a ^ b) & (a ^ result)) < 0;
                            C = value > 0xffffffff;
                            r[d] = result;
                            break;
                        case 6: // SBCS
                            value = a - b - (C ? 0 : 1);
                            result = value | 0;
                            V = ((a ^ b) & (a ^ result)) < 0;
                            C = value >= 0;
                            r[d] = result;
                            break;
                        case 8: // TST
                            result = a & b;
                            break;
                        case 9: // RSBS
                            result = -b | 0;
                            C = b === 0;
                            V = (b & result) < 0;
                            r[d] = result;
                            break;
                        case 10: // CMP
                            result = (a - b) | 0;
                            C = a >= b;
                            V = ((a ^ b) & (a ^ result)) < 0;
                            break;
                        case 12: // ORRS
                            result = a | b;
                            r[d] = result;
                            break;
                        case 13: // MULS
                            result = Math.imul(a, b);
                            r[d] = result;
                            break;
                        case 14: // BICS
                            result = a & ~b;
                            r[d] = result;
                            break;
                        case 15: // MVNS
                            result = ~b;
                            r[d] = result;
                            break;
                        default: // ASRS, RORS, CMN
                            break fast;
                    }
                    N = result < 0;
                    Z = result === 0;
                    cycles += 1;
                    pc += 2;
                    continue;
                }
                case 9: // LDR, literal
                    value = load32(((pc & ~3) >>> 0) + 4 + ((opcode & 0xff) << 2));
                    if (value === ABSENT) {
                        break;
                    }
                    r[(opcode >> 8) & 7] = value;
                    cycles += 2;
                    pc += 2;
                    continue;
                case 10: {
                    const a = (r[(opcode >> 3) & 7] + r[(opcode >> 6) & 7]) >>> 0;
                    if (!inRam(a & ~3, 1)) {
                        break;
                    }
                    switch ((opcode >> 9) & 3) {
                        case 0: // STR
                            if (a & 3) {
                                break fast;
                            }
                            ram32[(a - RAM) >>> 2] = r[opcode & 7];
                            break;
                        case 1: // STRH
                            if (a & 1) {
                                break fast;
                            }
                            ram16[(a - RAM) >>> 1] = r[opcode & 7];
                            break;
                        case 2: // STRB
                            ram8[a - RAM] = r[opcode & 7];
                            break;
                        default: // LDRSB
                            r[opcode & 7] = (ram8[a - RAM] << 24) >> 24;
                    }
                    cycles += 2;
                    pc += 2;
                    continue;
                }
                case 11: {
                    const a = (r[(opcode >> 3) & 7] + r[(opcode >> 6) & 7]) >>> 0;
                    switch ((opcode >> 9) & 3) {
                        case 0: // LDR
                            value = load32(a);
                            break;
                        case 1: // LDRH
                            value = load16(a);
                            break;
                        case 2: // LDRB
                            value = load8(a);
                            break;
                        default: // LDRSH
                            value = load16(a);
                            if (value !== ABSENT) {
                                value = ((value << 16) >> 16) >>> 0;
                            }
                    }
                    if (value === ABSENT) {
                        break;
                    }
                    r[opcode & 7] = value;
                    cycles += 2;
                    pc += 2;
                    continue;
                }
                case 12: { // STR
                    const a = r[(opcode >> 3) & 7] + ((opcode >> 4) & 0x7c);
                    if (!inRam(a, 1)) {
                        break;
                    }
                    ram32[(a - RAM) >>> 2] = r[opcode & 7];
                    cycles += 2;
                    pc += 2;
                    continue;
                }
                case 13: // LDR
                    value = load32(r[(opcode >> 3) & 7] + ((opcode >> 4) & 0x7c));
                    if (value === ABSENT) {
                        break;
                    }
                    r[opcode & 7] = value;
                    cycles += 2;
                    pc += 2;
                    continue;
                case 14: { // STRB
                    const a = r[(opcode >> 3) & 7] + ((opcode >> 6) & 31);
                    if (a < RAM || a >= RAM_END) {
                        break;
                    }
                    ram8[a - RAM] = r[opcode & 7];
                    cycles += 2;
                    pc += 2;
                    continue;
                }
                case 15: // LDRB
                    value = load8(r[(opcode >> 3) & 7] + ((opcode >> 6) & 31));
                    if (value === ABSENT) {
                        break;
                    }
                    r[opcode & 7] = value;
                    cycles += 2;
                    pc += 2;
                    continue;
                case 16: { // STRH
                    const a = r[(opcode >> 3) & 7] + ((opcode >> 5) & 0x3e);
                    if (a < RAM || a >= RAM_END || a & 1) {
                        break;
                    }
                    ram16[(a - RAM) >>> 1] = r[opcode & 7];
                    cycles += 2;
                    pc += 2;
                    continue;
                }
                case 17: // LDRH
                    value = load16(r[(opcode >> 3) & 7] + ((opcode >> 5) & 0x3e));
                    if (value === ABSENT) {
                        break;
                    }
                    r[opcode & 7] = value;
                    cycles += 2;
                    pc += 2;
                    continue;
                case 18: { // STR, on the stack
                    const a = r[13] + ((opcode & 0xff) << 2);
                    if (!inRam(a, 1)) {
                        break;
                    }
                    ram32[(a - RAM) >>> 2] = r[(opcode >> 8) & 7];
                    cycles += 2;
                    pc += 2;
                    continue;
                }
                case 19: // LDR
                    value = load32(r[13] + ((opcode & 0xff) << 2));
                    if (value === ABSENT) {
                        break;
                    }
                    r[(opcode >> 8) & 7] = value;
                    cycles += 2;
                    pc += 2;
                    continue;
                case 20: // ADR
                    r[(opcode >> 8) & 7] = (pc & ~3) + 4 + ((opcode & 0xff) << 2);
                    cycles += 1;
                    pc += 2;
                    continue;
                case 21: // ADD, to SP
                    r[(opcode >> 8) & 7] = r[13] + ((opcode & 0xff) << 2);
                    cycles += 1;
                    pc += 2;
                    continue;
                case 22:
                    value = r[(opcode >> 3) & 7];
                    switch ((opcode >> 6) & 31) {
                        case 0: // ADD SP
                        case 1:
                            r[13] += (opcode & 0x7f) << 2;
                            break;
                        case 2: // SUB SP
                        case 3:
                            r[13] -= (opcode & 0x7f) << 2;
                            break;
                        case 8: // SXTH
                            r[opcode & 7] = (value << 16) >> 16;
                            break;
                        case 9: // SXTB
                            r[opcode & 7] = (value << 24) >> 24;
                            break;
                        case 10: // UXTH
                            r[opcode & 7] = value & 0xffff;
                            break;
                        case 11: // UXTB
                            r[opcode & 7] = value & 0xff;
                            break;
                        case 16: // PUSH
                        case 17:
                        case 18:
                        case 19:
                        case 20:
                        case 21:
                        case 22:
                        case 23: {
                            let a = r[13] - 36; // room for the longest list
                            if (!inRam(a, 9)) {
                                break fast;
                            }
                            a = r[13];
                            if (opcode & 0x100) {
                                a -= 4;
                                ram32[(a - RAM) >>> 2] = r[14];
                            }
                            for (let i = 7; i >= 0; i--) {
                                if (opcode & (1 << i)) {
                                    a -= 4;
                                    ram32[(a - RAM) >>> 2] = r[i];
                                    cycles += 1;
                                }
                            }
                            r[13] = a;
                            break;
                        }
                        default:
                            break fast;
                    }
                    cycles += 1;
                    pc += 2;
                    continue;
                case 23: {
                    if ((opcode & 0x600) !== 0x400) {
                        break;
                    }
                    let a = r[13]; // POP
                    if (!inRam(a, 9)) {
                        break;
                    }
                    if (opcode & 0x100) {
                        value = 0;
                        for (let i = 0; i < 8; i++) {
                            value += (opcode >> i) & 1;
                        }
                        value = ram32[((a - RAM) >>> 2) + value];
                        if (value >= 0xf0000000) {
                            break; // end of an exception
                        }
                    }
                    for (let i = 0; i < 8; i++) {
                        if (opcode & (1 << i)) {
                            r[i] = ram32[(a - RAM) >>> 2];
                            a += 4;
                            cycles += 1;
                        }
                    }
                    pc += 2;
                    if (opcode & 0x100) {
                        pc = (value & ~1) >>> 0;
                        a += 4;
                        cycles += 2;
                    }
                    r[13] = a;
                    cycles += 1;
                    continue;
                }
                case 24: // STM
                case 25: { // LDM
                    const n = (opcode >> 8) & 7;
                    let a = r[n];
                    if (!inRam(a, 8)) {
                        break;
                    }
                    for (let i = 0; i < 8; i++) {
                        if (opcode & (1 << i)) {
                            if (opcode & 0x800) {
                                r[i] = ram32[(a - RAM) >>> 2];
                            } else {
                                ram32[(a - RAM) >>> 2] = r[i];
                            }
                            a += 4;
                            cycles += 1;
                        }
                    }
                    if (!(opcode & (1 << n))) {
                        r[n] = a;
                    }
                    cycles += 1;
                    pc += 2;
                    continue;
                }
                case 26: // B, on a condition
                case 27: {
                    let taken = false;
                    switch ((opcode >> 9) & 7) {
                        case 0:
                            taken = Z;
                            break;
                        case 1:
                            taken = C;
                            break;
                        case 2:
                            taken = N;
                            break;
                        case 3:
                            taken = V;
                            break;
                        case 4:
                            taken = C && !Z;
                            break;
                        case 5:
                            taken = N === V;
                            break;
                        case 6:
                            taken = N === V && !Z;
                            break;
                        default:
                            break fast;
                    }
                    cycles += 1;
                    pc += 2;
                    if (taken !== ((opcode & 0x100) !== 0)) {
                        pc += ((opcode << 24) >> 23) + 2;
                        cycles += 1;
                    }
                    continue;
                }
                case 28: // B
                    pc += 4 + ((opcode << 21) >> 20);
                    cycles += 2;
                    continue;
                case 30: { // BL
                    const second = load16(pc + 2);
                    if (second === ABSENT || (second & 0xd000) !== 0xd000) {
                        break;
                    }
                    const sign = (opcode << 21) >> 31; // 0 or -1
                    const i1 = ~((second >> 13) ^ sign) & 1;
                    const i2 = ~((second >> 11) ^ sign) & 1;
                    r[14] = (pc + 4) | 1;
                    pc += 4 + ((sign << 24) | (i1 << 23) | (i2 << 22) | ((opcode & 0x3ff) << 12) | ((second & 0x7ff) << 1));
                    cycles += 3;
                    continue;
                }
            }
            core.N = N;
            core.Z = Z;
            core.C = C;
            core.V = V;
            core.cycles = cycles;
            r[15] = pc;
            core.executeInstruction();
            ({ N, Z, C, V, cycles } = core);
            pc = r[15];
            slow = core.interruptsUpdated;
            end = core.waiting ? 0 : Math.min(limit, clock.deadline);
        }
        core.N = N;
            core.Z = Z;
            core.C = C;
            core.V = V;
            core.cycles = cycles;
        r[15] = pc;
    };
}
