// SPDX-License-Identifier: MIT
// Blocks of MicroPython's heap: one that grows or goes, and the look ahead for room.
#include "blocks.h"

void *mod_resize(void *block, size_t size) {
#if defined(MICROPY_ENABLE_DYNRUNTIME)
    return mp_fun_table.realloc_(block, size, false);
#else
    return gc_realloc(block, size, false);
#endif
}

bool mod_has_room(size_t size) {
    void *block = mod_resize(NULL, size);
    mod_resize(block, 0);
    return block != NULL;
}

void mod_ensure_room(void) {
    if (!mod_has_room(ROOM)) {
        m_malloc_fail(ROOM);
    }
}
