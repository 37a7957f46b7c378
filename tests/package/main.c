/* SPDX-License-Identifier: MIT */
/* A stranger's program: the installed package must compile, link and give the published first block of Philox4x32-10. */
#include <sow/sow.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

int main(void)
{
    const uint32_t want[4] = {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}; /* Random123, kat_vectors: counter 0, key 0 */
    float words[4];
    uint32_t got[4];
    const sow_status err = sow_fill(NULL, sow_stream_seed(0), sow_dist_bits(), SOW_F32, 0, words, 4);
    memcpy(got, words, sizeof got);
    if (err != SOW_OK || memcmp(got, want, sizeof want) != 0 || strcmp(sow_version(), SOW_VERSION) != 0) {
        fprintf(stderr, "%s: %08x %08x %08x %08x, version %s, header %s\n", sow_status_string(err), (unsigned)got[0], (unsigned)got[1],
                (unsigned)got[2], (unsigned)got[3], sow_version(), SOW_VERSION);
        return 1;
    }
    return 0;
}
