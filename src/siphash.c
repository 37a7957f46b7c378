/* SPDX-License-Identifier: MIT */
#include "src/siphash.h"

static uint64_t rotate_left(uint64_t x, int by)
{
    return x << by | x >> (64 - by);
}

static void rounds(uint64_t v[4], int count)
{
    while (count-- > 0) {
        v[0] += v[1];
        v[2] += v[3];
        v[1] = rotate_left(v[1], 13) ^ v[0];
        v[3] = rotate_left(v[3], 16) ^ v[2];
        v[0] = rotate_left(v[0], 32) + v[3];
        v[2] += v[1];
        v[3] = rotate_left(v[3], 21) ^ v[0];
        v[1] = rotate_left(v[1], 17) ^ v[2];
        v[2] = rotate_left(v[2], 32);
    }
}

static void compress(uint64_t v[4], uint64_t word)
{
    v[3] ^= word;
    rounds(v, 2);
    v[0] ^= word;
}

/* The initial state spells "somepseudorandomlygeneratedbytes"; 0xee marks the 128-bit variant. */
void sow__siphash_start(sow__siphash *hash, uint64_t key0, uint64_t key1)
{
    *hash = (sow__siphash){
        .v = {key0 ^ 0x736f6d6570736575u, key1 ^ 0x646f72616e646f6du ^ 0xee, key0 ^ 0x6c7967656e657261u, key1 ^ 0x7465646279746573u}};
}

void sow__siphash_add(sow__siphash *hash, const void *bytes, size_t count)
{
    const unsigned char *p = bytes;
    for (size_t i = 0; i < count; i++) {
        hash->word |= (uint64_t)p[i] << 8 * (hash->length & 7);
        if ((++hash->length & 7) == 0) {
            compress(hash->v, hash->word);
            hash->word = 0;
        }
    }
}

void sow__siphash_finish(sow__siphash *hash, uint64_t out[2])
{
    uint64_t *v = hash->v;
    compress(v, hash->word | hash->length << 56);
    v[2] ^= 0xee;
    rounds(v, 4);
    out[0] = v[0] ^ v[1] ^ v[2] ^ v[3];
    v[1] ^= 0xdd;
    rounds(v, 4);
    out[1] = v[0] ^ v[1] ^ v[2] ^ v[3];
}
