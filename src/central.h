/* SPDX-License-Identifier: MIT */
/**
 * @file central.h
 * Count, mean and central moments of some elements, and how two of them become one: Chan, Golub & LeVeque (1979) for the variance, Pébay
 * (SAND2008-6212) for the others. Nothing cancels, as every sum is about its own mean.
 */
#ifndef SOW_SRC_CENTRAL_H
#define SOW_SRC_CENTRAL_H

#include <stdint.h>

/**
 * Of n elements in units of 2^exponent; mK is the sum of (x - mean)^K. The mean is mean + rest, as the distance of two means may be less
 * than the last bit of either. All zero: of none.
 */
typedef struct sow__central {
    double n, mean, rest, m2, m3, m4;
    int exponent;
} sow__central;

/** x·2^e, to zero or infinity where it leaves the range. */
double sow__times_power(double x, int e);

/** Out of sums of (x - pivot)^k, k = 1 … 4, over n > 0 elements. */
sow__central sow__central_of(double n, double pivot, const double sums[4], int exponent);

/** Both together. The order matters for the last bit. */
sow__central sow__central_join(const sow__central *a, const sow__central *b);

/** Mean, variance, skewness, kurtosis as in sow_stats. */
void sow__central_finish(const sow__central *c, double moments[4]);

#endif
