/* SPDX-License-Identifier: MIT */
/* Tensor parallelism without communication: each of four ranks fills its box of a weight, and the boxes make up the whole, bit for bit. */
#include <sow/sow.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS = 1024, COLS = 768, RANKS = 4 };

/* Rank `rank` holds columns [rank·COLS/RANKS, …) in memory of its own. The fan comes from the global shape, not from the shard. */
static sow_status fill_rank(float *local, int rank, sow_scheme scheme, sow_stream stream)
{
    const int64_t shape[2] = {ROWS, COLS / RANKS};
    sow_tensor t = sow_tensor_make(local, SOW_F32, 2, shape);
    t.global_shape[1] = COLS;
    t.offset[1] = (int64_t)rank * (COLS / RANKS);
    return sow_init(NULL, scheme, stream, &t);
}

int main(void)
{
    const int64_t shape[2] = {ROWS, COLS};
    const sow_scheme scheme = sow_xavier_uniform(1);
    const sow_stream stream = sow_stream_named(sow_stream_seed(42), "mlp.up", 6);
    float *whole = malloc(sizeof *whole * ROWS * COLS);
    float *local = malloc(sizeof *local * ROWS * COLS / RANKS);
    int bad = !whole || !local;

    if (!bad) {
        const sow_tensor t = sow_tensor_make(whole, SOW_F32, 2, shape);
        bad = sow_init(NULL, scheme, stream, &t) != SOW_OK;
    }
    for (int rank = 0; rank < RANKS && !bad; rank++) {
        bad = fill_rank(local, rank, scheme, stream) != SOW_OK;
        for (int r = 0; r < ROWS && !bad; r++)
            bad = memcmp(local + r * (COLS / RANKS), whole + r * COLS + rank * (COLS / RANKS), sizeof *local * COLS / RANKS) != 0;
        printf("rank %d of %d: columns %d to %d %s\n", rank, RANKS, rank * (COLS / RANKS), (rank + 1) * (COLS / RANKS) - 1,
               bad ? "DIFFER from the whole" : "are those of the whole");
    }
    free(local);
    free(whole);
    return bad;
}
