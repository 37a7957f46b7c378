// SPDX-License-Identifier: MIT
// The umbrella and the shared library, as a program in C++ sees them.
#include <cstdio>
#include <cstring>
#include <sow/sow.h>
#include <vector>

int main()
{
    const sow_stream s = sow_stream_named(sow_stream_seed(42), "a", 1);
    std::vector<uint32_t> words(4), filled(4);
    sow_stream_block(s, 0, words.data());
    if (sow_fill(nullptr, s, sow_dist_bits(), SOW_F32, 0, filled.data(), filled.size()) != SOW_OK || words != filled) {
        std::puts("FAIL: a fill differs from its block");
        return 1;
    }
    const int64_t shape[2] = {3, 5};
    std::vector<float> data(15, -1);
    sow_tensor t = sow_tensor_make(data.data(), SOW_F32, 2, shape);
    if (sow_init(nullptr, sow_zeros(), s, &t) != SOW_OK || data != std::vector<float>(15, 0)) {
        std::puts("FAIL: zeros are not zero");
        return 1;
    }
    return std::strcmp(sow_version(), SOW_VERSION) != 0;
}
