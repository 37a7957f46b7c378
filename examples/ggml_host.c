/* SPDX-License-Identifier: MIT */
/*
 * sow inside a host such as ggml: a graph node runs on all of the host's threads, each is told (ith, nth), a barrier ends the node, and
 * the host owns memory and threads. A node that fills a tensor is one call; nothing is allocated, locked or started in it.
 */
#include <pthread.h>
#include <sow/sow.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NTH = 4, NODES = 3 };

/* What a host's tensor looks like: sizes innermost first and strides in bytes, as in ggml. */
struct host_tensor {
    char name[32];
    sow_dtype type;
    int64_t ne[2];
    size_t nb[2];
    void *data;
};

struct host {
    struct host_tensor node[NODES];
    sow_scheme scheme[NODES];
    pthread_barrier_t barrier;
    sow_status status[NTH];
};

/* The whole of the glue: the host's view as sow's, and a stream from the tensor's name. */
static sow_status init_node(const struct host_tensor *t, sow_scheme scheme, size_t ith, size_t nth)
{
    const int64_t shape[2] = {t->ne[1], t->ne[0]};
    sow_tensor view = sow_tensor_make(t->data, t->type, 2, shape);
    view.stride[0] = (int64_t)(t->nb[1] / t->nb[0]); /* rows may be padded */
    const sow_stream stream = sow_stream_named(sow_stream_seed(42), t->name, strlen(t->name));
    return sow_init_part(NULL, scheme, stream, &view, ith, nth);
}

struct worker {
    struct host *host;
    size_t ith;
};

static void *worker_main(void *p)
{
    const struct worker *w = p;
    for (int i = 0; i < NODES; i++) {
        const sow_status status = init_node(&w->host->node[i], w->host->scheme[i], w->ith, NTH);
        if (status != SOW_OK)
            w->host->status[w->ith] = status;
        pthread_barrier_wait(&w->host->barrier); /* the host's own, between nodes */
    }
    return NULL;
}

static struct host_tensor make(const char *name, sow_dtype type, int64_t cols, int64_t rows, int64_t padded)
{
    struct host_tensor t = {.type = type, .ne = {cols, rows}};
    t.nb[0] = sow_dtype_size(type);
    t.nb[1] = t.nb[0] * (size_t)padded;
    t.data = calloc((size_t)rows, t.nb[1]);
    snprintf(t.name, sizeof t.name, "%s", name);
    return t;
}

/* The same node on one thread into packed memory: every row must be equal. */
static int equals_plain(const struct host_tensor *t, sow_scheme scheme)
{
    const size_t row = (size_t)t->ne[0] * t->nb[0];
    struct host_tensor plain = *t;
    plain.nb[1] = row;
    plain.data = malloc(row * (size_t)t->ne[1]);
    int equal = plain.data && init_node(&plain, scheme, 0, 1) == SOW_OK;
    for (size_t r = 0; r < (size_t)t->ne[1] && equal; r++)
        equal = memcmp((const char *)plain.data + r * row, (const char *)t->data + r * t->nb[1], row) == 0;
    free(plain.data);
    return equal;
}

int main(void)
{
    struct host host = {
        .node = {make("blk.0.attn_qkv.weight", SOW_BF16, 768, 2304, 768), make("blk.0.ffn_up.weight", SOW_F16, 768, 3072, 800),
                 make("token_embd.weight", SOW_F32, 768, 5000, 768)},
        .scheme = {sow_normal(0, 0.02), sow_xavier_uniform(1), sow_trunc_normal(0, 0.02, -0.04, 0.04)},
    };
    pthread_t id[NTH];
    struct worker worker[NTH];
    int bad = pthread_barrier_init(&host.barrier, NULL, NTH);
    for (int i = 0; i < NODES; i++)
        bad |= host.node[i].data == NULL;
    if (bad)
        return 1;
    for (size_t k = 0; k < NTH; k++) {
        worker[k] = (struct worker){&host, k};
        if (pthread_create(&id[k], NULL, worker_main, &worker[k]) != 0)
            exit(1);
    }
    for (size_t k = 0; k < NTH; k++) {
        pthread_join(id[k], NULL);
        bad |= host.status[k] != SOW_OK;
    }
    for (int i = 0; i < NODES; i++) {
        const int equal = equals_plain(&host.node[i], host.scheme[i]);
        printf("%-24s %s in %d parts: %s\n", host.node[i].name, sow_dtype_name(host.node[i].type), NTH, equal ? "equal to one" : "DIFFERS");
        bad |= !equal;
        free(host.node[i].data);
    }
    pthread_barrier_destroy(&host.barrier);
    return bad;
}
