/* SPDX-License-Identifier: MIT */
/* Looks at every place of a tensor whether the signs of 64 elements in a row are those with which some tensor starts. */
#include <string.h>

#include "audit/audit_repeats.h"

static uint64_t signs_of(const float *x, float centre)
{
    uint64_t signs = 0;
    for (int k = 0; k < 64; k += 8) {
        uint8_t below[8];
        uint64_t packed;
        for (int i = 0; i < 8; i++)
            below[i] = x[k + i] < centre;
        memcpy(&packed, below, sizeof packed);
        signs |= (packed * 0x0102040810204080u >> 56) << k;
    }
    return signs;
}

/* All 64 windows that begin in `now`. */
static void look(struct repeats *r, uint32_t tensor, uint64_t at, uint64_t now, uint64_t next)
{
    const struct repeats_filter filter = *repeats_filter(r);
    for (int k = 0; k < 64; k++) {
        const uint64_t window = k ? now >> k | next << (64 - k) : now;
        if (filter.byte[repeats_hash(&filter, window)])
            repeats_found(r, window, tensor, at + (uint64_t)k);
    }
}

void repeats_look(struct repeats *r, uint32_t tensor, const struct examined *e, uint64_t first, uint64_t n)
{
    const float centre = (float)audit_centre(e);
    float x[64];
    uint64_t now = 0;
    bool have = false;
    /* The windows of the last 64 elements reach into the next piece. */
    for (uint64_t at = first; at + 64 <= e->n && at <= first + n; at += 64) {
        values_load_f32(e->summary.dtype, e->data, at, 64, x);
        const uint64_t next = signs_of(x, centre);
        if (have)
            look(r, tensor, at - 64, now, next);
        now = next;
        have = true;
    }
    if (have && first + n == e->n) { /* what is left at the end: windows of the last whole 64 and behind */
        const uint64_t tail = e->n / 64 * 64, from = tail - 64;
        uint64_t end = 0;
        for (uint64_t i = tail; i < e->n; i++)
            end |= (uint64_t)(values_at(e->summary.dtype, e->data, i) < (double)centre) << (i - tail);
        for (uint64_t at = from; at + 64 <= e->n; at++) {
            const uint64_t k = at - from, window = k ? now >> k | end << (64 - k) : now;
            if (repeats_filter(r)->byte[repeats_hash(repeats_filter(r), window)])
                repeats_found(r, window, tensor, at);
        }
    }
}
