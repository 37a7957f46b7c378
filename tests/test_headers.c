/* SPDX-License-Identifier: MIT */
/* The umbrella and the shared library, as a program in C sees them. */
#include <sow/sow.h>
#include <stdio.h>
#include <string.h>

int main(void)
{
    uint32_t words[4], filled[4];
    const sow_stream s = sow_stream_named(sow_stream_seed(42), "a", 1);
    sow_stream_block(s, 0, words);
    if (sow_fill(NULL, s, sow_dist_bits(), SOW_F32, 0, filled, 4) != SOW_OK || memcmp(words, filled, sizeof words) != 0) {
        puts("FAIL: a fill differs from its block");
        return 1;
    }
    if (strcmp(sow_version(), SOW_VERSION) != 0) {
        printf("FAIL: the library is %s, its header %s\n", sow_version(), SOW_VERSION);
        return 1;
    }
    return 0;
}
