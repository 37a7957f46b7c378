/* SPDX-License-Identifier: MIT */
#include "shard/rank.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/say.h"

/*
 * torchrun and Open MPI document theirs; MPICH and Intel MPI start through Hydra, which speaks PMI; PMI 1 of other launchers says PMI_ID;
 * PMIx has no variable for the size; Slurm's are of the job step.
 */
static const struct launcher {
    const char *name, *rank, *world;
} launchers[] = {
    {"torchrun", "RANK", "WORLD_SIZE"},
    {"openmpi", "OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"},
    {"mvapich", "MV2_COMM_WORLD_RANK", "MV2_COMM_WORLD_SIZE"},
    {"mpich", "PMI_RANK", "PMI_SIZE"},
    {"pmi", "PMI_ID", "PMI_SIZE"},
    {"pmix", "PMIX_RANK", NULL},
    {"slurm", "SLURM_PROCID", "SLURM_NTASKS"},
};
enum { LAUNCHERS = sizeof launchers / sizeof launchers[0] };

static uint32_t number(const char *what, const char *text, uint32_t least)
{
    const size_t n = strspn(text, "0123456789");
    const unsigned long long value = n > 0 && n < 11 && text[n] == '\0' ? strtoull(text, NULL, 10) : UINT32_MAX;
    if (value >= INT32_MAX || value < least)
        fail(EXIT_INPUT, NOWHERE, "%s is %s, must be a whole number from %u to %d", what, quoted(text, strlen(text)), least, INT32_MAX - 1);
    return (uint32_t)value;
}

static const char *variable(const char *name)
{
    const char *const value = name ? getenv(name) : NULL;
    return value && *value ? value : NULL;
}

/* What was said first about the rank or the size, and by which variable or option. */
struct said {
    const char *by;
    uint32_t value;
};

static void say(struct said *said, const char *by, const char *text, uint32_t least)
{
    const uint32_t value = number(by, text, least);
    if (said->by && said->value != value)
        fail(EXIT_INPUT, NOWHERE, "%s is %u, but %s is %u: which of them? --rank takes a number, or a launcher's name (%s)", said->by,
             said->value, by, value, RANK_LAUNCHERS);
    if (!said->by)
        *said = (struct said){by, value};
}

static const struct launcher *launcher_named(const char *name)
{
    for (size_t i = 0; i < LAUNCHERS; i++)
        if (strcmp(launchers[i].name, name) == 0)
            return &launchers[i];
    return NULL;
}

static void ask(const struct launcher *l, struct said *rank, struct said *world)
{
    const char *const r = variable(l->rank), *const w = variable(l->world);
    if (!r)
        return; /* a size alone is somebody else's */
    say(rank, l->rank, r, 0);
    if (w)
        say(world, l->world, w, 1);
}

struct rank rank_read(const char *rank, const char *world)
{
    const struct launcher *const one = launcher_named(rank);
    const bool all = strcmp(rank, "auto") == 0;
    struct said r = {0}, w = {0};
    if (world)
        say(&w, "--world", world, 1);
    for (size_t i = 0; i < LAUNCHERS; i++)
        if (all || one == &launchers[i])
            ask(&launchers[i], &r, &w);
    if (one && !r.by)
        fail(EXIT_INPUT, NOWHERE, "--rank %s: %s is not set", one->name, one->rank);
    if (all && !r.by)
        fail(EXIT_INPUT, NOWHERE,
             "--rank auto: none of RANK, OMPI_COMM_WORLD_RANK, MV2_COMM_WORLD_RANK, PMI_RANK, PMI_ID, PMIX_RANK and "
             "SLURM_PROCID is set: was this started by torchrun, mpirun or srun?");
    if (!one && !all)
        say(&r, "--rank", rank, 0);
    if (!w.by)
        fail(EXIT_INPUT, NOWHERE, "%s is %u, but of how many? --world is missing", r.by, r.value);
    if (r.value >= w.value)
        fail(EXIT_INPUT, NOWHERE, "%s is %u, must be below %s, which is %u", r.by, r.value, w.by, w.value);
    return (struct rank){r.value, w.value};
}
