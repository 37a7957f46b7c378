/* SPDX-License-Identifier: MIT */
#include "base/host.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/say.h"

/* The pipeline has threads of its own: so the library's pool is not even started, and each fill stays on the thread that asked. */
static void run_here(void *user, size_t n, void (*task)(void *arg, size_t i), void *arg)
{
    (void)user;
    for (size_t i = 0; i < n; i++)
        task(arg, i);
}

/* The crew starts when the library has said of how many. */
static void run_crew(void *user, size_t n, void (*task)(void *arg, size_t i), void *arg)
{
    crew_run(*(struct crew **)user, n, task, arg);
}

static struct host open_with(const char *threads, const char *isa, sow_parallel_for *parallel_for, void *user)
{
    struct host host = {0};
    sow_context_options options = {.size = sizeof options, .isa = isa, .parallel_for = parallel_for, .parallel_user = user};
    char why[512];
    if (threads) {
        const size_t n = strspn(threads, "0123456789");
        const unsigned long value = n > 0 && n < 6 ? strtoul(threads, NULL, 10) : 0;
        if (threads[n] != '\0' || value < 1 || value > 1024)
            fail(EXIT_INPUT, NOWHERE, "--threads is %s, must be 1 to 1024", quoted(threads, strlen(threads)));
        options.threads = (unsigned)value;
    }
    sow_status status = sow_check_context(&options, why, sizeof why);
    if (status == SOW_OK)
        status = sow_context_create(&options, &host.context);
    else
        fail(status == SOW_ERR_MEMORY || status == SOW_ERR_THREAD ? EXIT_MACHINE : EXIT_INPUT, NOWHERE, "%s", why);
    if (status != SOW_OK)
        fail(EXIT_MACHINE, NOWHERE, "%s", sow_status_string(status));
    host.threads = sow_context_threads(host.context);
    host.isa = sow_context_isa(host.context);
    return host;
}

struct host host_open(const char *threads, const char *isa)
{
    return open_with(threads, isa, run_here, NULL);
}

struct host host_open_crew(const char *threads, const char *isa)
{
    static struct crew *crew; /* one host per run of the program */
    struct host host = open_with(threads, isa, run_crew, &crew);
    crew = host.crew = crew_open(host.threads);
    return host;
}

void host_close(struct host *host)
{
    if (host->crew)
        crew_close(host->crew);
    host->crew = NULL;
    sow_context_destroy(host->context);
    host->context = NULL;
}
