/* SPDX-License-Identifier: MIT */
#include "src/dispatch.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sow/context.h"
#include "src/cpu.h"
#include "src/explain.h"

typedef struct isa_row {
    const sow_kernels *kernels;
    const char *name;
    unsigned needs;
} isa_row;

static const isa_row rows[] = {
#define NEED(feature)  | SOW_CPU_##feature
#define X(isa, needed) {&sow_kernels_##isa, #isa, 0u needed},
#include "simd/isa.inc"
#undef X
#undef NEED
};

/* Each word starts with a blank, which sow_isa_needs() steps over. */
static const char *const needs_words[] = {
#define NEED(feature)  " " #feature
#define X(isa, needed) "" needed,
#include "simd/isa.inc"
#undef X
#undef NEED
};

enum { COUNT = sizeof rows / sizeof rows[0] };

/* The library's only mutable global. NULL: not chosen yet; &unusable: SOW_ISA asks for what is not there. */
static const sow_kernels *_Atomic chosen;
static const sow_kernels unusable;

static const isa_row *row_named(const char *name)
{
    for (size_t i = 0; i < COUNT; i++)
        if (strcmp(name, rows[i].name) == 0)
            return &rows[i];
    return NULL;
}

/* The environment's wish; an empty one is none. */
static const char * override(void)
{
    const char *name = getenv("SOW_ISA");
    return name && *name ? name : NULL;
}

const sow_kernels *sow__kernels_named(const char *name)
{
    const unsigned have = sow__cpu_features();
    for (size_t i = COUNT; i-- > 0;)
        if ((rows[i].needs & ~have) == 0 && (!name || strcmp(name, rows[i].name) == 0))
            return rows[i].kernels;
    return NULL;
}

const sow_kernels *sow__kernels_default(void)
{
    const sow_kernels *kernels = atomic_load_explicit(&chosen, memory_order_acquire);
    if (!kernels) {
        /* Two threads may both come here. The first to store wins, so that all of a process's calls see one choice. */
        const sow_kernels *found = sow__kernels_named(override());
        if (!found)
            found = &unusable;
        if (atomic_compare_exchange_strong(&chosen, &kernels, found))
            kernels = found;
    }
    return kernels == &unusable ? NULL : kernels;
}

/* "avx2, scalar": what would have worked. */
static const char *usable_names(char names[128])
{
    size_t used = 0;
    names[0] = '\0';
    for (size_t i = 0; i < COUNT && used < 128; i++)
        if (sow_isa_usable(i))
            used += (size_t)snprintf(names + used, 128 - used, "%s%s", used ? ", " : "", rows[i].name);
    return names;
}

sow_status sow__check_isa(const char *name, char *why, size_t size)
{
    if (name ? sow__kernels_named(name) : sow__kernels_default())
        return sow__pass(why, size);
    if (!why || !size)
        return SOW_ERR_ISA;

    const char *who = name ? "isa" : "SOW_ISA";
    char names[128];
    if (!name)
        name = override();
    if (!name || sow__kernels_named(name)) /* changed since it was read */
        return sow__fail(SOW_ERR_ISA, why, size,
                         "SOW_ISA asked, when it was first read, for kernels that are not usable here; usable are %s", usable_names(names));
    const isa_row *row = row_named(name);
    if (!row)
        return sow__fail(SOW_ERR_ISA, why, size, "%s is \"%s\", which this build does not know; usable here are %s", who, name,
                         usable_names(names));
    char lacking[128];
    sow__cpu_words(row->needs & ~sow__cpu_features(), lacking, sizeof lacking);
    return sow__fail(SOW_ERR_ISA, why, size, "%s is \"%s\", but this machine lacks %s; usable here are %s", who, name, lacking,
                     usable_names(names));
}

size_t sow_isa_count(void)
{
    return COUNT;
}

const char *sow_isa_name(size_t i)
{
    return i < COUNT ? rows[i].name : NULL;
}

int sow_isa_usable(size_t i)
{
    return i < COUNT && (rows[i].needs & ~sow__cpu_features()) == 0;
}

const char *sow_isa_needs(size_t i)
{
    if (i >= COUNT)
        return NULL;
    return needs_words[i] + (needs_words[i][0] == ' ');
}
