/* SPDX-License-Identifier: MIT */
#include "audit/audit_repeats.h"

#include <inttypes.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

enum { PER_NEEDLE = 32, COMPARED = 4096 };

struct needle {
    uint64_t signs; /* the smaller of itself and its opposite */
    uint32_t tensor, hits;
};

struct hit {
    uint32_t needle, tensor;
    uint64_t at;
};

struct repeats {
    struct audit *audit;
    struct needle *needle;
    size_t needles, needle_capacity;
    struct hit *hit;
    size_t hits, hit_capacity;
    struct repeats_filter filter;
    pthread_mutex_t lock;
};

static uint64_t canonical(uint64_t signs)
{
    return signs < ~signs ? signs : ~signs;
}

const struct repeats_filter *repeats_filter(const struct repeats *r)
{
    return &r->filter;
}

struct repeats *repeats_new(struct audit *a)
{
    struct repeats *const r = calloc(1, sizeof *r);
    if (!r)
        fail_memory(sizeof *r);
    r->audit = a;
    (void)pthread_mutex_init(&r->lock, NULL);
    return r;
}

void repeats_needle(struct repeats *r, uint64_t signs, uint32_t tensor)
{
    r->needle = array_grow(r->needle, &r->needle_capacity, r->needles + 1, sizeof *r->needle);
    r->needle[r->needles++] = (struct needle){canonical(signs), tensor, 0};
}

static int by_signs(const void *a, const void *b)
{
    const struct needle *const x = a, *const y = b;
    return x->signs != y->signs ? (x->signs > y->signs) - (x->signs < y->signs) : (x->tensor > y->tensor) - (x->tensor < y->tensor);
}

void repeats_ready(struct repeats *r)
{
    if (r->needles)
        qsort(r->needle, r->needles, sizeof *r->needle, by_signs);
    /* Some 30 bytes for each needle, so that one place in 16 is looked at twice; small enough for the cache where there are few. */
    unsigned bits = 12;
    while (bits < 24 && (size_t)1 << bits < 32 * r->needles)
        bits++;
    r->filter = (struct repeats_filter){calloc((size_t)1 << bits, 1), 64 - bits};
    if (!r->filter.byte)
        fail_memory((size_t)1 << bits);
    for (size_t i = 0; i < r->needles; i++)
        r->filter.byte[repeats_hash(&r->filter, r->needle[i].signs)] = r->filter.byte[repeats_hash(&r->filter, ~r->needle[i].signs)] = 1;
    /* No memory is asked for on a worker: there are at most so many hits. */
    r->hit = array_grow(r->hit, &r->hit_capacity, r->needles * PER_NEEDLE + 1, sizeof *r->hit);
}

void repeats_found(struct repeats *r, uint64_t signs, uint32_t tensor, uint64_t at)
{
    const uint64_t want = canonical(signs);
    size_t low = 0, high = r->needles;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (r->needle[middle].signs < want)
            low = middle + 1;
        else
            high = middle;
    }
    (void)pthread_mutex_lock(&r->lock);
    for (; low < r->needles && r->needle[low].signs == want; low++) {
        struct needle *const n = &r->needle[low];
        if ((n->tensor == tensor && r->audit->examined[tensor].needle_at == at) || n->hits == PER_NEEDLE)
            continue;
        n->hits++;
        r->hit[r->hits++] = (struct hit){(uint32_t)low, tensor, at};
    }
    (void)pthread_mutex_unlock(&r->lock);
}

struct likeness repeats_compare(const struct examined *a, uint64_t first, const struct examined *b, uint64_t second, size_t n)
{
    enum { PIECE = 256 };
    double x[PIECE], y[PIECE], sx = 0, sy = 0, xx = 0, yy = 0, xy = 0;
    for (size_t at = 0; at < n; at += PIECE) {
        const size_t k = n - at < PIECE ? n - at : PIECE;
        values_load(a->summary.dtype, a->data, first + at, k, x);
        values_load(b->summary.dtype, b->data, second + at, k, y);
        for (size_t i = 0; i < k; i++) {
            const double u = (x[i] - a->law.mean) / a->law.std, v = (y[i] - b->law.mean) / b->law.std;
            if (!isfinite(u) || !isfinite(v))
                continue;
            sx += u, sy += v, xx += u * u, yy += v * v, xy += u * v;
        }
    }
    const double m = (double)n, vx = xx / m - sx / m * (sx / m), vy = yy / m - sy / m * (sy / m), c = xy / m - sx / m * (sy / m);
    struct likeness like = {0, 1};
    if (vx > 0 && vy > 0)
        like = (struct likeness){c / sqrt(vx * vy), c / vx * b->law.std / a->law.std};
    return like;
}

static uint32_t group_of(const struct audit *a, uint32_t tensor)
{
    while (a->examined[tensor].same_as != tensor)
        tensor = a->examined[tensor].same_as;
    return tensor;
}

