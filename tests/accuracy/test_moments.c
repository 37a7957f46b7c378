/* SPDX-License-Identifier: MIT */
/*
 * Mean and standard deviation of every scheme in every element type, within 4 standard errors of what the formula says: `test_moments
 * [LOG2]`, of 2^LOG2 elements. A plain scheme's moments follow from its distribution (after a cut: ../shared/schemes.md, section 1); those
 * of the others stand here, by closed forms or Simpson's rule. Schemes that draw no random number are exact and tested elsewhere.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support.h"

static int log2_elements = 20;

/* What is expected of one element, and how fast the sample's moments approach it. */
struct expected {
    double mean, second, fourth; /* E x, E (x - mean)^2, E (x - mean)^4 */
};

struct sample {
    double mean, std;
};

static double phi(double x)
{
    return exp(-0.5 * x * x) / sqrt(2 * acos(-1.0));
}

static double density(double x, const sow_dist *d)
{
    return phi((x - d->mean) / d->std) / d->std;
}

/* Simpson's rule on f(x)·x'^k, where f need not be normalised. */
static struct expected by_density(double (*f)(double, const void *), const void *arg, double a, double b)
{
    enum { STEPS = 20000 };
    double m[5] = {0}, mean = 0;
    for (int pass = 0; pass < 2; pass++) {
        memset(m, 0, sizeof m);
        for (int i = 0; i <= STEPS; i++) {
            const double x = a + (b - a) * i / STEPS, w = (i == 0 || i == STEPS ? 1 : i % 2 ? 4 : 2) * f(x, arg), c = x - mean;
            for (int k = 0; k < 5; k++)
                m[k] += w * pow(c, k);
        }
        mean += m[1] / m[0];
    }
    return (struct expected){mean, m[2] / m[0], m[4] / m[0]};
}

/* The same for a function of u uniform on [0, 1). */
static struct expected of_uniform(double (*f)(double))
{
    enum { STEPS = 200000 };
    double m[5] = {0}, mean = 0;
    for (int pass = 0; pass < 2; pass++) {
        memset(m, 0, sizeof m);
        for (int i = 0; i < STEPS; i++) { /* midpoints: f may be infinite at 0 */
            const double c = f((i + 0.5) / STEPS) - mean;
            for (int k = 0; k < 5; k++)
                m[k] += pow(c, k);
        }
        mean += m[1] / m[0];
    }
    return (struct expected){mean, m[2] / m[0], m[4] / m[0]};
}

static double cut_density(double x, const void *arg)
{
    return density(x, arg);
}

static struct expected of_dist(const sow_dist *d)
{
    const double width = d->b - d->a;
    switch (d->kind) {
    case SOW_DIST_CONSTANT:
        return (struct expected){d->mean, 0, 0};
    case SOW_DIST_UNIFORM:
        return (struct expected){(d->a + d->b) / 2, width * width / 12, pow(width, 4) / 80};
    case SOW_DIST_NORMAL:
        return (struct expected){d->mean, d->std * d->std, 3 * pow(d->std, 4)};
    default: /* beyond 12 std there is nothing */
        return by_density(cut_density, d, fmax(d->a, d->mean - 12 * d->std), fmin(d->b, d->mean + 12 * d->std));
    }
}

/* A normal around a mean that is not 0, rounded to 16 bits: the spacing changes within it, so its moments are those of the cells. */
static struct expected of_rounded(const sow_dist *d, sow_dtype dtype)
{
    const int fraction = dtype == SOW_BF16 ? 7 : 10;
    struct expected e = {d->mean, 0, 0};
    for (int pass = 0; pass < 2; pass++) {
        double m[5] = {0};
        for (double x = d->mean - 10 * d->std, next; x < d->mean + 10 * d->std; x = next) {
            int exponent;
            (void)frexp(x, &exponent); /* of positive numbers only: far from 0 */
            const double up = ldexp(1, exponent - 1 - fraction);
            const double v = ceil(x / up) * up, low = v - (v == ldexp(1, exponent - 1) ? up / 4 : up / 2), high = v + up / 2;
            const double p = 0.5 * (erf((high - d->mean) / d->std / sqrt(2)) - erf((low - d->mean) / d->std / sqrt(2)));
            for (int k = 0; k < 5; k++)
                m[k] += p * pow(v - e.mean, k);
            next = v + up * 0.25;
        }
        e = (struct expected){e.mean + m[1], m[2], m[4]};
    }
    return e;
}

