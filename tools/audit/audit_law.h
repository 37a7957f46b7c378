/* SPDX-License-Identifier: MIT */
/** @file audit_law.h Which law a tensor's values fit. */
#ifndef SOW_TOOLS_AUDIT_LAW_H
#define SOW_TOOLS_AUDIT_LAW_H

#include <stdbool.h>

#include "audit/audit_summary.h"

/* X(enumerator, word) */
#define LAW_LIST(X)                                                                                                                        \
    X(LAW_NONE, none)             /* not looked at: no floating-point numbers */                                                           \
    X(LAW_EMPTY, empty)           /* no elements, or none that is finite */                                                                \
    X(LAW_FEW, few)               /* too few elements to tell laws apart */                                                                \
    X(LAW_CONSTANT, constant)     /* all equal */                                                                                          \
    X(LAW_UNIFORM, uniform)       /* on [low, high] */                                                                                     \
    X(LAW_NORMAL, normal)         /* mean, std */                                                                                          \
    X(LAW_TRUNCATED, truncated)   /* N(mean, parent) cut to [low, high] */                                                                 \
    X(LAW_ORTHOGONAL, orthogonal) /* gain·Q */                                                                                            \
    X(LAW_FIXED, fixed)           /* what a scheme without randomness writes */                                                            \
    X(LAW_DISCRETE, discrete)     /* a handful of values */                                                                                \
    X(LAW_UNKNOWN, unknown)       /* none of these */

#define X(id, word) id,
enum law_kind { LAW_LIST(X) LAW_COUNT };
#undef X
extern const char *const law_words[LAW_COUNT];

struct law_fit {
    enum law_kind kind;
    bool sparse;       /**< the law of what is not zero; `zeros` of the elements are */
    double zeros;      /**< share of exact zeros, if sparse */
    double n;          /**< elements that the law is about */
    double mean, std;  /**< measured, of these */
    double std_error;  /**< of std, as a part of it */
    double low, high;  /**< measured extremes */
    double parent;     /**< truncated: the std before the cut */
    double gain;       /**< orthogonal, fixed */
    double p;          /**< of the goodness of fit; 1 where there are too few elements for it */
    double confidence; /**< posterior weight among uniform, normal and truncated; 1 for what is exact */
};

/** A probability below this is no chance: a checkpoint has some 300 tensors and each some ten tests, so 3000 · 1e-9 stays far below 1 %. */
#define AUDIT_ALPHA 1e-9
/** The same as a deviate of N(0, 1), two-sided. */
#define AUDIT_Z 6.1

/** A normal law that ends nearer than at so many standard deviations is none that was clipped. */
#define LEAST_CLIP 2.6

/** Constant, uniform, normal, truncated, few or unknown. */
struct law_fit law_of(const struct summary *s);

/** cdf of a fitted law (uniform, normal, truncated). */
double law_cdf(const struct law_fit *law, double x);

/** P of chi² over equally likely bins of `cdf`; `freedom` is taken off for estimated parameters only by leaving the bins' number alone. */
double law_chi2(const struct summary *s, double (*cdf)(const void *law, double x), double (*quantile)(const void *law, double p),
                const void *law);

/** The cut in units of the parent's std. */
static inline double law_cut(const struct law_fit *law)
{
    return 0.5 * (law->high - law->low) / law->parent;
}

#endif
