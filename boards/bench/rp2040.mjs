// SPDX-License-Identifier: MIT
// node rp2040.mjs RP2040JS ELF: runs a bare ELF from the RAM of an emulated RP2040; answers its semihosting calls with its cycles.
import fs from 'node:fs';
import { pathToFileURL } from 'node:url';

const [library, elf] = process.argv.slice(2);
const { RP2040, ConsoleLogger, LogLevel } = await import(pathToFileURL(library));
const SRAM = 0x20000000, SYS_WRITE0 = 0x04, SYS_EXIT = 0x18, SYS_ELAPSED = 0x30;

const mcu = new RP2040();
mcu.logger = new ConsoleLogger(LogLevel.Error);

// Copies each loadable segment of a 32-bit little-endian ELF to its physical address.
function load(image) {
  const headers = image.readUInt32LE(28), size = image.readUInt16LE(42), n = image.readUInt16LE(44);
  for (let at = headers; at < headers + n * size; at += size) {
    const [type, offset, , address, length] = [0, 4, 8, 12, 16].map((field) => image.readUInt32LE(at + field));
    if (type === 1) {
      mcu.sram.set(image.subarray(offset, offset + length), address - SRAM);
    }
  }
}

load(fs.readFileSync(elf));
const { core } = mcu;
core.SP = mcu.sramView.getUint32(0, true);
core.PC = mcu.sramView.getUint32(4, true) & ~1;

let running = true;
const calls = {
  [SYS_WRITE0]: (at) => {
    const end = mcu.sram.indexOf(0, at - SRAM);
    process.stdout.write(Buffer.from(mcu.sram.subarray(at - SRAM, end)).toString());
  },
  [SYS_EXIT]: () => { running = false; },
  [SYS_ELAPSED]: (at) => mcu.sramView.setBigUint64(at - SRAM, BigInt(core.cycles), true),
};
mcu.onBreak = () => calls[core.registers[0]](core.registers[1]);
while (running) {
  core.executeInstruction();
}
