#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Writes the golden files anew from a build folder: tests/golden/print.sh BUILD. A changed file changes everybody's weights: CHANGELOG.
set -euo pipefail
build=$(cd "$1" && pwd)
cd "$(dirname "$0")"
ninja -C "$build" tests/golden/test_golden >/dev/null
for what in digests values; do
    "$build/tests/golden/test_golden" --print $what >$what.new
    mv $what.new $what.txt
done
