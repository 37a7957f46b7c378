/* SPDX-License-Identifier: MIT */
#include "propagate/rows.h"

#include <sys/mman.h>

#include "base/say.h"

enum { ROWS = 16, SMALL = 1 << 15 }; /* rows of a task; numbers: some 20 µs */

static size_t bytes_of(size_t n)
{
    return (n ? n : 1) * sizeof(float);
}

float *numbers_new(size_t n)
{
    void *const p = n > SIZE_MAX / 8 ? MAP_FAILED : mmap(NULL, bytes_of(n), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED)
        fail_memory(n > SIZE_MAX / 8 ? SIZE_MAX : bytes_of(n));
    (void)madvise(p, bytes_of(n), MADV_HUGEPAGE);
    return p;
}

void numbers_free(float *p, size_t n)
{
    if (p)
        (void)munmap(p, bytes_of(n));
}

struct loop {
    int64_t rows;
    void (*row)(void *user, int64_t i);
    void *user;
};

static void run(const struct loop *l, int64_t from, int64_t to)
{
    for (int64_t i = from; i < to; i++)
        l->row(l->user, i);
}

static void task(void *arg, size_t i)
{
    const struct loop *const l = arg;
    const int64_t from = (int64_t)i * ROWS;
    run(l, from, from + ROWS < l->rows ? from + ROWS : l->rows);
}

void each_row(struct crew *crew, int64_t rows, int64_t length, void (*row)(void *user, int64_t i), void *user)
{
    struct loop l = {rows, row, user};
    if (rows * length < SMALL)
        run(&l, 0, rows);
    else
        crew_run(crew, (size_t)((rows + ROWS - 1) / ROWS), task, &l);
}
