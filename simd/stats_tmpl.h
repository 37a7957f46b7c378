/* SPDX-License-Identifier: MIT */
/**
 * @file stats_tmpl.h
 * Two looks at one block of elements that is in the cache: its sum and extremes, then its power sums about a pivot. Sums are in f64 and
 * have a fixed number of lanes by element index, whatever the width of a register; lanes are added in a fixed tree. Products and sums are
 * rounded apart: plain C without FMA would pay dearly for one rounding, and nothing here needs it. `careful` leaves out what is not finite.
 */
enum { STATS_LANES = sizeof(vd) / sizeof(double), SURVEY_LANES = 16, POWER_LANES = 8 };
_Static_assert(SOW_STATS_STEP % SURVEY_LANES == 0 && SOW_STATS_STEP % POWER_LANES == 0, "no kernel has tail code");

#define STATS_INF UINT64_C(0x7ff0000000000000)

V_INLINE vmd magnitude_at_least(vd x, uint64_t bits)
{
    return vq_at_least(vq_and(vd_bits(x), vq_set1(INT64_MAX)), vq_set1(bits));
}

/* The sum of vectors · STATS_LANES lanes: l and l + half, then halves of halves. */
V_INLINE double lanes_sum(const vd *x, const int vectors)
{
    double lanes[SURVEY_LANES];
    EACH (v, vectors)
        vd_store(lanes + v * STATS_LANES, x[v]);
    for (int half = vectors * STATS_LANES / 2; half; half /= 2)
        for (int l = 0; l < half; l++)
            lanes[l] += lanes[l + half];
    return lanes[0];
}

V_INLINE double lanes_extreme(const vd *x, const int vectors, const int sign)
{
    double lanes[SURVEY_LANES];
    EACH (v, vectors)
        vd_store(lanes + v * STATS_LANES, x[v]);
    for (int l = 1; l < vectors * STATS_LANES; l++)
        if (sign < 0 ? lanes[l] < lanes[0] : lanes[l] > lanes[0])
            lanes[0] = lanes[l];
    return lanes[0];
}

/* Four buckets by one load: counting is bound by loads and stores, one of these per cycle. */
V_INLINE void count_four(const uint16_t *bucket, uint32_t *counts)
{
    uint64_t four;
    memcpy(&four, bucket, sizeof four);
    counts[2 * (four & 0xffff)]++;
    counts[2 * (four >> 16 & 0xffff) + 1]++;
    counts[2 * (four >> 32 & 0xffff)]++;
    counts[2 * (four >> 48) + 1]++;
}

static void count(const uint16_t *bucket, size_t n, uint32_t *counts)
{
    enum { AHEAD = 2048 }; /* hardware looks ahead to the end of a page only */
    size_t i = 0;
    for (; i + 4 <= n; i += 4) {
        __builtin_prefetch(bucket + i + AHEAD);
        count_four(bucket + i, counts);
    }
    for (; i < n; i++)
        counts[2 * (size_t)bucket[i] + i % 2]++;
}

static void buckets_f32(const void *x, size_t n, uint16_t *bucket)
{
    for (size_t i = 0; i < n; i++) {
        uint32_t bits;
        memcpy(&bits, (const float *)x + i, sizeof bits);
        bucket[i] = (uint16_t)(bits >> 16);
    }
}

/* The exponent is moved to that of f32, or to the end of f32's. */
static void buckets_f64(const void *x, size_t n, uint16_t *bucket)
{
    for (size_t i = 0; i < n; i++) {
        int64_t bits;
        memcpy(&bits, (const double *)x + i, sizeof bits);
        const int32_t high = (int32_t)(bits >> 32), size = (high & 0x7fffffff) >> 13, moved = size - ((1023 - 127) << 7);
        const int32_t below = moved < 0x7f7f ? moved : 0x7f7f, inside = below < 0x80 ? 0 : below;
        bucket[i] = (uint16_t)((high >> 16 & 0x8000) | (size >= 0x7ff << 7 ? 0x7f80 : inside));
    }
}

/*
 * f64 elements are divided by SOW_STATS_BLOCK before they are added: so no sum overflows, and one is finite where all its elements are. In
 * the power sums they are multiplied by `scale`, a power of two, so that fourth powers of any f64 fit.
 */
