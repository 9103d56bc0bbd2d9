// SPDX-License-Identifier: MIT
// The port's configuration without what needs mbedtls, which Debian's source of MicroPython does not have.
#include "ports/rp2/mpconfigport.h"

#undef MICROPY_SSL_MBEDTLS
#undef MICROPY_PY_CRYPTOLIB
#define MICROPY_PY_CRYPTOLIB (0)
#undef MICROPY_PY_HASHLIB_SHA1
#define MICROPY_PY_HASHLIB_SHA1 (0)
