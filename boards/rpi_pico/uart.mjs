// SPDX-License-Identifier: MIT
// What rp2040js lacks of the UARTs: a transmit interrupt that goes out once it is cleared, and the loopback.
const DR = 0x00;
const LOOPBACK = 1 << 7; // in the control register
const TRANSMIT = 1 << 5; // in the interrupt registers

/**
 * Gives a UART of rp2040js the transmit interrupt of a PL011: it comes when the FIFO runs empty, which here is at once behind
 * each byte, and stays away once it is cleared. That of rp2040js comes again at once, and no program gets on beside it.
 */
export function mendUart(uart) {
    const write = uart.writeUint32;
    uart.checkInterrupts = () => {
        uart.rp2040.setInterrupt(uart.irq, !!(uart.interruptStatus & uart.interruptMask));
    };
    uart.writeUint32 = (offset, value) => {
        write.call(uart, offset, value);
        if (offset === DR) {
            if (uart.ctrlRegister & LOOPBACK) {
                uart.feedByte(value & 0xff);
            }
            uart.interruptStatus |= TRANSMIT;
            uart.checkInterrupts();
        }
    };
}
