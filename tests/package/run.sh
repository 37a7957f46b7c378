#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# tests/package/run.sh BUILD: installs BUILD into a scratch prefix and uses it as strangers would. "ok" or "FAIL" per way.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
build=$(cd "$1" && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
status=0

way() { # way NAME COMMAND…
    local name=$1
    shift
    if "$@" >"$scratch/log" 2>&1; then
        echo "ok   package: $name"
    else
        echo "FAIL package: $name"
        sed 's/^/     /' "$scratch/log" | tail -20
        status=1
    fi
}

# The build's own prefix is kept and moved: the package files must not depend on where they were installed first.
DESTDIR=$scratch/dest meson install -C "$build" --no-rebuild >"$scratch/install.log" 2>&1 || { cat "$scratch/install.log"; exit 1; }
pc=$(find "$scratch/dest" -name sow.pc)
lib=$(dirname "$(dirname "$pc")")
export PKG_CONFIG_PATH=${pc%/*} PKG_CONFIG_SYSROOT_DIR=$scratch/dest LD_LIBRARY_PATH=$lib
cc=${CC:-cc}

pkg_shared() { $cc -std=c11 -Wall -Werror "$here/main.c" -o "$scratch/shared" $(pkg-config --cflags --libs sow) && "$scratch/shared"; }
pkg_static() {
    $cc -std=c11 "$here/main.c" -o "$scratch/static" $(pkg-config --cflags sow) "$lib/libsow.a" \
        $(pkg-config --static --libs-only-l --libs-only-other sow | sed 's/-lsow//') -lm && env -u LD_LIBRARY_PATH "$scratch/static"
}
readme() { # the README's example, as it stands there
    sed -n '/^```c$/,/^```$/p' "$root/README.md" | sed '1d;/^```$/,$d' >"$scratch/readme.c" && [ -s "$scratch/readme.c" ] &&
        $cc -std=c11 -Wall -Wextra -Werror "$scratch/readme.c" -o "$scratch/readme" $(pkg-config --cflags --libs sow) &&
        "$scratch/readme" | grep -E '^success: '
}
soname() { readelf -d "$lib/libsow.so" | grep -E 'SONAME.*libsow\.so\.[0-9]+\]'; }
cmake_package() {
    CC=$cc cmake -G Ninja -S "$here" -B "$scratch/cmake" -DCMAKE_FIND_ROOT_PATH="$scratch/dest" -Dsow_DIR="$lib/cmake/sow" &&
        ninja -C "$scratch/cmake" && "$scratch/cmake/shared" && env -u LD_LIBRARY_PATH "$scratch/cmake/static"
}
subproject() {
    mkdir -p "$scratch/host/subprojects" && cp "$here/main.c" "$here/meson.build" "$scratch/host" && ln -s "$root" "$scratch/host/subprojects/sow" &&
        env -u PKG_CONFIG_PATH CC="$cc" meson setup "$scratch/host/build" "$scratch/host" --wrap-mode=forcefallback &&
        ninja -C "$scratch/host/build" && meson test -C "$scratch/host/build" consumer
}
vendored() {
    mkdir "$scratch/vendored" && (cd "$scratch/vendored" && $cc -O2 -I"$root/include" -I"$root" -c "$root"/src/*.c "$root"/simd/*.c) &&
        $cc -I"$root/include" "$here/main.c" "$scratch/vendored"/*.o -o "$scratch/vendored/main" -lm -pthread && "$scratch/vendored/main"
}

# A host that compiles everything for its own machine, contracting where it may: every scheme keeps its bits.
host_flags() {
    $cc -std=gnu11 -O3 -march=native -I"$root/include" -I"$root" "$here/digests.c" "$root"/src/*.c "$root"/simd/*.c -o "$scratch/fast" -lm -pthread &&
        $cc -O1 -ffp-contract=off -I"$root/include" "$here/digests.c" "$scratch/vendored"/*.o -o "$scratch/plain" -lm -pthread &&
        "$scratch/fast" >"$scratch/fast.txt" && "$scratch/plain" >"$scratch/plain.txt" && diff "$scratch/plain.txt" "$scratch/fast.txt"
}

way "pkg-config, shared" pkg_shared
way "pkg-config, static" pkg_static
way "README's example" readme
way "a SONAME" soname
way "CMake find_package, shared and static" cmake_package
way "meson subproject" subproject
way "vendored: cc -c src/*.c simd/*.c" vendored
way "vendored with the host's own flags: the same bits" host_flags
exit $status
