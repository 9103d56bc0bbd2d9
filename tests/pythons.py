# SPDX-License-Identifier: MIT
"""`make test-pythons`: the wheel's core under each Python that is to be had, with the oldest and the newest numpy it takes.

Each gets an environment of its own, imports the public face and computes a life of a network: every digest is the same.
A Python that is not to be had is a SKIP with its reason. uv fetches Pythons where it is installed and the network lets it;
else those of pyenv and of the system are taken.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

VERSIONS = "3.11", "3.12", "3.13", "3.14"
OLDEST = {"3.11": "1.26.0", "3.12": "1.26.0", "3.13": "2.1.0", "3.14": "2.3.2"}  # numpy, the first with files for each
PATIENCE = 120  # seconds for uv to fetch a Python
LIFE = """
import platform, sys
import numpy as np
import deeplomath
assert "site-packages" in deeplomath.__file__, deeplomath.__file__
for name in deeplomath.__all__:
    getattr(deeplomath, name)
random = np.random.default_rng(7)
net = deeplomath.Network(features=6, classes=3, events=24)
for i in range(40):
    x = (random.integers(-900, 900, 6) + 1200 * (i % 3)).astype(np.int16)
    net.infer(x)
    net.learn(x, i % 3)
assert deeplomath.Network.from_state(net.export()).digest() == net.digest()
model = deeplomath.Model("motion")
model.teach("walk", 2)
events = model.push(random.integers(-9000, 9000, (400, 6)).astype(np.int16))
print(f"{net.digest():08x}-{model.net.digest():08x}-{len(events)}", platform.python_version(), np.__version__)
"""


def found(version):
    """(path of a Python of this version, "") or (None, why there is none)."""
    reasons = []
    if uv := shutil.which("uv"):
        subprocess.run([uv, "python", "install", "-q", version], capture_output=True, timeout=PATIENCE)
        done = subprocess.run([uv, "python", "find", "--system", version], capture_output=True, text=True)
        if not done.returncode:
            return done.stdout.strip(), ""
        reasons.append(f"uv: {' '.join(done.stderr.split())}")
    else:
        reasons.append("uv: not installed")
    versions = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv", "versions")
    candidates = [str(path / "bin" / "python") for path in sorted(versions.glob(f"{version}.*"))]
    for python in [*candidates, shutil.which(f"python{version}"), sys.executable]:
        if python and is_version(python, version):
            return python, ""
    return None, "; ".join([*reasons, "no pyenv or system has it"])


def is_version(python, version):
    done = subprocess.run(
        [python, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"], capture_output=True, text=True
    )
    return not done.returncode and done.stdout.strip() == version


def life(python, wheel, numpy, folder):
    """What LIFE prints in a new environment: (digests, words)."""
    subprocess.run([python, "-m", "venv", "--without-pip", folder], check=True, capture_output=True)
    inside = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
    pip = [sys.executable, "-m", "pip", "--python", inside, "--disable-pip-version-check", "install", "-q"]
    pip += ["--only-binary", ":all:"]
    done = subprocess.run([*pip, str(wheel), *([f"numpy=={numpy}"] if numpy else [])], capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"pip: {done.stderr.strip()[-300:]}")
    done = subprocess.run([inside, "-I", "-W", "error", "-c", LIFE], cwd=folder, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(done.stderr.strip()[-600:])
    digests, words = re.fullmatch(r"(\S+) (.*)\n", done.stdout).groups()
    return digests, words


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("wheel", type=Path)
    parser.add_argument("--only", nargs="*", default=VERSIONS, help="these versions")
    arguments = parser.parse_args()
    seen, failed = {}, 0
    for version in arguments.only:
        python, reason = found(version)
        if not python:
            print(f"SKIP {version}: {reason}", flush=True)
            continue
        for numpy in (OLDEST.get(version), None):
            with tempfile.TemporaryDirectory(prefix="deeplomath ä ") as folder:
                try:
                    digests, words = life(python, arguments.wheel.resolve(), numpy, Path(folder))
                except (RuntimeError, subprocess.CalledProcessError) as error:
                    failed += 1
                    print(f"FAIL {version}, numpy {numpy or 'newest'}: {error}", flush=True)
                    continue
            seen.setdefault(digests, []).append(words)
            print(f"ok   Python {words.replace(' ', ', numpy ')}: {digests}", flush=True)
    if not seen or failed or len(seen) > 1:
        raise SystemExit(f"{failed} failed; digests: {seen or 'none'}")


if __name__ == "__main__":
    main()
