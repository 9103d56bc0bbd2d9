// SPDX-License-Identifier: MIT
// Counts what programs of the front-end take on this core; programs_data.h holds them and a stream, made by programs.py.
#include "dlm_operations.h"
#include "machine.h"
#include "programs_data.h"

static uint64_t buffer[(BYTES + 7) / 8];

static void print(const char *what, uint32_t program, uint32_t value) {
    machine_print(what);
    machine_print_number(program);
    machine_print_number(value);
    machine_print("\n");
}

static void print_of_chunk(const char *what, uint32_t chunk, uint32_t program, uint32_t value) {
    char digits[] = {(char)('0' + chunk / 10), (char)('0' + chunk % 10), 0};
    machine_print(what);
    print(chunk < 10 ? digits + 1 : digits, program, value);
}

// Pushes the whole stream by chunks; 0: in one.
static void push(dlm_front_t *front, const dlm_front_info_t *info, uint32_t program, uint32_t chunk) {
    int16_t x[DLM_LIMIT_FEATURES];
    dlm_event_t event = {.features = x};
    uint32_t events = 0, hash = 0, most = 0;
    dlm_front_reset(front);
    for (uint32_t taken = 0, n = STREAM / info->lines; taken < n;) {
        const uint32_t left = n - taken, part = chunk && chunk < left ? chunk : left;
        const uint32_t start = machine_count();
        taken += dlm_front_push(front, stream + taken * info->lines, part, &event);
        const uint32_t took = machine_count() - start;
        if (took > most && (chunk || event.ready)) {
            most = took;
        }
        if (event.ready) {
            events++;
            hash = hash * 31 + (uint32_t)event.at;
            for (uint32_t i = 0; i < info->features; i++) {
                hash = hash * 31 + (uint32_t)x[i];
            }
        }
    }
    print_of_chunk("events", chunk, program, events);
    print_of_chunk("hash", chunk, program, hash);
    if (chunk < 2) {
        print(chunk ? "sample" : "event", program, most);
    }
}

int main(void) {
    uint32_t start = machine_count();
    dlm_power(stream, POWER, (dlm_bin_t *)buffer);
    print("power", 0, machine_count() - start);
    for (uint32_t i = 0; i < PROGRAMS; i++) {
        dlm_front_t *front;
        dlm_front_info_t info;
        start = machine_count();
        if (dlm_front_init(programs[i].code, programs[i].bytes, buffer, sizeof(buffer), &front)) {
            return 1;
        }
        print("init", i, machine_count() - start);
        dlm_front_info(front, &info);
        print("ram", i, info.footprint);
        print("bytes", i, programs[i].bytes);
        for (uint32_t chunk = 0; chunk < CHUNKS; chunk++) {
            push(front, &info, i, chunks[chunk]);
        }
    }
    machine_print("end\n");
    return 0;
}
