/* SPDX-License-Identifier: MIT */
/* The tour: a context, a stream per tensor, a scheme over a bf16 weight, a raw fill, and any range of it again. */
#include <sow/sow.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int fail(const char *what, sow_status status)
{
    fprintf(stderr, "hello: %s: %s\n", what, sow_status_string(status));
    return 1;
}

int main(void)
{
    sow_context *ctx;
    sow_status err = sow_context_create(NULL, &ctx); /* all CPUs of the process, the best kernels */
    if (err != SOW_OK)
        return fail("context", err);
    printf("sow %s, stream version %d, %s kernels, %u threads\n", sow_version(), SOW_STREAM_VERSION, sow_context_isa(ctx),
           sow_context_threads(ctx));

    const int64_t shape[2] = {3072, 768};
    const size_t n = (size_t)(shape[0] * shape[1]);
    uint16_t *weight = malloc(n * sizeof *weight);
    float *noise = malloc(n * sizeof *noise);
    float part[1000];
    int bad = !weight || !noise;

    if (!bad) {
        const sow_stream model = sow_stream_seed(42);
        const sow_stream s = sow_stream_named(model, "fc.weight", strlen("fc.weight"));
        const sow_tensor t = sow_tensor_make(weight, SOW_BF16, 2, shape);
        err = sow_init(ctx, sow_kaiming_normal(SOW_FAN_IN, sow_gain_relu()), s, &t);
        if (err == SOW_OK)
            err = sow_fill(ctx, s, sow_dist_normal(0, 1), SOW_F32, 0, noise, n);
        if (err == SOW_OK) /* elements 123456 … of the same stream, without the ones before, on one thread */
            err = sow_fill(NULL, s, sow_dist_normal(0, 1), SOW_F32, 123456, part, 1000);
        bad = err != SOW_OK ? fail("fill", err) : memcmp(part, noise + 123456, sizeof part) != 0;

        double sum = 0, squares = 0;
        for (size_t i = 0; i < n; i++) {
            sum += (double)noise[i];
            squares += (double)noise[i] * (double)noise[i];
        }
        const double mean = sum / (double)n;
        printf("%zu normals: mean %+.5f, variance %.5f; elements 123456 … drawn again: %s\n", n, mean, squares / (double)n - mean * mean,
               bad ? "different" : "equal");
    }

    char why[200];
    if (sow_check_dist(sow_dist_normal(0, -1), SOW_F32, why, sizeof why) != SOW_OK)
        printf("bad input is explained before anything is written: %s\n", why);

    free(noise);
    free(weight);
    sow_context_destroy(ctx);
    return bad;
}
