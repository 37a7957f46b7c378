/* SPDX-License-Identifier: MIT */
/* What is wrong with a tensor by itself, whatever it should have been. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "audit/audit.h"
#include "audit/audit_maths.h"

static int64_t first_where(const struct examined *e, bool (*is)(double x, double value), double value)
{
    for (uint64_t i = 0; i < e->n; i++)
        if (is(values_at(e->summary.dtype, e->data, i), value))
            return (int64_t)i;
    return -1;
}

static bool is_not_finite(double x, double value)
{
    (void)value;
    return !isfinite(x);
}

static bool is_equal(double x, double value)
{
    return x == value;
}

/* "element 70 [0, 70]" in words of axes. */
static const char *where(const struct examined *e, int64_t index)
{
    static char text[160];
    const struct tensor *const t = e->tensor;
    int used = snprintf(text, sizeof text, "element %" PRId64, index);
    uint64_t inner = e->n, left = (uint64_t)index;
    for (int i = 0; i < t->rank && t->rank > 1 && t->rank <= SOW_MAX_RANK; i++) {
        inner /= (uint64_t)t->shape[i];
        used += snprintf(text + used, sizeof text - (size_t)used, "%s%" PRIu64, i ? ", " : " [", left / inner);
        left %= inner;
        if (i + 1 == t->rank)
            (void)snprintf(text + used, sizeof text - (size_t)used, "]");
    }
    return text;
}

static void non_finite(struct audit *a, uint32_t i)
{
    const struct examined *const e = &a->examined[i];
    if (e->summary.nans + e->summary.infs == 0)
        return;
    const int64_t at = first_where(e, is_not_finite, 0);
    struct finding *const f = audit_add(a, FINDING_NON_FINITE, false, i, "%" PRIu64 " NaN and %" PRIu64 " infinite, the first is %s",
                                        e->summary.nans, e->summary.infs, where(e, at));
    f->index = at;
}

static int long_axes(const struct tensor *t)
{
    int axes = 0;
    for (int i = 0; i < t->rank; i++)
        axes += t->shape[i] > 1;
    return axes;
}

static void one_value(struct audit *a, uint32_t i)
{
    const struct examined *const e = &a->examined[i];
    if (e->law.kind == LAW_CONSTANT && long_axes(e->tensor) >= 2 && !name_has(e->tensor, "bias")) { /* JAX's biases of heads */
        const bool zero = e->law.mean == 0; /* heads, LoRA's B, last layers of branches: zero by intention */
        (void)audit_add(a, FINDING_CONSTANT, zero, i, "every element is %g: %s", e->law.mean,
                        zero ? "its units differ only by what they are given" : "its units stay equal in training");
    }
    if (e->law.kind == LAW_DISCRETE && long_axes(e->tensor) >= 2)
        (void)audit_add(a, FINDING_COARSE, false, i, "only %.0f different values among %" PRIu64, e->distinct, e->n);
}

static void atoms(struct audit *a, uint32_t i)
{
    const struct examined *const e = &a->examined[i];
    const double bound[2] = {e->summary.min, e->summary.max};
    const uint64_t count[2] = {e->summary.at_min, e->summary.at_max};
    for (int side = 0; side < 2; side++) {
        if (count[side] < 5 || bound[side] == 0 || poisson_above(e->atoms[side], (double)count[side]) > AUDIT_ALPHA)
            continue;
        const int64_t at = first_where(e, is_equal, bound[side]);
        struct finding *const f =
            audit_add(a, FINDING_ATOM, false, i, "%" PRIu64 " elements (%.2g %%) are exactly the %s, %.6g; the first is %s", count[side],
                      100 * (double)count[side] / (double)e->n, side ? "largest" : "smallest", bound[side], where(e, at));
        f->index = at;
    }
}

/* Where people cut: whole and half multiples of the std; or a bound of one digit in the values' own units. */
static bool is_usual_cut(const struct examined *e, double cut, double bound, double error)
{
    const double half = rint(2 * cut) / 2, size = fabs(bound);
    if (half >= 0.5 && half <= 5 && fabs(cut / half - 1) < error)
        return true;
    const double unit = pow(10, floor(log10(size))), digit = rint(size / unit + 1e-6);
    return digit * unit >= size * (1 - 1e-9) && digit * unit - size <= size * 1e-4 + values_step(e->summary.dtype, size);
}

