/* SPDX-License-Identifier: MIT */
#include "propagate/propagation.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/say.h"

static const char *const residual_words[] = {"none", "pre", "post"};
static const char *const norm_words[] = {"none", "layer", "rms"};

static int find(const char *const *list, int count, const char *word)
{
    int i = 0;
    while (i < count && strcmp(list[i], word) != 0)
        i++;
    return i;
}

const char *residual_word(enum residual r)
{
    return residual_words[r];
}

enum residual residual_named(const char *word)
{
    return (enum residual)find(residual_words, RESIDUAL_COUNT, word);
}

const char *norm_word(enum norm n)
{
    return norm_words[n];
}

enum norm norm_named(const char *word)
{
    return (enum norm)find(norm_words, NORM_COUNT, word);
}

static void *array(size_t n, size_t size)
{
    void *const p = calloc(n, size);
    if (!p)
        fail_memory(n * size);
    return p;
}

static void judge(struct trial *t)
{
    const size_t depth = t->stack.depth;
    double *const column = array(4 * depth, sizeof *column);
    uint64_t *const broken = array(2 * depth, sizeof *broken);
    for (size_t l = 0; l < depth; l++) {
        column[l] = t->stats[l].variance;
        column[depth + l] = t->stats[l].gradient;
        column[2 * depth + l] = t->theory[l].variance;
        column[3 * depth + l] = t->theory[l].gradient;
        broken[l] = t->stats[l].broken;
        broken[depth + l] = t->stats[l].gradient_broken;
    }
    t->forward = verdict_of(column, broken, depth, 0);
    t->backward = verdict_of(column + depth, broken + depth, depth, 1);
    t->theory_forward = verdict_of(column + 2 * depth, NULL, depth, 0);
    t->theory_backward = verdict_of(column + 3 * depth, NULL, depth, 1);
    free(column), free(broken);
}

void propagation_run(struct trial *t, const struct settings *set)
{
    const size_t depth = t->stack.depth;
    t->stats = array(depth, sizeof *t->stats);
    t->theory = array(depth, sizeof *t->theory);
    simulate(&t->stack, set, t->stats);
    struct theory_layer *const layer = array(depth, sizeof *layer);
    for (size_t l = 0; l < depth; l++) {
        const struct stack_layer *const s = &t->stack.layer[l];
        layer[l] = (struct theory_layer){s->fan_in, s->fan_out, s->law.mean, s->law.variance, s->fan_in == s->fan_out};
    }
    theory_run(layer, depth, set->batch, set->activation, set->residual, set->norm, t->theory);
    free(layer);
    judge(t);
}
