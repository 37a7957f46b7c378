/* SPDX-License-Identifier: MIT */
#include <gnu/libc-version.h>
#include <sow/sow.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yajl/yajl_version.h>

#include "base/host.h"
#include "base/sink.h"
#include "cli/commands.h"
#include "manifest/digest.h"

enum { INFO_JSON, INFO_THREADS, INFO_ISA, INFO_HELP };

static const struct option info_options[] = {
    [INFO_JSON] = OPTION_JSON, [INFO_THREADS] = OPTION_THREADS, [INFO_ISA] = OPTION_ISA, [INFO_HELP] = OPTION_HELP, OPTION_END,
};

static const char info_details[] =
    "Prints the version, the version of the stream (which fixes every bit), the instruction sets that are built in and usable, the one "
    "that is used and why, the threads, and the versions of the libraries.";

struct facts {
    const struct host *host;
    char why[96], threads_why[96], yajl[32];
};

static const char *env(const char *name)
{
    const char *const value = getenv(name);
    return value && *value ? value : NULL;
}

static struct facts gather(const struct host *host, const struct arguments *a)
{
    struct facts f = {.host = host};
    const char *const isa = env("SOW_ISA"), *const threads = env("SOW_NUM_THREADS");
    if (a->option[INFO_ISA])
        (void)snprintf(f.why, sizeof f.why, "asked for by --isa");
    else if (isa)
        (void)snprintf(f.why, sizeof f.why, "SOW_ISA=%.32s in the environment", isa);
    else
        (void)snprintf(f.why, sizeof f.why, "the best that the machine can run");
    if (a->option[INFO_THREADS])
        (void)snprintf(f.threads_why, sizeof f.threads_why, "asked for by --threads");
    else if (threads)
        (void)snprintf(f.threads_why, sizeof f.threads_why, "SOW_NUM_THREADS=%.16s in the environment", threads);
    else
        (void)snprintf(f.threads_why, sizeof f.threads_why, "the CPUs that the process may use");
    const int v = yajl_version();
    (void)snprintf(f.yajl, sizeof f.yajl, "%d.%d.%d", v / 10000, v / 100 % 100, v % 100);
    return f;
}

static void print_table(const struct facts *f)
{
    printf("sow             %s\nstream version  %d\n", sow_version(), SOW_STREAM_VERSION);
    for (size_t i = 0; i < sow_isa_count(); i++) {
        const char *const needs = sow_isa_needs(i);
        printf("%-16s%-8s %s%s%s%s\n", i ? "" : "instructions", sow_isa_name(i), sow_isa_usable(i) ? "usable" : "not usable here",
               *needs ? " (needs " : "", needs, *needs ? ")" : "");
    }
    printf("used            %s: %s\nthreads         %u: %s\n", f->host->isa, f->why, f->host->threads, f->threads_why);
    const char *const xxhash = digest_library();
    printf("libraries       libsow %s, yajl %s, xxhash %s, libc %s\n", sow_version(), f->yajl, xxhash ? xxhash : "not built in",
           gnu_get_libc_version());
}

static void print_json(const struct facts *f)
{
    struct sink s = {0};
    sink_format(&s, "{\"version\": \"%s\", \"stream_version\": %d, \"isas\": [", sow_version(), SOW_STREAM_VERSION);
    for (size_t i = 0; i < sow_isa_count(); i++)
        sink_format(&s, "%s{\"name\": \"%s\", \"usable\": %s, \"needs\": \"%s\"}", i ? ", " : "", sow_isa_name(i),
                    sow_isa_usable(i) ? "true" : "false", sow_isa_needs(i));
    sink_format(&s, "], \"isa\": \"%s\", \"isa_why\": ", f->host->isa);
    sink_string(&s, f->why, strlen(f->why));
    sink_format(&s, ", \"threads\": %u, \"threads_why\": ", f->host->threads);
    sink_string(&s, f->threads_why, strlen(f->threads_why));
    sink_format(&s, ", \"libraries\": {\"sow\": \"%s\", \"yajl\": \"%s\", \"xxhash\": \"%s\", \"libc\": \"%s\"}}\n", sow_version(), f->yajl,
                digest_library() ? digest_library() : "", gnu_get_libc_version());
    (void)fwrite(s.data, 1, s.used, stdout);
    sink_free(&s);
}

static int run(const struct arguments *a)
{
    struct host host = host_open(a->option[INFO_THREADS], a->option[INFO_ISA]);
    const struct facts facts = gather(&host, a);
    (a->option[INFO_JSON] ? print_json : print_table)(&facts);
    host_close(&host);
    return 0;
}

const struct command cmd_info = {"info", "", 0, 0, "Show version, instruction sets and threads", info_details, info_options, run};
