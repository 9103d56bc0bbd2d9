// SPDX-License-Identifier: MIT
// Blocks of MicroPython's heap, and how much of it a change leaves free.
#ifndef DEEPLOMATH_BLOCKS_H
#define DEEPLOMATH_BLOCKS_H

#include "micropython.h"

enum {
    ROOM = 128 * sizeof(void *),  // bytes free behind a change: a reply of the service takes less
    BESIDE = 4 * ROOM,            // bytes that a network leaves to what is asked of it
};

// A block of another size at the same place, a new one of NULL, none of size 0; NULL where there is no room. Raises
// nothing.
void *mod_resize(void *block, size_t size);

bool mod_has_room(size_t size);

// Raises MemoryError unless ROOM bytes are free. The kernel takes none: they still are when it has made its change.
void mod_ensure_room(void);

#endif
