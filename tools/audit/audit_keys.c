/* SPDX-License-Identifier: MIT */
#include "audit/audit_keys.h"

#include <stdlib.h>

static int by_key(const void *a, const void *b)
{
    const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

struct keys keys_of(const struct audit *a, const uint32_t *list, size_t count, bool (*is)(const struct examined *e))
{
    size_t n = 0;
    for (size_t i = 0; i < count; i++)
        n += a->examined[list ? list[i] : i].explanations;
    struct keys k = {.key = malloc((n + 1) * sizeof *k.key)};
    if (!k.key)
        fail_memory(n * sizeof *k.key);
    for (size_t i = 0; i < count; i++) {
        const struct examined *const e = &a->examined[list ? list[i] : i];
        for (size_t x = 0; is(e) && x < e->explanations; x++)
            k.key[k.count++] = e->explanation[x].key;
    }
    qsort(k.key, k.count, sizeof *k.key, by_key);
    return k;
}

void keys_free(struct keys *k)
{
    free(k->key);
}

/* The first place at which `key` or a greater one stands. */
static size_t lower_bound(const struct keys *k, uint64_t key)
{
    size_t low = 0, high = k->count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (k->key[middle] < key)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

size_t keys_count(const struct keys *k, uint32_t key)
{
    return lower_bound(k, (uint64_t)key + 1) - lower_bound(k, key);
}

const struct explanation *keys_usual(const struct audit *a, const uint32_t *list, size_t count, bool (*is)(const struct examined *e),
                                     uint32_t below, size_t *most)
{
    struct keys k = keys_of(a, list, count, is);
    const struct explanation *usual = NULL;
    *most = 0;
    for (size_t i = 0; i < count; i++) {
        const struct examined *const e = &a->examined[list ? list[i] : i];
        for (size_t x = 0; is(e) && x < e->explanations; x++) {
            const size_t n = e->explanation[x].key < below ? keys_count(&k, e->explanation[x].key) : 0;
            if (n > *most) {
                *most = n;
                usual = &e->explanation[x];
            }
        }
    }
    keys_free(&k);
    return usual;
}
