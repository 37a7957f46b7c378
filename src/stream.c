/* SPDX-License-Identifier: MIT */
#include "sow/stream.h"

#include "src/siphash.h"

/* The first byte of what is hashed: a name is never mistaken for an index. */
enum { TAG_INDEX = 1, TAG_NAME = 2 };

sow_stream sow_stream_seed(uint64_t seed)
{
    return (sow_stream){.key = seed, .id = 0};
}

static sow_stream child(sow_stream parent, unsigned char tag, const void *bytes, size_t count)
{
    sow__siphash hash;
    uint64_t out[2];
    sow__siphash_start(&hash, parent.key, parent.id);
    sow__siphash_add(&hash, &tag, 1);
    sow__siphash_add(&hash, bytes, count);
    sow__siphash_finish(&hash, out);
    return (sow_stream){.key = out[0], .id = out[1]};
}

sow_stream sow_stream_named(sow_stream parent, const char *name, size_t length)
{
    return child(parent, TAG_NAME, name, length);
}

sow_stream sow_stream_indexed(sow_stream parent, uint64_t index)
{
    unsigned char bytes[8];
    for (int i = 0; i < 8; i++)
        bytes[i] = (unsigned char)(index >> 8 * i);
    return child(parent, TAG_INDEX, bytes, sizeof bytes);
}

/* Constants of Philox4x32: Salmon et al., SC11, section 3.3 (the weyl steps are the golden ratio and sqrt 3 - 1). */
void sow_stream_block(sow_stream stream, uint64_t block, uint32_t words[4])
{
    uint32_t c[4] = {(uint32_t)block, (uint32_t)(block >> 32), (uint32_t)stream.id, (uint32_t)(stream.id >> 32)};
    uint32_t k[2] = {(uint32_t)stream.key, (uint32_t)(stream.key >> 32)};
    for (int round = 0; round < 10; round++) {
        const uint64_t p0 = (uint64_t)c[0] * 0xd2511f53u;
        const uint64_t p1 = (uint64_t)c[2] * 0xcd9e8d57u;
        const uint32_t next[4] = {(uint32_t)(p1 >> 32) ^ c[1] ^ k[0], (uint32_t)p1, (uint32_t)(p0 >> 32) ^ c[3] ^ k[1], (uint32_t)p0};
        for (int i = 0; i < 4; i++)
            c[i] = next[i];
        k[0] += 0x9e3779b9u;
        k[1] += 0xbb67ae85u;
    }
    for (int i = 0; i < 4; i++)
        words[i] = c[i];
}
