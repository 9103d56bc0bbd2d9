#!/bin/sh -e
# SPDX-License-Identifier: MIT
# sources.sh DIR NAME...: unpacks the sources named (micropython, pico-sdk) into DIR/NAME-VERSION, from the Debian archive that this machine's
# apt already uses, with lists and cache of its own, every file checked against sources.sha256.
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1"
top=$(cd "$1" && pwd)
shift

if ! command -v apt-get >/dev/null || ! command -v dpkg-source >/dev/null; then
    echo "Sources come through apt, which is not here: set MICROPYTHON_DIR to a checkout of MicroPython 1.25." >&2
    exit 1
fi
release=$(. /etc/os-release && echo "$VERSION_CODENAME")
uri=$(apt-get indextargets --format '$(RELEASE) $(COMPONENT) $(REPO_URI)' |
    awk -v release="$release" '$1 == release && $2 == "main" { print $3; exit }')
keyring=$(ls /usr/share/keyrings/debian-archive-keyring.[gp]* 2>/dev/null | head -n 1)
if [ -z "$uri" ] || [ -z "$keyring" ]; then
    echo "This machine's apt has no Debian archive: set MICROPYTHON_DIR to a checkout of MicroPython 1.25." >&2
    exit 1
fi

work=$top/apt
mkdir -p "$work/lists/partial" "$work/cache/archives/partial" "$work/files"
cat >"$work/debian.sources" <<SOURCES
Types: deb deb-src
URIs: $uri
Suites: trixie
Components: main
Signed-By: $keyring
SOURCES
apt="apt-get -qq -o Dir::Etc::SourceList=$work/debian.sources -o Dir::Etc::SourceParts=- -o Dir::State::Lists=$work/lists
    -o Dir::Cache=$work/cache -o APT::Sandbox::User=$(id -un) -o Acquire::Languages=none"
cd "$work/files"
$apt -o APT::Update::Error-Mode=any update || {
    echo "The Debian archive was not reached, see above: MicroPython's source comes from there. Is there a network? Then run make" \
        "again. Or set MICROPYTHON_DIR to a checkout of MicroPython 1.25." >&2
    exit 2
}

for name; do
    case $name in
    micropython)
        folder=micropython-1.25.0
        rm -rf "$top/$folder" "$top/$folder.part"
        $apt source --download-only micropython=1.25.0+ds-1
        grep ' micropython_' "$here/sources.sha256" | sha256sum --check --quiet
        dpkg-source --no-check --no-copy -x micropython_1.25.0+ds-1.dsc "$top/$folder.part" >/dev/null
        mv "$top/$folder.part" "$top/$folder" ;;
    pico-sdk) # two packages of sources side by side, as the link of one to the other wants them
        folder=pico-sdk-2.1.1
        rm -rf "$top/$folder" "$top/$folder.part"
        $apt download pico-sdk-source=2.1.1-1 tinyusb-source=0.18.0+dfsg-1
        grep -E ' (pico-sdk|tinyusb)-source_' "$here/sources.sha256" | sha256sum --check --quiet
        for package in *.deb; do dpkg-deb --extract "$package" "$top/$folder.part"; done
        mv "$top/$folder.part/usr/src" "$top/$folder"
        rm -rf "$top/$folder.part" ;;
    *) echo "sources.sh: no source '$name' (micropython, pico-sdk)" >&2; exit 2 ;;
    esac
done
rm -rf "$work"
