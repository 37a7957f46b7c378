/* SPDX-License-Identifier: MIT */
#include "compare/against_manifest.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/progress.h"
#include "base/team.h"

enum { PIECE_BYTES = 4 << 20 };

/* A digest goes through a tensor from its start to its end, so a tensor is one thread's. */
struct pair {
    size_t finding;
    uint32_t want, have; /* indices in the manifest and in the checkpoint */
};

struct work {
    const struct checkpoint *checkpoint;
    const struct manifest *manifest;
    struct findings found;
    struct pair *pair;
    size_t pairs, pair_capacity;
    struct digest *digest;
    bool show;
    atomic_uint_fast64_t done;
    atomic_bool no_memory;
};

static void add_pair(void *user, size_t finding, const struct tensor *want, uint32_t index)
{
    struct work *const w = user;
    w->pair = array_grow(w->pair, &w->pair_capacity, w->pairs + 1, sizeof *w->pair);
    w->pair[w->pairs++] = (struct pair){finding, (uint32_t)(want - w->manifest->model.tensor), index};
}

/* Large tensors first, so that the threads end together. */
static int by_size(const void *a, const void *b, void *user)
{
    const struct work *const w = user;
    const uint64_t m = tensor_bytes(&w->checkpoint->model.tensor[((const struct pair *)a)->have]);
    const uint64_t n = tensor_bytes(&w->checkpoint->model.tensor[((const struct pair *)b)->have]);
    return (m < n) - (m > n);
}

static void take_digest(void *user, unsigned thread, uint64_t task)
{
    struct work *const w = user;
    const struct pair *const p = &w->pair[task];
    const struct tensor *const t = &w->checkpoint->model.tensor[p->have];
    const uint64_t all = tensor_bytes(t);
    struct digester *const digester = digest_begin();
    if (!digester) {
        atomic_store(&w->no_memory, true);
        return;
    }
    for (uint64_t begin = 0; begin < all; begin += PIECE_BYTES) {
        const size_t n = all - begin < PIECE_BYTES ? (size_t)(all - begin) : PIECE_BYTES;
        digest_add(digester, w->checkpoint->data[p->have] + begin, n);
        checkpoint_done(w->checkpoint, p->have, begin, begin + n);
        const uint64_t done = atomic_fetch_add(&w->done, n) + n;
        if (thread == 0 && w->show)
            progress_at(done, t->name, t->name_length);
    }
    w->digest[p->have] = digest_end(digester);
    const struct digest *const expected = &w->manifest->digest[p->want];
    if (strcmp(w->digest[p->have].text, expected->text) != 0) {
        struct finding *const f = &w->found.finding[p->finding];
        f->verdict = DIFFERS;
        f->found_digest = &w->digest[p->have];
        f->expected_digest = expected;
    }
}

struct findings against_manifest(const struct checkpoint *checkpoint, const struct manifest *manifest, const struct host *host, bool show,
                                 struct digest **digest)
{
    struct work w = {.checkpoint = checkpoint, .manifest = manifest, .show = show};
    match_names(&(struct matcher){checkpoint, &manifest->model, &w.found, add_pair, &w});
    w.digest = calloc(checkpoint->model.tensors + 1, sizeof *w.digest);
    if (!w.digest)
        fail_memory(checkpoint->model.tensors * sizeof *w.digest);
    if (w.pairs)
        qsort_r(w.pair, w.pairs, sizeof *w.pair, by_size, &w);
    if (show)
        progress_start(w.found.bytes);
    team_run(&(struct team){.threads = host->threads, .tasks = w.pairs, .work = take_digest, .user = &w});
    progress_end();
    if (atomic_load(&w.no_memory))
        fail_memory(0);
    free(w.pair);
    *digest = w.digest;
    return w.found;
}