#define STATS_KERNELS(dtype, type, load, is_f64)                                                                                           \
    V_INLINE void survey_lanes_##dtype(const int careful, const type *x, size_t n, sow_survey *s)                                          \
    {                                                                                                                                      \
        enum { N = SURVEY_LANES / STATS_LANES };                                                                                           \
        const vd zero = vd_set1(0), one = vd_set1(1), inf = vd_from_bits(vq_set1(STATS_INF)), minus_inf = vd_sub(zero, inf);               \
        const vd part = vd_set1(1.0 / SOW_STATS_BLOCK);                                                                                    \
        vd sum[N], low[N], high[N], outside[N], nans[N];                                                                                   \
        EACH (v, N)                                                                                                                        \
            sum[v] = outside[v] = nans[v] = zero, low[v] = inf, high[v] = minus_inf;                                                       \
        for (size_t i = 0; i < n; i += SURVEY_LANES)                                                                                       \
            EACH (v, N) {                                                                                                                  \
                const vd a = load(x + i + v * STATS_LANES);                                                                                \
                vd term = a, for_low = a, for_high = a;                                                                                    \
                if (careful) {                                                                                                             \
                    const vmd bad = magnitude_at_least(a, STATS_INF);                                                                      \
                    term = vd_select(bad, zero, a), for_low = vd_select(bad, inf, a), for_high = vd_select(bad, minus_inf, a);             \
                    outside[v] = vd_add(outside[v], vd_select(bad, one, zero));                                                            \
                    nans[v] = vd_add(nans[v], vd_select(magnitude_at_least(a, STATS_INF + 1), one, zero));                                 \
                }                                                                                                                          \
                sum[v] = vd_add(sum[v], is_f64 ? vd_mul(term, part) : term);                                                               \
                low[v] = vd_min(for_low, low[v]);                                                                                          \
                high[v] = vd_max(for_high, high[v]);                                                                                       \
            }                                                                                                                              \
        s->sum = lanes_sum(sum, N);                                                                                                        \
        s->low = lanes_extreme(low, N, -1);                                                                                                \
        s->high = lanes_extreme(high, N, 1);                                                                                               \
        s->outside = careful ? lanes_sum(outside, N) : 0;                                                                                  \
        s->nans = careful ? lanes_sum(nans, N) : 0;                                                                                        \
    }                                                                                                                                      \
    V_INLINE void powers_lanes_##dtype(const int careful, const int counting, const type *x, size_t n, double scale, double pivot,         \
                                       const uint16_t *bucket, uint32_t *counts, double *sums)                                             \
    {                                                                                                                                      \
        enum { N = POWER_LANES / STATS_LANES };                                                                                            \
        const vd zero = vd_set1(0), by = vd_set1(scale), centre = vd_set1(pivot);                                                          \
        vd s1[N], s2[N], s3[N], s4[N];                                                                                                     \
        EACH (v, N)                                                                                                                        \
            s1[v] = s2[v] = s3[v] = s4[v] = zero;                                                                                          \
        for (size_t i = 0; i < n; i += POWER_LANES) {                                                                                      \
            EACH (v, N) {                                                                                                                  \
                const vd a = load(x + i + v * STATS_LANES);                                                                                \
                vd d = vd_sub(is_f64 ? vd_mul(a, by) : a, centre);                                                                         \
                if (careful)                                                                                                               \
                    d = vd_select(magnitude_at_least(a, STATS_INF), zero, d);                                                              \
                const vd square = vd_mul(d, d);                                                                                            \
                s1[v] = vd_add(s1[v], d);                                                                                                  \
                s2[v] = vd_add(s2[v], square);                                                                                             \
                s3[v] = vd_add(s3[v], vd_mul(square, d));                                                                                  \
                s4[v] = vd_add(s4[v], vd_mul(square, square));                                                                             \
            }                                                                                                                              \
            if (counting) { /* the next block is on its way */                                                                             \
                __builtin_prefetch(x + i + SOW_STATS_BLOCK);                                                                               \
                EACH (q, POWER_LANES / 4)                                                                                                  \
                    count_four(bucket + i + q * 4, counts);                                                                                \
            }                                                                                                                              \
        }                                                                                                                                  \
        sums[0] = lanes_sum(s1, N);                                                                                                        \
        sums[1] = lanes_sum(s2, N);                                                                                                        \
        sums[2] = lanes_sum(s3, N);                                                                                                        \
        sums[3] = lanes_sum(s4, N);                                                                                                        \
    }                                                                                                                                      \
    static void powers_##dtype(const void *x, size_t n, int careful, double scale, double pivot, const uint16_t *bucket, uint32_t *counts, \
                               double *sums)                                                                                               \
    {                                                                                                                                      \
        if (careful && bucket)                                                                                                             \
            powers_lanes_##dtype(1, 1, x, n, scale, pivot, bucket, counts, sums);                                                          \
        else if (careful)                                                                                                                  \
            powers_lanes_##dtype(1, 0, x, n, scale, pivot, bucket, counts, sums);                                                          \
        else if (bucket)                                                                                                                   \
            powers_lanes_##dtype(0, 1, x, n, scale, pivot, bucket, counts, sums);                                                          \
        else                                                                                                                               \
            powers_lanes_##dtype(0, 0, x, n, scale, pivot, bucket, counts, sums);                                                          \
    }                                                                                                                                      \
    static size_t equal_##dtype(const void *x, size_t n, double value)                                                                     \
    {                                                                                                                                      \
        const type *const p = x, wanted = (type)value;                                                                                     \
        uint32_t count = 0;                                                                                                                \
        for (size_t i = 0; i < n; i++)                                                                                                     \
            count += p[i] == wanted;                                                                                                       \
        return count;                                                                                                                      \
    }