/* Functions of one uniform number: recurrent and state-space schemes, with the defaults or the arguments below. */
static double log_uniform(double u)
{
    return 0.001 * pow(100, u); /* on [0.001, 0.1) */
}
static double mamba2_a_log(double u)
{
    return log(1 + 15 * u);
}
static double mamba_dt_bias(double u)
{
    const double dt = fmax(0.001 * pow(100, u), 1e-4);
    return dt + log(-expm1(-dt));
}
static double chrono_gate(double u)
{
    return log(1 + 98 * u); /* u in [1, tmax - 1), tmax = 100 */
}
static double lru_square(double u)
{
    return 0.81 * u + 0.09 * (1 - u); /* |λ|², r in [0.3, 0.9] */
}
static double lru_nu(double u)
{
    return log(-0.5 * log(lru_square(u)));
}
static double lru_gamma(double u)
{
    return 0.5 * log(1 - lru_square(u));
}
static double lru_theta(double u)
{
    return log(6.283185307179586 * u);
}

/* Arguments that rows require, or that make a better test. */
static const struct {
    const char *name;
    double value;
} arguments[] = {
    {"hidden", 1024}, {"layers", 12},        {"layer", 3},          {"width", 1024}, {"fan_in", 1024}, {"classes", 1000},
    {"value", 0.25},  {"encoder_layers", 6}, {"decoder_layers", 6}, {"lo", 0.001},   {"hi", 0.1},      {"sparsity", 0.3},
    {"tmax", 100},    {"scale", 0.5},        {"dt_rank", 48},       {"r_min", 0.3},  {"r_max", 0.9},
};

static sow_scheme with_arguments(const sow_scheme_info *info)
{
    sow_scheme s = sow_scheme_named(info->name);
    for (size_t k = 0; k < info->arg_count; k++)
        for (size_t i = 0; i < COUNT_OF(arguments); i++)
            if (strcmp(info->arg[k].name, arguments[i].name) == 0 && (isnan(info->arg[k].fallback) || strncmp(info->name, "lru_", 4) == 0))
                assert_int_equal(sow_scheme_set(&s, arguments[i].name, arguments[i].value), SOW_OK);
    return s;
}

struct shape {
    int rank;
    int64_t size[4];
};

/* The first of these that the scheme takes: a matrix, a vector, heads, a kernel first or last. */
static int find_shape(const sow_scheme *s, struct shape *shape)
{
    const int k = log2_elements, half = k / 2;
    const struct shape shapes[] = {
        {2, {(int64_t)1 << (k - half), (int64_t)1 << half, 0, 0}},       {1, {(int64_t)1 << k, 0, 0, 0}},
        {3, {(int64_t)1 << half, 16, (int64_t)1 << (k - half - 4), 0}},  {4, {(int64_t)1 << (k - half), (int64_t)1 << (half - 4), 4, 4}},
        {4, {4, 4, (int64_t)1 << (half - 4), (int64_t)1 << (k - half)}}, {4, {(int64_t)1 << (k - 4), 1, 4, 4}},
    };
    for (size_t i = 0; i < COUNT_OF(shapes); i++)
        if (sow_check_scheme(s, shapes[i].rank, shapes[i].size, SOW_F32, NULL, 0) == SOW_OK) {
            *shape = shapes[i];
            return 1;
        }
    return 0;
}

static int is(const sow_scheme_info *info, const char *name)
{
    return strcmp(info->name, name) == 0;
}

