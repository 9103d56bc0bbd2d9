#!/bin/sh -e
# SPDX-License-Identifier: MIT
# packages.sh GROUP...: installs the Debian packages of the groups named (host, lint, fuzz, firmware, riscv, speech,
# browser) that are missing, and only these.
for group; do
    case $group in
    host) packages="$packages gcc libc6-dev make python3-venv ca-certificates" commands="$commands gcc make python3" ;;
    lint) packages="$packages clang" commands="$commands clang" ;;
    fuzz) packages="$packages clang libclang-rt-dev" commands="$commands clang" ;;
    firmware)
        packages="$packages gcc-arm-none-eabi libnewlib-arm-none-eabi libstdc++-arm-none-eabi-newlib qemu-system-arm
            cmake pkg-config dpkg-dev xz-utils"
        commands="$commands arm-none-eabi-gcc qemu-system-arm cmake pkg-config" ;;
    riscv)
        packages="$packages gcc-riscv64-unknown-elf picolibc-riscv64-unknown-elf qemu-system-misc"
        commands="$commands riscv64-unknown-elf-gcc qemu-system-riscv32" ;;
    speech) packages="$packages espeak-ng" commands="$commands espeak-ng" ;;
    browser) packages="$packages chromium" commands="$commands chromium" ;;
    *) echo "packages.sh: no group '$group' (host, lint, fuzz, firmware, riscv, speech, browser)" >&2; exit 2 ;;
    esac
done

if ! command -v apt-get >/dev/null; then
    for command in $commands; do command -v "$command" >/dev/null || missing="$missing $command"; done
    [ -z "$missing" ] || { echo "No apt here: please install$missing, then run make again." >&2; exit 1; }
    exit 0
fi

for package in $packages; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q ' installed$' || missing="$missing $package"
done
[ -n "$missing" ] || exit 0
echo "installing:$missing"
[ "$(id -u)" = 0 ] || sudo=sudo
export DEBIAN_FRONTEND=noninteractive
# shellcheck disable=SC2086  # both are lists
$sudo apt-get -qq -o APT::Update::Error-Mode=any update || echo "packages.sh: apt's lists are not up to date, see above" >&2
# shellcheck disable=SC2086
$sudo apt-get -qq -y --no-install-recommends -o Dpkg::Use-Pty=0 install $missing >/dev/null || {
    echo "Not installed, see above:$missing. Is there a network, and are apt's sources in reach of it? Then run make again." >&2
    exit 2
}
