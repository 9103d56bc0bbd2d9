// SPDX-License-Identifier: MIT
// Where an event begins and ends in a stream of frames. Twin of host/deeplomath/signal/gate->py. SIGNAL.md, Gate.
#include "dlm_operations.h"

enum { LOUDEST = 3 };  // the frame that says how loud an event is, from the loudest on

// log2 of a frame's amplitude, Q11, above 1 LSB.
static int32_t loudness(uint64_t power, unsigned guard) {
    const uint64_t least = (uint64_t)1 << 2 * guard;
    return dlm_floor_shift32(dlm_log2_q11(power > least ? power : least), 1) - (int32_t)guard * OCTAVE;
}

// The loudness of frame i of those held, as it lies in the store ahead of its values.
static uint16_t *frame_at(const dlm_front_t *front, uint16_t *store, uint32_t most, uint32_t i) {
    const uint32_t at = front->first + i;
    return store + (at < most ? at : at - most) * (1 + (uint32_t)front->frame);
}

// The third largest loudness of the frames held, of fewer the least.
static int32_t third_loudest(const dlm_front_t *front, uint16_t *store, uint32_t most) {
    int32_t top[LOUDEST] = {-1, -1, -1};
    for (uint32_t i = 0; i < front->held; i++) {
        int32_t loud = *frame_at(front, store, most, i);
        for (uint32_t k = 0; k < LOUDEST; k++) {
            if (loud > top[k]) {
                const int32_t other = top[k];
                top[k] = loud;
                loud = other;
            }
        }
    }
    return top[front->held < LOUDEST ? front->held - 1 : LOUDEST - 1];
}

// Closes the gate-> Returns how many frames the event has; front->first is where it begins.
static uint32_t close(dlm_front_t *front, uint16_t *store, const dlm_gate_t *gate) {
    const int32_t top = third_loudest(front, store, gate->most);
    const int32_t level = front->floor + dlm_floor_shift32((top - front->floor) * gate->trim, 4);
    uint32_t begin = front->held, end = 0;
    for (uint32_t i = 0; i < front->held; i++) {
        if (*frame_at(front, store, gate->most, i) > level) {
            begin = begin < i ? begin : i;
            end = i + 1;
        }
    }
    if (front->quiet < gate->hang && front->lowest > front->floor) {  // never quiet: what sounds now is the floor
        front->floor = front->lowest;
    }
    begin += front->first;
    end += front->first;
    front->first = (uint8_t)(begin < gate->most ? begin : begin - gate->most);
    front->held = front->open = 0;
    return end - begin >= gate->least ? end - begin : 0;
}

uint32_t dlm_gate_take(dlm_front_t *front, uint16_t *store, const dlm_gate_t *gate, const int16_t *frame,
                       uint64_t power, unsigned guard) {
    const int32_t loud = loudness(power, guard);
    front->floor = front->floor < 0 ? loud : front->floor;
    if (!front->open) {
        front->floor += dlm_floor_shift32(loud - front->floor, loud < front->floor ? 2 : gate->slow);
        if (front->held > gate->pre) {
            front->held--;
            front->first = (uint8_t)(front->first + 1u < gate->most ? front->first + 1 : 0);
        }
    }
    uint16_t *row = frame_at(front, store, gate->most, front->held++);
    *row = (uint16_t)loud;
    memcpy(row + 1, frame, 2u * front->frame);
    if (!front->open) {
        if (loud <= front->floor + dlm_get_u16(gate->on)) {
            return 0;
        }
        front->open = 1;
        front->quiet = 0;
        front->lowest = (uint16_t)loud;
    }
    front->lowest = loud < front->lowest ? (uint16_t)loud : front->lowest;
    front->quiet = (uint8_t)(loud > front->floor + dlm_get_u16(gate->off) ? 0 : front->quiet + 1);
    return front->quiet < gate->hang && front->held < gate->most ? 0 : close(front, store, gate);
}
