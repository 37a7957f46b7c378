/* SPDX-License-Identifier: MIT */
/** @file audit_maths.h Distribution functions and tests, in double. */
#ifndef SOW_TOOLS_AUDIT_MATHS_H
#define SOW_TOOLS_AUDIT_MATHS_H

#include <stddef.h>

/** Of N(0, 1): density, cdf, and the probability above z (accurate in the far tail). */
double normal_density(double z);
double normal_cdf(double z);
double normal_above(double z);
double normal_quantile(double p);

/** Variance of N(0, 1) cut to [-c, c]. */
double cut_variance(double c);
/** The cut c at which N(0, 1) cut to [-c, c] has variance `ratio` · c²: 0 where that is a uniform's (1/3) or more. */
double cut_of_ratio(double ratio);

/** Probability that chi² of `freedom` degrees exceeds x. */
double chi2_above(double freedom, double x);
/** Probability that a Poisson count of that mean is `count` or more. */
double poisson_above(double mean, double count);
/** The normal deviate whose two-sided probability is p. */
double two_sided(double p);

#endif
