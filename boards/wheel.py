# SPDX-License-Identifier: MIT
"""`make wheel`: the host package with all that a board needs in it, as one file for pip: build/wheel/deeplomath-*.whl.

The same sources give the same bytes: times are fixed, and the files are what was built.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

import package
from deeplomath import spec
from deeplomath.deploy import choice
from deeplomath.desk import statuses
from deeplomath.errors import DeeplomathError
from deeplomath.paths import BUILD, MODULES, ROOT

EPOCH = 1767225600  # 2026-01-01: the time of each file in the wheel, as pip and zip want one
EMULATED = "stm32f405_qemu"  # of `deeplomath demo`
PICOS = "rpi_pico", "rpi_pico2"  # of `deeplomath flash`


class WheelError(DeeplomathError):
    """No wheel could be made."""


def onboard(folder):
    """Puts what boards need into a folder: modules, device files, images, descriptions, examples, sources, stubs."""
    modules, device = choice.load_build()
    files = {f"device/{name}.mpy": data for name, data in device.items()}
    for architecture, of in modules.items():
        files |= {f"natmod/{architecture}/{name}.mpy": of[name] for name in MODULES}
        listed = {f"{name}.mpy": f"../../natmod/{architecture}/{name}.mpy" for name in MODULES}
        listed |= {f"{name}.mpy": f"../../device/{name}.mpy" for name in device}
        files[f"mip/{architecture}/package.json"] = package.listing(listed)
    for board in (EMULATED, *PICOS):
        toml = (ROOT / "boards" / board / "board.toml").read_bytes()
        files[f"boards/{board}/board.toml"] = toml
        image = tomllib.loads(toml.decode())["firmware"]
        if not (BUILD / image).is_file():
            raise WheelError(f"{BUILD / image}: not built; `make wheel` does it")
        files[image] = (BUILD / image).read_bytes()
    for kind in ("examples", "sources"):
        for file in sorted((ROOT / "firmware" / kind).glob("*.py")):
            files[f"{kind}/{file.name}"] = file.read_bytes()
    for file in sorted((ROOT / "firmware" / "stubs").glob("*.pyi")):
        files[f"stubs/{file.name}"] = file.read_bytes()
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def stage(folder, micropython):
    """Makes the source of the wheel in a folder: the host package, what boards need, and the licences of both."""
    shutil.copytree(ROOT / "host" / "deeplomath", folder / "deeplomath", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "host" / "pyproject.toml", folder)
    shutil.copy(ROOT / "LICENSE", folder)
    shutil.copy(ROOT / "boards" / "third_party.txt", folder / "LICENSE.third_party")
    shutil.copy(Path(micropython, "LICENSE"), folder / "LICENSE.micropython")
    onboard(folder / "deeplomath" / "onboard")
    for path in folder.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)


def build(target, micropython):
    """Builds the wheel into a folder, its images those of the sources in the folder micropython; its path."""
    shutil.rmtree(target, ignore_errors=True)
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "source")
        source.mkdir()
        stage(source, micropython)
        pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "wheel", "--quiet", "--no-deps"]
        command = [*pip, "--no-build-isolation", "--no-index", "--wheel-dir", str(target), str(source)]
        environment = os.environ | {"SOURCE_DATE_EPOCH": str(EPOCH)}
        done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        raise WheelError(f"pip wheel: {done.stdout.strip()}")
    return target / f"deeplomath-{spec.VERSION_LIBRARY}-py3-none-any.whl"


def main():
    wheel = build(BUILD / "wheel", sys.argv[1])
    data = wheel.read_bytes()
    print(f"{wheel.relative_to(BUILD.parent)}: {len(data):,} bytes, sha256 {hashlib.sha256(data).hexdigest()}")


if __name__ == "__main__":
    statuses.run(main)
