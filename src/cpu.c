/* SPDX-License-Identifier: MIT */
#include "src/cpu.h"

#include <stdint.h>
#include <stdio.h>

#if defined(__x86_64__)
#include <cpuid.h>

enum { eax, ebx, ecx, edx, REGISTERS };

static const struct {
    unsigned feature, leaf, reg, bit, xcr0;
} rows[] = {
#define X(name, leaf, reg, bit, xcr0) {SOW_CPU_##name, leaf, reg, bit, xcr0},
    SOW_CPU_LIST(X)
#undef X
};

/* Registers that the system saves and restores: a CPU may have AVX-512 below a kernel or hypervisor that does not. */
static unsigned saved_state(void)
{
    unsigned r[REGISTERS];
    const unsigned osxsave = 1u << 27;
    if (!__get_cpuid(1, &r[eax], &r[ebx], &r[ecx], &r[edx]) || !(r[ecx] & osxsave))
        return 0;
    unsigned low, high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0)); /* the intrinsic would need -mxsave */
    return low;
}

unsigned sow__cpu_features(void)
{
    unsigned leaves[8][REGISTERS] = {{0}}; /* CPUID is slow under a hypervisor: each leaf once */
    for (unsigned leaf = 1; leaf < 8; leaf += 6)
        (void)__get_cpuid_count(leaf, 0, &leaves[leaf][eax], &leaves[leaf][ebx], &leaves[leaf][ecx], &leaves[leaf][edx]);
    const unsigned xcr0 = saved_state();
    unsigned have = 0;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if ((xcr0 & rows[i].xcr0) == rows[i].xcr0 && (leaves[rows[i].leaf][rows[i].reg] >> rows[i].bit & 1u))
            have |= rows[i].feature;
    return have;
}

#else

unsigned sow__cpu_features(void)
{
    return 0; /* NEON is part of aarch64 itself */
}

#endif

void sow__cpu_words(unsigned features, char *words, size_t size)
{
    static const char *const names[] = {
#define X(name, leaf, reg, bit, xcr0) #name,
        SOW_CPU_LIST(X)
#undef X
    };
    if (size)
        words[0] = '\0';
    size_t used = 0;
    for (unsigned i = 0; i < SOW_CPU_COUNT && used < size; i++)
        if (features >> i & 1u)
            used += (size_t)snprintf(words + used, size - used, "%s%s", used ? " " : "", names[i]);
}
