/* SPDX-License-Identifier: MIT */
/* Laws in words. */
#include <math.h>
#include <stdio.h>

#include "audit/audit.h"

static int centre_text(const struct law_fit *law, char *text, size_t size)
{
    if (fabs(law->mean) <= 5 * law->std / sqrt(law->n))
        return snprintf(text, size, "0");
    return snprintf(text, size, "%.4g", law->mean);
}

static void random_law(const struct law_fit *law, char *text, size_t size)
{
    char mean[24];
    (void)centre_text(law, mean, sizeof mean);
    const double half = 0.5 * (law->high - law->low), middle = 0.5 * (law->high + law->low);
    switch (law->kind) {
    case LAW_NORMAL:
        (void)snprintf(text, size, "N(%s, %.4g)", mean, law->std);
        break;
    case LAW_UNIFORM:
        if (fabs(middle) < 30 * half / law->n)
            (void)snprintf(text, size, "U(±%.4g)", half);
        else
            (void)snprintf(text, size, "U[%.4g, %.4g]", law->low, law->high);
        break;
    case LAW_TRUNCATED:
        (void)snprintf(text, size, "N(%s, %.4g) cut at ±%.3gσ", mean, law->parent, law_cut(law));
        break;
    case LAW_CONSTANT:
        (void)snprintf(text, size, "%.6g", law->mean);
        break;
    default:
        (void)snprintf(text, size, "mean %.4g, std %.4g", law->mean, law->std);
    }
}

void law_describe(const struct examined *e, char *text, size_t size)
{
    const struct law_fit *const law = &e->law;
    char inner[96];
    random_law(law, inner, sizeof inner);
    switch (law->kind) {
    case LAW_NONE:
        (void)snprintf(text, size, "not looked at");
        return;
    case LAW_EMPTY:
        (void)snprintf(text, size, e->n ? "nothing finite" : "no elements");
        return;
    case LAW_DISCRETE:
        (void)snprintf(text, size, "%.0f values from %.4g to %.4g", e->distinct, law->low, law->high);
        return;
    case LAW_FEW:
        (void)snprintf(text, size, "few elements, %s", inner);
        return;
    case LAW_UNKNOWN:
        (void)snprintf(text, size, "no simple law, %s", inner);
        return;
    default:
        if (law->sparse)
            (void)snprintf(text, size, "%.3g %% zeros, the rest %s", 100 * law->zeros, inner);
        else
            (void)snprintf(text, size, "%s", inner);
    }
}
