/* SPDX-License-Identifier: MIT */
#include "bench/gbench.h"

#include <benchmark/benchmark.h>
#include <chrono>
#include <cstring>
#include <memory>
#include <vector>

/*
 * Wall time is counted here. Google Benchmark's rates are by the CPU time of the calling thread, which says nothing about a fill on several
 * threads, unless UseRealTime() is asked for, and that appends "/real_time" to the name that a filter has to match.
 */
struct gbench {
    using clock = std::chrono::steady_clock;

    explicit gbench(benchmark::State &s) : state(s)
    {
    }

    void start()
    {
        since = clock::now();
    }

    void stop()
    {
        elapsed += clock::now() - since;
    }

    benchmark::State &state;
    clock::time_point since;
    clock::duration elapsed{0};
    size_t iterations = 0;
};

void gbench_add(const char *name, gbench_fn *fn, const void *arg, size_t bytes)
{
    auto copy = std::make_shared<std::vector<std::max_align_t>>(bytes / sizeof(std::max_align_t) + 1);
    std::memcpy(copy->data(), arg, bytes);
    benchmark::RegisterBenchmark(name, [fn, copy](benchmark::State &state) {
        gbench b(state);
        fn(&b, copy->data());
    });
}

int gbench_next(gbench *b, size_t batch)
{
    const bool first = b->iterations == 0;
    if (!b->state.KeepRunningBatch(static_cast<benchmark::IterationCount>(batch))) {
        b->stop();
        return 0;
    }
    b->iterations += batch;
    if (first)
        b->start();
    return 1;
}

void gbench_pause(gbench *b)
{
    b->stop();
    b->state.PauseTiming();
}

void gbench_resume(gbench *b)
{
    b->state.ResumeTiming();
    b->start();
}

void gbench_rate(gbench *b, double items, double bytes, unsigned threads)
{
    using benchmark::Counter;
    const double n = static_cast<double>(b->iterations), seconds = std::chrono::duration<double>(b->elapsed).count();
    const double scale = threads == 1 ? n : n / seconds;
    const Counter::Flags flags = threads == 1 ? Counter::kIsRate : Counter::kDefaults;
    b->state.counters["items_per_second"] = Counter(items * scale, flags);
    b->state.counters["bytes_per_second"] = Counter(bytes * scale, flags, Counter::kIs1024);
}

void gbench_fail(gbench *b, const char *why)
{
    b->state.SkipWithError(why);
}

void gbench_context(const char *key, const char *value)
{
    benchmark::AddCustomContext(key, value);
}

int gbench_main(int argc, char **argv)
{
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv))
        return 2;
    benchmark::RunSpecifiedBenchmarks();
    benchmark::Shutdown();
    return 0;
}
