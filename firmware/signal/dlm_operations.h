// SPDX-License-Identifier: MIT
// What the files of the signal library share: operations as they are planned, and the functions that carry them out.
// Twins: the files of host/deeplomath/signal. SIGNAL.md has all formulas.
#ifndef DLM_OPERATIONS_H
#define DLM_OPERATIONS_H

#include <stdbool.h>
#include <string.h>

#include "dlm_fixed.h"
#include "dlm_log2.h"
#include "dlm_signal.h"

enum { OCTAVE = 1 << DLM_FEATURE_LOG_BITS, SECTION_BYTES = 40, SECTION_COEFFICIENTS = 20 };

// An operation as it runs. Offsets are bytes: body from the program's start, state from the buffer's.
typedef struct {
    uint8_t kind, flags;
    uint8_t line;      // the first one that it reads
    uint8_t made;      // number of lines ahead of it, its first new one; of a window and its own: how many lines it has
    uint16_t body;     // offset of its body
    uint16_t n;        // of mix and map: rows; norm: lines; biquad: sections; keep: n; window and its own: samples
    uint32_t state;    // offset of its state; of stats and bands: of its first value, in values of a frame
    uint16_t at;       // of a window: where the next sample goes; of keep: samples since the last one kept
    uint16_t missing;  // of a window: samples until it has what it needs
} dlm_operation_t;

// A bin of a transform, and its power in its place.
typedef union {
    struct {
        int32_t re, im;
    } z;
    uint64_t power;
} dlm_bin_t;

// Rows of values in a ring of `most` rows, one `stride` int16 from the next: n from `first` on.
typedef struct {
    const int16_t *ring;
    uint32_t stride, most, first, n;
} dlm_rows_t;

// The body of a gate. on, off: octaves in Q11; trim: in 1/16; slow: bits; the others count frames.
typedef struct {
    uint8_t on[2], off[2], hang, most, pre, trim, least, slow;
} dlm_gate_t;

// Its operations lie behind it, and the program behind them: its first byte, 'D', is no kind, and ends each loop.
struct dlm_front {
    uint64_t index, overruns;
    dlm_front_info_t info;
    uint32_t lines, power, values;  // offsets: the lines' samples now, where powers are made, values of rows twice
    int32_t floor;                  // loudness of what is always there; negative: not known yet
    uint16_t bytes, frame;
    uint16_t lowest;  // loudness since the gate opened
    uint8_t n_operations, parts;
    uint8_t first, held;  // frames in the gate's store: where they begin, how many there are
    uint8_t open, quiet;
};

// A program as it is read; the reader's own, but for what it found. refusal.field 0: nothing is wrong so far.
typedef struct {
    const uint8_t *code;
    uint32_t bytes;
    dlm_refusal_t refusal;
    uint32_t work;                 // but that of sample operations
    uint32_t longest;              // period of a window, in samples of the input
    uint32_t frames;               // fewest from one event to the next
    uint32_t kind_low, kind_high;  // kinds that may come next
    uint32_t n_lines, state, frame, width, parts, most_values, most_power;
    uint32_t window_n, window_lines, window_powers;
    dlm_front_t front;  // as it begins
    uint16_t spacing[DLM_SIGNAL_LINES];
    uint8_t factors[DLM_SIGNAL_LINES];  // multiply-accumulates for a sample of each line
} dlm_plan_t;

// dlm_program.c

// Reads a program [bytes], and writes its operations where they are to lie; NULL: nowhere. Returns 0, or DLM_ERR_PROGRAM
// and says why in plan->refusal.
int dlm_program_read(dlm_plan_t *plan, const uint8_t *program, size_t bytes, dlm_operation_t *operations);

// dlm_lines.c

// Carries out a sample operation on lines, all of which have a sample now.
void dlm_lines_make(const dlm_operation_t *operation, const uint8_t *body, void *state, int16_t *lines);

// A filter of n sections at its start. body: the operation's in the program.
void dlm_biquad_init(void *state, const uint8_t *body, uint32_t n);

// dlm_stats.c

// Statistics by the bits of flags of x [n], to values[0], values[stride] and so on.
void dlm_stats(const int16_t *x, uint32_t n, unsigned flags, int16_t *values, uint32_t stride);

// The sum of x [n], n >= 1.
int32_t dlm_sum(const int16_t *x, uint32_t n);

// The mean, rounded, of n numbers of this sum; n: 1..32768.
int32_t dlm_mean(int32_t sum, uint32_t n);

// log2_q11 of a value, of 1 for 0.
int32_t dlm_logs(uint64_t value);

// dlm_fft.c

// The power of x [n] in Q(2 guard), to power [n/2 + 1]; returns the sum. n: 16..2048, a power of two.
uint64_t dlm_power(const int16_t *x, uint32_t n, dlm_bin_t *power);

// dlm_bands.c

// log2 of the amplitude in each of n_bands of the power of n samples, to values [n_bands]. edges: as in the program.
void dlm_bands(const dlm_bin_t *power, uint32_t n, const uint8_t *edges, uint32_t n_bands, bool triangles,
               int16_t *values);

// dlm_gate.c

// Takes a frame [front->frame] of this power into the gate's store. Returns how many frames the event has that it ends,
// 0 for none; it begins at front->first.
uint32_t dlm_gate_take(dlm_front_t *front, uint16_t *store, const dlm_gate_t *gate, const int16_t *frame,
                       uint64_t power, unsigned guard);

// dlm_pool.c

// Means of equal parts of rows [width], to pooled [parts][width].
void dlm_pool(const dlm_rows_t *rows, uint32_t parts, uint32_t width, int16_t *pooled);

// Each of n_rows rows of values [width] times a matrix int16 [rows][width], its bytes as in the program; rows 0: less
// the mean of all. To mapped, which is another place.
void dlm_map(const int16_t *values, uint32_t n_rows, uint32_t width, const uint8_t *matrix, uint32_t rows,
             int16_t *mapped);

// Of bytes in any place, little endian.
static inline uint16_t dlm_get_u16(const uint8_t *bytes) {
    return (uint16_t)(bytes[0] | bytes[1] << 8);
}

static inline int16_t dlm_get_i16(const uint8_t *bytes) {
    return (int16_t)dlm_get_u16(bytes);
}

static inline int16_t dlm_int16(int32_t value) {
    return (int16_t)(value > INT16_MAX ? INT16_MAX : value < INT16_MIN ? INT16_MIN : value);
}

static inline uint32_t dlm_aligned(uint32_t bytes) {
    return (bytes + 7) & ~(uint32_t)7;
}

#endif