STATS_KERNELS(f32, float, vd_load_f32, 0)
STATS_KERNELS(f64, double, vd_load, 1)

/*
 * The first look at f32, unless it has to be careful. The sum is for a pivot: four neighbours of a lane are added in f32 before they are
 * widened, which costs it less than rounding it to f32 does. What overflows there has to be careful.
 */
static void survey_plain_f32(const void *data, size_t n, sow_survey *s)
{
    enum { F32_LANES = sizeof(vf) / sizeof(float), N = SURVEY_LANES / F32_LANES, WIDE_N = SURVEY_LANES / STATS_LANES, ROWS = 4 };
    const float *x = data;
    vf low[N], high[N];
    vd sum[WIDE_N];
    EACH (v, N)
        low[v] = high[v] = vf_load(x + v * F32_LANES);
    EACH (v, WIDE_N)
        sum[v] = vd_set1(0);
    for (size_t i = 0; i < n; i += ROWS * SURVEY_LANES, x += ROWS * SURVEY_LANES)
        EACH (v, N) {
            vf a[ROWS];
            vd wide[WIDE_N / N];
            EACH (r, ROWS) {
                a[r] = vf_load(x + r * SURVEY_LANES + v * F32_LANES);
                low[v] = vf_min(a[r], low[v]);
                high[v] = vf_max(a[r], high[v]);
            }
            vf_widen(vf_add(vf_add(a[0], a[1]), vf_add(a[2], a[3])), wide);
            EACH (w, WIDE_N / N)
                sum[v * (WIDE_N / N) + w] = vd_add(sum[v * (WIDE_N / N) + w], wide[w]);
        }
    vd wide[WIDE_N];
    s->sum = lanes_sum(sum, WIDE_N);
    EACH (v, N)
        vf_widen(low[v], wide + v * (WIDE_N / N));
    s->low = lanes_extreme(wide, WIDE_N, -1);
    EACH (v, N)
        vf_widen(high[v], wide + v * (WIDE_N / N));
    s->high = lanes_extreme(wide, WIDE_N, 1);
    s->outside = s->nans = 0;
}

static void survey_f32(const void *x, size_t n, int careful, sow_survey *s)
{
    if (careful)
        survey_lanes_f32(1, x, n, s);
    else
        survey_plain_f32(x, n, s);
}

static void survey_f64(const void *x, size_t n, int careful, sow_survey *s)
{
    if (careful)
        survey_lanes_f64(1, x, n, s);
    else
        survey_lanes_f64(0, x, n, s);
}

#define STATS_TABLE(dtype)                                                                                                                 \
    {                                                                                                                                      \
        survey_##dtype, buckets_##dtype, powers_##dtype, equal_##dtype                                                                     \
    }
