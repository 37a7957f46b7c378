#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# From nothing to a checkpoint on Debian 12: installs what the build needs, builds sow, and initialises GPT-2 124M from seed 42.
set -euo pipefail
cd "$(dirname "$0")/.."
.ci/deps build
[ -f build/build.ninja ] || meson setup build -Dtests=disabled -Dbench=disabled -Dexamples=disabled -Dtools=enabled >/dev/null
ninja -C build --quiet
time build/tools/sow init examples/models/gpt2.json --seed 42 -o build/gpt2.safetensors --force
ls -l build/gpt2.safetensors