/* 0: draws no random number, or needs parts that a table cannot give. */
static int expect(const sow_scheme_info *info, const sow_scheme *s, const struct shape *shape, sow_dtype dtype, struct expected *e)
{
    static const struct {
        const char *name;
        double (*f)(double);
    } uniform[] = {
        {"log_uniform", log_uniform}, {"mamba2_a_log", mamba2_a_log}, {"mamba_dt_bias", mamba_dt_bias},
        {"lru_nu", lru_nu},           {"lru_gamma", lru_gamma},       {"lru_theta", lru_theta},
    };
    sow_dist dist;
    if (info->plain && sow_scheme_dist(s, shape->rank, shape->size, dtype, &dist, NULL, 0) == SOW_OK) {
        *e = of_dist(&dist);
        if (dist.kind == SOW_DIST_NORMAL && dist.mean > 10 * dist.std && (dtype == SOW_BF16 || dtype == SOW_F16))
            *e = of_rounded(&dist, dtype);
        return dist.kind != SOW_DIST_CONSTANT;
    }
    for (size_t i = 0; i < COUNT_OF(uniform); i++)
        if (is(info, uniform[i].name)) {
            *e = of_uniform(uniform[i].f);
            return 1;
        }
    const double rows = (double)shape->size[0], columns = (double)shape->size[1];
    if (strstr(info->name, "orthogonal") || strstr(info->name, "recurrent")) {
        if (is(info, "delta_orthogonal"))
            return 0;
        const double variance = 1 / fmax(rows, columns); /* of each element; nearly normal */
        *e = (struct expected){0, variance, 3 * variance * variance};
    } else if (is(info, "sparse")) {
        const double kept = 1 - ceil(0.3 * rows) / rows; /* std is 0.01 */
        *e = (struct expected){0, kept * 1e-4, kept * 3e-8};
    } else if (is(info, "chrono")) { /* the forget and the input gate's quarter, b and -b of one draw, and two of zeros */
        const struct expected one = of_uniform(chrono_gate);
        const double square = one.second + one.mean * one.mean;
        *e = (struct expected){0, square / 2, square * square};
    } else if (is(info, "unit_ball")) { /* uniform numbers by their row's sum: E x² = 4/(3 columns²) up to columns^-4 */
        *e = (struct expected){1 / columns, 1 / (3 * columns * columns), 9.0 / 45 / pow(columns, 4)};
    } else {
        return 0;
    }
    return 1;
}

/* f16 as its bits, widened exactly. */
static double half(uint16_t bits)
{
    const int exponent = bits >> 10 & 31;
    const double fraction = bits & 1023;
    const double x = exponent ? ldexp(1 + fraction / 1024, exponent - 15) : ldexp(fraction, -24);
    return bits >> 15 ? -x : x;
}

static double element(sow_dtype dtype, const void *data, size_t i)
{
    switch (dtype) {
    case SOW_F64:
        return ((const double *)data)[i];
    case SOW_F32:
        return (double)((const float *)data)[i];
    case SOW_F16:
        return half(((const uint16_t *)data)[i]);
    default: {
        const uint32_t bits = (uint32_t)((const uint16_t *)data)[i] << 16;
        float x;
        memcpy(&x, &bits, sizeof x);
        return (double)x;
    }
    }
}

/* Sums about the expected mean. The whole in one call: some schemes pay by the call. */
static struct sample measure(const sow_context *ctx, const sow_scheme *s, sow_stream stream, sow_dtype dtype, const struct shape *shape,
                             void *data, double centre)
{
    sow_tensor t = sow_tensor_make(data, dtype, shape->rank, shape->size);
    assert_int_equal(sow_init(ctx, *s, stream, &t), SOW_OK);
    const size_t n = (size_t)1 << log2_elements;
    double sum = 0, squares = 0;
    for (size_t i = 0; i < n;) {
        double part = 0, part_squares = 0;
        for (const size_t end = i + 1024; i < end; i++) {
            const double x = element(dtype, data, i) - centre;
            part += x;
            part_squares += x * x;
        }
        sum += part;
        squares += part_squares;
    }
    const double offset = sum / (double)n;
    return (struct sample){centre + offset, sqrt(squares / (double)n - offset * offset)};
}