static void clipped(struct audit *a, uint32_t i)
{
    const struct examined *const e = &a->examined[i];
    const struct law_fit *const law = &e->law;
    const double error = 4 * law->std_error + 0.25 / sqrt(law->n) + 1e-3;
    if (law->kind == LAW_TRUNCATED) {
        const double cut = law_cut(law);
        if (cut > LEAST_CLIP && law->n * log1p(-2 * normal_above(cut)) < log(AUDIT_ALPHA) &&
            !is_usual_cut(e, cut, law->high, error * (cut < 3 ? 3 : 1)))
            (void)audit_add(a, FINDING_CLIPPED, false, i, "a normal law that ends at %.3g standard deviations: %.3g elements are missing",
                            cut, law->n * 2 * normal_above(cut));
        return;
    }
    if (law->kind != LAW_NORMAL)
        return;
    const double low = (law->mean - law->low) / law->std, high = (law->high - law->mean) / law->std;
    const double p[2] = {law->n * log1p(-normal_above(low)), law->n * log1p(-normal_above(high))};
    const double cut = fmax(low, high), both = law->n * log1p(-2 * normal_above(cut));
    if (both < log(AUDIT_ALPHA)) {
        if (cut > LEAST_CLIP && !is_usual_cut(e, cut, fmax(fabs(law->low), fabs(law->high)), error))
            (void)audit_add(a, FINDING_CLIPPED, false, i, "a normal law that ends at %.3g standard deviations: %.3g elements are missing",
                            cut, law->n * 2 * normal_above(cut));
        return;
    }
    for (int side = 0; side < 2; side++)
        if (p[side] < log(AUDIT_ALPHA) && (side ? high : low) > LEAST_CLIP &&
            !is_usual_cut(e, side ? high : low, side ? law->high : law->low, error))
            (void)audit_add(a, FINDING_CLIPPED, false, i, "a normal law whose %s tail ends at %.3g standard deviations",
                            side ? "upper" : "lower", side ? high : low);
}

static void coarse(struct audit *a, uint32_t i)
{
    const struct examined *const e = &a->examined[i];
    const bool wide = sow_dtype_size(e->summary.dtype) > 2;
    const double expected = e->distinct_expected, missing = expected - e->distinct;
    if (!audit_is_random(e) || expected < 24 || missing < 8)
        return;
    if (e->distinct > expected * (wide ? 0.9 : e->law.kind == LAW_UNKNOWN ? 0.4 : 0.75))
        return;
    (void)audit_add(a, FINDING_COARSE, false, i, "%.0f different values where %s has about %.0f%s", e->distinct,
                    formats[e->tensor->format].lower, expected, e->widened ? ": they are bf16 numbers" : "");
}

static void outlier(struct audit *a, uint32_t i)
{
    const struct examined *const e = &a->examined[i];
    if (!audit_is_random(e) || e->law.sparse || !(e->robust_z > 30) || e->n < 64)
        return;
    const double far = fabs(e->summary.max) > fabs(e->summary.min) ? e->summary.max : e->summary.min;
    const int64_t at = first_where(e, is_equal, far);
    struct finding *const f =
        audit_add(a, FINDING_OUTLIER, false, i, "%s is %.6g, %.3g standard deviations of the others away", where(e, at), far, e->robust_z);
    f->index = at;
}

/* Weights that fit nothing are a trained model's, if most are so. */
static bool looks_trained(struct audit *a)
{
    size_t weights = 0, unknown = 0;
    for (size_t i = 0; i < a->tensors; i++) {
        const struct examined *const e = &a->examined[i];
        if (!e->is_float || e->tensor->rank < 2 || e->n < 1000 || !audit_is_random(e))
            continue;
        weights++;
        unknown += e->law.kind == LAW_UNKNOWN;
    }
    if (weights < 2 || unknown * 2 < weights)
        return false;
    (void)audit_add(a, FINDING_TRAINED, true, NO_INDEX,
                    "%zu of %zu weights fit no law: this does not look like an untouched initialisation, so laws are not judged", unknown,
                    weights);
    return true;
}

void audit_values_verdicts(struct audit *a)
{
    a->trained = looks_trained(a);
    for (uint32_t i = 0; i < a->tensors; i++) {
        if (!a->examined[i].is_float)
            continue;
        non_finite(a, i);
        one_value(a, i);
        if (a->trained || a->examined[i].law.kind == LAW_FIXED || a->examined[i].law.kind == LAW_DISCRETE ||
            a->examined[i].law.kind == LAW_FEW || a->examined[i].law.kind == LAW_CONSTANT)
            continue;
        atoms(a, i);
        clipped(a, i);
        coarse(a, i);
        outlier(a, i);
    }
}
