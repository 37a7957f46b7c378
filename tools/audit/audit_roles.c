/* SPDX-License-Identifier: MIT */
/* What names tell: which tensors play the same role in different layers, how many layers there are, which weight a bias belongs to. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "audit/audit.h"

bool name_has(const struct tensor *t, const char *words)
{
    for (const char *w = words; *w;) {
        const size_t n = strcspn(w, "|");
        if (n <= t->name_length && memmem(t->name, t->name_length, w, n))
            return true;
        w += n + (w[n] == '|');
    }
    return false;
}

/* "layer3", "blocks_0", "stage1": the digits count the layers. "fc1", "w2", "ln_1", "conv1" are names. */
static bool counts_layers(const char *part, size_t stem)
{
    static const char *const words[] = {"layer",  "layers",  "block", "blocks",  "stage",  "stages",
                                        "expert", "experts", "h",     "encoder", "decoder"};
    while (stem && (part[stem - 1] == '_' || part[stem - 1] == '-'))
        stem--;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        const size_t n = strlen(words[i]);
        if (stem >= n && strncasecmp(part + stem - n, words[i], n) == 0 && (stem == n || !isalnum((unsigned char)part[stem - n - 1])))
            return true;
    }
    return false;
}

/* The name with {} for the numbers of layers, in `out` (as long as the name and twice as much); the first such number, or -1. */
static int64_t pattern_of(const struct tensor *t, char *out)
{
    int64_t layer = -1;
    size_t at = 0;
    for (size_t i = 0; i < t->name_length;) {
        size_t n = 0;
        while (i + n < t->name_length && !strchr("./", t->name[i + n]))
            n++;
        size_t stem = n;
        while (stem && isdigit((unsigned char)t->name[i + stem - 1]))
            stem--;
        if (stem < n && n - stem < 10 && (stem == 0 || counts_layers(t->name + i, stem))) {
            memcpy(out + at, t->name + i, stem);
            at += stem;
            out[at++] = '{';
            out[at++] = '}';
            if (layer < 0)
                layer = strtol(t->name + i + stem, NULL, 10);
        } else {
            memcpy(out + at, t->name + i, n);
            at += n;
        }
        i += n;
        if (i < t->name_length)
            out[at++] = t->name[i++];
    }
    out[at] = '\0';
    return layer;
}

static int by_pattern(const void *a, const void *b, void *user)
{
    char *const *const pattern = user;
    const uint32_t i = *(const uint32_t *)a, j = *(const uint32_t *)b;
    const int c = strcmp(pattern[i], pattern[j]);
    return c ? c : (i > j) - (i < j);
}

static void count_layers(struct audit *a)
{
    for (size_t r = 0; r < a->roles; r++) {
        const struct role *const role = &a->role[r];
        int64_t last = -1;
        for (uint32_t k = 0; k < role->members; k++) {
            const struct examined *const e = &a->examined[role->member[k]];
            last = e->tensor->rank >= 2 && e->layer > last ? e->layer : last;
        }
        if (role->members >= 2 && (double)last + 1 > a->layers)
            a->layers = (double)last + 1;
    }
}

void audit_roles(struct audit *a)
{
    char **const pattern = malloc((a->tensors + 1) * sizeof *pattern);
    uint32_t *const order = malloc((a->tensors + 1) * sizeof *order);
    if (!pattern || !order)
        fail_memory(a->tensors * sizeof *pattern);
    for (uint32_t i = 0; i < a->tensors; i++) {
        const struct tensor *const t = a->examined[i].tensor;
        pattern[i] = arena_alloc(&a->arena, 2 * (size_t)t->name_length + 3);
        a->examined[i].layer = pattern_of(t, pattern[i]);
        order[i] = i;
    }
    qsort_r(order, a->tensors, sizeof *order, by_pattern, pattern);
    for (size_t i = 0; i < a->tensors; i++) {
        if (i == 0 || strcmp(pattern[order[i]], pattern[order[i - 1]]) != 0) {
            a->role = array_grow(a->role, &a->role_capacity, a->roles + 1, sizeof *a->role);
            a->role[a->roles++] = (struct role){.pattern = pattern[order[i]], .member = order + i};
        }
        a->role[a->roles - 1].members++;
        a->examined[order[i]].role = (uint32_t)(a->roles - 1);
    }
    a->order = order;
    free(pattern);
    count_layers(a);
}

uint32_t audit_weight_of(const struct audit *a, const struct tensor *bias)
{
    char name[512];
    const char *const at = memmem(bias->name, bias->name_length, "bias", 4);
    if (!at || bias->name_length + 2u >= sizeof name)
        return NO_INDEX;
    const size_t before = (size_t)(at - bias->name), behind = bias->name_length - before - 4;
    memcpy(name, bias->name, before);
    memcpy(name + before, "weight", 6);
    memcpy(name + before + 6, at + 4, behind);
    return checkpoint_find(a->checkpoint, name, before + 6 + behind);
}