static int off(const struct sample *x, const struct expected *e, double *of_mean, double *of_std)
{
    const double n = ldexp(1, log2_elements), std = sqrt(e->second);
    const double se_mean = std / sqrt(n), se_std = sqrt(fmax(e->fourth / (e->second * e->second) - 1, 0.04) / (4 * n)) * std;
    *of_mean = (x->mean - e->mean) / se_mean;
    *of_std = (x->std - std) / se_std;
    return !(fabs(*of_mean) <= 4 && fabs(*of_std) <= 4);
}

static void every_scheme_has_its_moments(void **state)
{
    (void)state;
    sow_context *ctx = NULL;
    assert_int_equal(sow_context_create(NULL, &ctx), SOW_OK);
    void *const data = malloc(sizeof(double) << log2_elements);
    assert_non_null(data);
    size_t measured = 0, rows = 0, bad = 0;
    double worst = 0;
    for (size_t i = 0; i < sow_scheme_count(); i++) {
        const sow_scheme_info *const info = sow_scheme_info_at(i);
        const sow_scheme s = with_arguments(info);
        struct shape shape;
        struct expected e;
        if (info->parts || !find_shape(&s, &shape) || !expect(info, &s, &shape, SOW_F64, &e))
            continue;
        rows++;
        for (int dtype = 0; dtype < SOW_DTYPE_COUNT; dtype++) {
            double of_mean, of_std;
            (void)expect(info, &s, &shape, (sow_dtype)dtype, &e);
            const sow_stream stream = sow_stream_named(sow_stream_seed(26), info->name, strlen(info->name));
            const struct sample x = measure(ctx, &s, stream, (sow_dtype)dtype, &shape, data, e.mean);
            const int wrong = off(&x, &e, &of_mean, &of_std);
            if (wrong)
                print_error("%s %s: mean %.9g, must be %.9g (%.1f SE); std %.9g, must be %.9g (%.1f SE)\n", info->name,
                            sow_dtype_name((sow_dtype)dtype), x.mean, e.mean, of_mean, x.std, sqrt(e.second), of_std);
            bad += (size_t)wrong;
            worst = fmax(worst, fmax(fabs(of_mean), fabs(of_std)));
            measured++;
        }
    }
    print_message("%zu schemes, %zu moments of 2^%d elements, worst %.2f standard errors\n", rows, 2 * measured, log2_elements, worst);
    free(data);
    sow_context_destroy(ctx);
    assert_true(rows > 100);
    assert_int_equal(bad, 0);
}

/* The measure itself: a standard deviation that is 8 standard errors too large, and a mean as far off, must be seen. */
static void a_wrong_scheme_is_seen(void **state)
{
    (void)state;
    const double n = ldexp(1, log2_elements);
    const struct expected e = {0, 1, 3};
    const struct shape shape = {1, {(int64_t)1 << log2_elements, 0, 0, 0}};
    void *const data = malloc(sizeof(float) << log2_elements);
    double of_mean, of_std;
    const sow_scheme wide = sow_normal(0, 1 + 8 / sqrt(2 * n)), shifted = sow_normal(8 / sqrt(n), 1), right = sow_normal(0, 1);
    struct sample x = measure(NULL, &wide, sow_stream_seed(1), SOW_F32, &shape, data, 0);
    assert_true(off(&x, &e, &of_mean, &of_std));
    x = measure(NULL, &shifted, sow_stream_seed(1), SOW_F32, &shape, data, 0);
    assert_true(off(&x, &e, &of_mean, &of_std));
    x = measure(NULL, &right, sow_stream_seed(1), SOW_F32, &shape, data, 0);
    assert_false(off(&x, &e, &of_mean, &of_std));
    free(data);
}

int main(int argc, char **argv)
{
    if (argc > 1)
        log2_elements = atoi(argv[1]);
    if (log2_elements < 12 || log2_elements > 30)
        return 2;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_scheme_has_its_moments),
        cmocka_unit_test(a_wrong_scheme_is_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
