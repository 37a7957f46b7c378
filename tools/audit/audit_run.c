/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit/audit.h"
#include "audit/audit_cause.h"
#include "audit/audit_keys.h"
#include "audit/audit_repeats.h"
#include "audit/audit_rules.h"
#include "audit/audit_want.h"
#include "base/team.h"

/* The largest first, so that no thread is left alone with one of them. */
static int by_bytes(const void *a, const void *b, void *user)
{
    const struct examined *const e = user, *const x = &e[*(const uint32_t *)a], *const y = &e[*(const uint32_t *)b];
    return x->n != y->n ? (x->n > y->n ? -1 : 1) : (x > y) - (x < y);
}

struct looking {
    struct audit *audit;
    const uint32_t *order;
    struct summing *summing; /* by worker */
    bool failed;
};

static void examine_one(void *user, unsigned worker, uint64_t i)
{
    struct looking *const l = user;
    if (!audit_examine(&l->audit->examined[l->order[i]], &l->summing[worker], l->audit->context))
        __atomic_store_n(&l->failed, true, __ATOMIC_RELAXED);
}

static void prepare(struct audit *a)
{
    const struct checkpoint *const c = a->checkpoint;
    a->tensors = c->model.tensors;
    a->examined = calloc(a->tensors + 1, sizeof *a->examined);
    if (!a->examined)
        fail_memory(a->tensors * sizeof *a->examined);
    for (uint32_t i = 0; i < a->tensors; i++) {
        struct examined *const e = &a->examined[i];
        e->tensor = &c->model.tensor[i];
        e->data = c->data[i];
        e->n = tensor_elements(e->tensor);
        e->is_float = formats[e->tensor->format].kind == FORMAT_FLOAT;
        e->same_as = i;
        e->checkpoint = c;
        e->index = i;
        (void)snprintf(e->law_text, sizeof e->law_text, "%s", e->is_float ? "" : "not looked at");
        if (e->is_float && e->n >= 24 && !(e->sample = malloc(AUDIT_SAMPLE * sizeof *e->sample)))
            fail_memory(AUDIT_SAMPLE * sizeof *e->sample);
    }
}

static void examine_all(struct audit *a)
{
    uint32_t *const order = malloc((a->tensors + 1) * sizeof *order);
    struct looking l = {a, order, calloc(a->threads, sizeof *l.summing), false};
    if (!order || !l.summing)
        fail_memory(a->tensors * sizeof *order);
    for (uint32_t i = 0; i < a->tensors; i++)
        order[i] = i;
    qsort_r(order, a->tensors, sizeof *order, by_bytes, a->examined);
    for (unsigned w = 0; w < a->threads; w++)
        l.failed = !summing_start(&l.summing[w], a->context) || l.failed;
    if (!l.failed)
        team_run(&(struct team){.threads = a->threads, .tasks = a->tensors, .work = examine_one, .user = &l});
    if (l.failed)
        fail_memory(a->threads * (size_t)BUCKETS * 32);
    for (unsigned w = 0; w < a->threads; w++)
        summing_end(&l.summing[w]);
    free(l.summing);
    free(order);
}

static bool has_round_std(const struct examined *e)
{
    return is_weight(e) && e->law.kind != LAW_ORTHOGONAL && e->explanations > 0 && e->explanation[0].key >= CONSTANT_KEY &&
           !is_residual_output(e->tensor);
}

/* The round std that most weights have, 0.02 where none stands out: what a residual output is scaled down from. */
static double usual_sigma(const struct audit *a)
{
    size_t most;
    const struct explanation *const usual = keys_usual(a, NULL, a->tensors, has_round_std, GAIN_KEY, &most);
    return usual && most > 1 && usual->key >= CONSTANT_KEY ? usual->std : 0.02;
}

void audit_run(struct audit *a)
{
    prepare(a);
    if (a->expected)
        want_prepare(a);
    examine_all(a);
    audit_roles(a);
    a->repeats = repeats_new(a);
    audit_scan(a);
    audit_units(a);
    for (uint32_t i = 0; i < a->tensors; i++)
        audit_explain(a, &a->examined[i], 0.02);
    const double sigma = usual_sigma(a);
    for (uint32_t i = 0; i < a->tensors; i++)
        audit_explain(a, &a->examined[i], sigma);
    a->sigma = sigma;
    audit_rank(a);
    audit_values_verdicts(a);
    repeats_verdicts(a->repeats);
    audit_correlate(a);
    if (a->expected)
        audit_expected(a);
    else if (!a->trained)
        audit_peers(a);
}

void audit_free(struct audit *a)
{
    for (size_t i = 0; i < a->tensors; i++)
        free(a->examined[i].sample);
    want_free(a);
    free(a->examined);
    free(a->role);
    free(a->order);
    free(a->finding);
    arena_free(&a->arena);
}
