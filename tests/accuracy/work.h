/* SPDX-License-Identifier: MIT */
/** @file work.h Items 0 … n-1 over all processors (SOW_NUM_THREADS says how many otherwise), and the largest errors that they find. */
#ifndef SOW_TESTS_ACCURACY_WORK_H
#define SOW_TESTS_ACCURACY_WORK_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

unsigned work_threads(void);
/** Calls fn(arg, worker, item) once per item; worker < work_threads() is the same for all that one thread does. */
void work_run(size_t items, void (*fn)(void *arg, unsigned worker, size_t item), void *arg);
/** Called by each thread that is about to end, where set: mpfr_free_cache(). */
extern void (*work_at_end)(void);
/** Wall-clock seconds since some fixed moment. */
double work_seconds(void);

/** The largest of what was noted, and where. */
typedef struct worst {
    double value;
    uint64_t at[2];
} worst;

static inline void worst_note(worst *w, double value, uint64_t at0, uint64_t at1)
{
    if (!(value <= w->value)) { /* so that a NaN stays */
        w->value = value;
        w->at[0] = at0;
        w->at[1] = at1;
    }
}

static inline void worst_merge(worst *w, const worst *other)
{
    worst_note(w, other->value, other->at[0], other->at[1]);
}

/** Errors of values of at least 2^-10 in units of the last place, and of smaller ones absolute. */
typedef struct errors {
    worst ulps, small;
} errors;

static inline void errors_merge(errors *e, const errors *other)
{
    worst_merge(&e->ulps, &other->ulps);
    worst_merge(&e->small, &other->small);
}

/** 2^floor(log2 |x|) of a normal x; 0 for 0. */
static inline double power_below(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    bits &= 0x7ff0000000000000;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/** `digits`: 24 for f32, 53 for f64. The last place is that of the exact value. */
static inline void errors_note(errors *e, double error, double exact, int digits, uint64_t at0, uint64_t at1)
{
    const double size = fabs(error);
    if (fabs(exact) < 0x1p-10)
        worst_note(&e->small, size, at0, at1);
    else
        worst_note(&e->ulps, size / power_below(exact) * (digits == 24 ? 0x1p23 : 0x1p52), at0, at1);
}

#endif
