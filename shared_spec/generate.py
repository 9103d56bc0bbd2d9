# SPDX-License-Identifier: MIT
"""Turn spec.toml and those beside it into the constants and layouts of kernel, board and host, and into the tables of PROTOCOL.md.

python3 shared_spec/generate.py            write the files
python3 shared_spec/generate.py --check    exit with status 1 if one of them is not what they say
"""

import sys
import tomllib
from pathlib import Path

from generator import constants, modules, tables

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
SOURCES = "spec.toml", "wire.toml", "requests.toml", "signal.toml", "store.toml"
DOCUMENT = "shared_spec/PROTOCOL.md"
SHARED = {  # of the board and of the host: one file in two places: there is no second implementation
    "firmware/device/dlm_vote.py": "host/deeplomath/vote.py",
    "firmware/device/dlm_stream.py": "host/deeplomath/stream.py",
}


def main():
    spec = {k: v for name in SOURCES for k, v in tomllib.loads((HERE / name).read_text()).items()}
    files = {
        "firmware/common/dlm_spec.h": constants.c_header(spec),
        "firmware/device/dlm_spec.py": modules.board(spec),
        "host/deeplomath/spec.py": modules.host(spec),
        DOCUMENT: tables.document(spec, (ROOT / DOCUMENT).read_text()),
    }
    files |= {copy: (ROOT / name).read_text() for name, copy in SHARED.items()}
    if "--check" not in sys.argv[1:]:
        for name, text in files.items():
            (ROOT / name).write_text(text)
        return 0
    stale = [name for name, text in files.items() if not (ROOT / name).exists() or (ROOT / name).read_text() != text]
    for name in stale:
        print(f"{name}: not what spec.toml says; run python3 shared_spec/generate.py", file=sys.stderr)
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