/* Embedding and output head share their numbers by intention. */
static bool may_be_tied(const struct examined *a, const struct examined *b)
{
    static const char words[] = "wte|embed|tok_|embedding|shared|lm_head|head|decoder.weight|predictions|output.weight";
    return name_has(a->tensor, words) && name_has(b->tensor, words);
}

static const char *scale_text(double scale)
{
    static char text[64];
    if (fabs(scale - 1) < 1e-6)
        return "";
    (void)snprintf(text, sizeof text, " times %.5g", scale);
    return text;
}

void repeats_report(struct audit *audit, uint32_t a, uint64_t first, uint32_t b, uint64_t second, uint64_t n, struct likeness like)
{
    struct examined *const x = &audit->examined[a], *const y = &audit->examined[b];
    const char *const scale = scale_text(like.scale);
    struct finding *f;
    if (a == b) {
        f = audit_add(audit, FINDING_EQUAL, false, b, "repeats itself: elements from %" PRIu64 " on are those from %" PRIu64 " on%s",
                      second, first, scale);
        f->index = (int64_t)second;
        return;
    }
    const uint32_t i = group_of(audit, a), j = group_of(audit, b);
    if (i == j)
        return;
    audit->examined[i < j ? j : i].same_as = i < j ? i : j;
    if (first == 0 && second == 0 && x->n == y->n && n >= x->n) {
        const bool tied = scale[0] == '\0' && may_be_tied(x, y);
        f = audit_add(audit, FINDING_EQUAL, tied, b, "%s%s%s", scale[0] ? "are the numbers of the other" : "equals the other", scale,
                      tied ? ", as tied weights do" : ": one stream drawn twice");
    } else {
        f = audit_add(audit, FINDING_EQUAL, false, b, "from element %" PRIu64 " on has the numbers of the other from %" PRIu64 " on%s",
                      second, first, scale);
    }
    f->other = a;
    f->index = (int64_t)second;
}

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* Elements at which rows of both end: a slice of columns agrees that far. */
static uint64_t to_row_end(const struct examined *e, uint64_t at)
{
    const struct tensor *const t = e->tensor;
    const uint64_t last = t->rank ? (uint64_t)t->shape[t->rank - 1] : 1;
    return last - at % last;
}

/* The needle of `mine` stands in `where`. */
static void judge(struct repeats *r, uint32_t mine, uint32_t where, uint64_t at)
{
    const struct examined *const e = &r->audit->examined[mine], *const f = &r->audit->examined[where];
    if (mine == where && e->law.kind == LAW_FIXED)
        return;
    const uint64_t back = least(e->needle_at, at), first = at - back, second = e->needle_at - back;
    uint64_t n = least(e->n - second, f->n - first);
    struct likeness like = repeats_compare(f, first, e, second, (size_t)least(n, COMPARED));
    uint64_t a = first, b = second;
    if (fabs(like.correlation) < 0.999) { /* not all of it: this row, perhaps */
        a = at;
        b = e->needle_at;
        n = least(to_row_end(f, a), to_row_end(e, b));
        n = n < 64 ? 64 : n;
        like = repeats_compare(f, a, e, b, (size_t)least(n, COMPARED));
    }
    if (fabs(like.correlation) < 0.5)
        return;
    if (mine == where && n <= to_row_end(e, 0) && audit_has(r->audit, mine, FINDING_DUPLICATE))
        return; /* two equal rows, said already */
    if (mine == where && a > b)
        repeats_report(r->audit, mine, b, mine, a, n, (struct likeness){like.correlation, 1 / like.scale});
    else if (where < mine)
        repeats_report(r->audit, where, a, mine, b, n, like);
    else
        repeats_report(r->audit, mine, b, where, a, n, (struct likeness){like.correlation, 1 / like.scale});
}

static int by_place_found(const void *a, const void *b, void *needles)
{
    const struct hit *const x = a, *const y = b;
    const struct needle *const n = needles;
    const uint32_t i = n[x->needle].tensor, j = n[y->needle].tensor;
    if (i != j)
        return i < j ? -1 : 1;
    return x->tensor != y->tensor ? (x->tensor < y->tensor ? -1 : 1) : (x->at > y->at) - (x->at < y->at);
}

void repeats_verdicts(struct repeats *r)
{
    if (r->hits)
        qsort_r(r->hit, r->hits, sizeof *r->hit, by_place_found, r->needle);
    for (size_t i = 0; i < r->hits; i++) {
        const uint32_t mine = r->needle[r->hit[i].needle].tensor;
        /* Once for each pair: a tensor of equal rows has a needle in every row. */
        if (i == 0 || mine != r->needle[r->hit[i - 1].needle].tensor || r->hit[i].tensor != r->hit[i - 1].tensor)
            judge(r, mine, r->hit[i].tensor, r->hit[i].at);
    }
    (void)pthread_mutex_destroy(&r->lock);
    free(r->filter.byte);
    free(r->needle);
    free(r->hit);
    free(r);
}
