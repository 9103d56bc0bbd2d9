# SPDX-License-Identifier: MIT
"""Packs what is built: `make mip` for `mpremote mip install`, a folder an architecture; `make release` with images and sums."""

import argparse
import hashlib
import json
import shutil
from pathlib import Path

from deeplomath import spec
from deeplomath.deploy import choice
from deeplomath.desk import statuses
from deeplomath.paths import BUILD, ROOT

IMAGES = ("firmware.uf2", "firmware.dfu", "firmware.hex")


def write_mip(build, folder):
    """Writes folder/ARCHITECTURE/package.json and what it names, for each architecture that is built; mip cannot choose one."""
    modules, device = choice.load_build(build)
    for architecture, native in modules.items():
        files = {f"{name}.mpy": data for name, data in (native | device).items()}
        package = folder / architecture
        shutil.rmtree(package, ignore_errors=True)
        package.mkdir(parents=True)
        for name, data in files.items():
            (package / name).write_bytes(data)
        (package / "package.json").write_bytes(listing({name: name for name in files}))
    return sorted(modules)


def listing(files):
    """The bytes of a package.json: {name on the board: where the file lies, from this one's folder}."""
    listed = {"version": spec.VERSION_LIBRARY, "urls": [list(it) for it in files.items()]}
    return (json.dumps(listed, indent=1) + "\n").encode()


def write_release(build, folder):
    """Writes all that is built into folder: mip packages, images of real boards, SHA256SUMS. Returns the images' names."""
    shutil.rmtree(folder, ignore_errors=True)
    write_mip(build, folder / "mip")
    images = {}
    for board in sorted(path.parent.name for path in ROOT.glob("boards/*/board.toml")):
        images |= {f"{board}{Path(name).suffix}": build / board / name for name in IMAGES}
    images = {name: path for name, path in images.items() if path.is_file()}
    for name, path in images.items():
        shutil.copyfile(path, folder / name)
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    sums = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(folder)}\n" for path in files]
    (folder / "SHA256SUMS").write_text("".join(sums))
    return list(images)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("mip", "release"))
    what = parser.parse_args().what
    build = BUILD
    if what == "mip":
        for architecture in write_mip(build, build / "mip"):
            print(f"mpremote connect PORT mip install build/mip/{architecture}/package.json")
    else:
        images = write_release(build, build / "release")
        print(f"build/release: {', '.join(images) or 'no firmware image is built'}; mip packages; SHA256SUMS")


if __name__ == "__main__":
    statuses.run(main)
