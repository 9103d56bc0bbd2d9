#!/bin/sh -e
# SPDX-License-Identifier: MIT
# sources.sh DIR NAME...: unpacks the sources named (micropython) into DIR/NAME-VERSION, from the Debian archive that this machine's
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
Types: deb-src
URIs: $uri
Suites: trixie
Components: main
Signed-By: $keyring
SOURCES
apt="apt-get -qq -o Dir::Etc::SourceList=$work/debian.sources -o Dir::Etc::SourceParts=- -o Dir::State::Lists=$work/lists
    -o Dir::Cache=$work/cache -o APT::Sandbox::User=$(id -un) -o Acquire::Languages=none"
cd "$work/files"
$apt update

for name; do
    case $name in
    micropython) version=1.25.0+ds-1 folder=micropython-1.25.0 ;;
    *) echo "sources.sh: no source '$name' (micropython)" >&2; exit 2 ;;
    esac
    $apt source --download-only "$name=$version"
    grep " ${name}_" "$here/sources.sha256" | sha256sum --check --quiet
    rm -rf "$top/$folder" "$top/$folder.part"
    dpkg-source --no-check --no-copy -x "${name}_$version.dsc" "$top/$folder.part" >/dev/null
    mv "$top/$folder.part" "$top/$folder"
done
rm -rf "$work"
