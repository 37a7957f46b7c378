/* SPDX-License-Identifier: MIT */
#include "bench/ratios_report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/machine.h"
#include "sow/sow.h"

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double quantile(double *samples, size_t n, double share)
{
    qsort(samples, n, sizeof *samples, compare);
    const double at = share * (double)(n - 1);
    const size_t i = (size_t)at;
    return i + 1 < n ? samples[i] + (at - (double)i) * (samples[i + 1] - samples[i]) : samples[n - 1];
}

void line_set(line *l, double *times, double *yards, size_t n, int inverse)
{
    double *ratios = calloc(n, sizeof *ratios);
    if (!ratios)
        abort();
    /* Of pairs: the clock's slow drifts are in both. */
    for (size_t i = 0; i < n; i++)
        ratios[i] = inverse ? yards[i] / times[i] : times[i] / yards[i];
    l->ratio = quantile(ratios, n, 0.5);
    l->low = quantile(ratios, n, 0.25);
    l->high = quantile(ratios, n, 0.75);
    l->time = quantile(times, n, 0.5);
    l->yard = quantile(yards, n, 0.5);
    free(ratios);
}

static int met(const line *l)
{
    return l->aim == AIM_BELOW ? l->ratio <= l->target : l->ratio >= l->target;
}

static void print_line(const line *l)
{
    printf("  %-20s %10.4g %10.4g %9.3f   %8.3f …%8.3f", l->name, l->time, l->yard, l->ratio, l->low, l->high);
    if (l->aim != AIM_NONE)
        printf("   %s %-5.3g %s", l->aim == AIM_BELOW ? "≤" : "≥", l->target, met(l) ? "met" : "MISSED");
    printf("\n");
}

void print_table(const machine *m, const heading *headings, size_t sections, const line *lines, size_t n)
{
    char cpu[128];
    machine_cpu(cpu, sizeof cpu);
    printf("sow %s, %s, compiled by %s, on %s\n", sow_version(), m->isa, __VERSION__, cpu);
    for (size_t s = 0; s < sections; s++) {
        int begun = 0;
        for (size_t i = 0; i < n; i++) {
            if (strcmp(lines[i].section, headings[s].section) != 0)
                continue;
            if (!begun++)
                printf("\n%s\n  %-20s %10s %10s %9s   %18s   target\n", headings[s].title, headings[s].unit, "sow", "yardstick",
                       headings[s].ratio, "quartiles");
            print_line(&lines[i]);
        }
    }
}

void print_json(const machine *m, const heading *headings, size_t sections, const line *lines, size_t n)
{
    char cpu[128];
    machine_cpu(cpu, sizeof cpu);
    printf("{\"context\": {\"sow\": \"%s\", \"isa\": \"%s\", \"compiler\": \"%s\", \"cpu\": \"%s\", \"threads\": %u},\n \"rows\": [",
           sow_version(), m->isa, __VERSION__, cpu, m->threads);
    for (size_t i = 0; i < n; i++) {
        const line *l = &lines[i];
        const char *unit = "";
        for (size_t s = 0; s < sections; s++)
            if (strcmp(headings[s].section, l->section) == 0)
                unit = headings[s].unit;
        printf("%s\n  {\"section\": \"%s\", \"name\": \"%s\", \"unit\": \"%s\", \"sow\": %.6g, \"yardstick\": %.6g, \"ratio\": %.5g, "
               "\"q1\": %.5g, "
               "\"q3\": %.5g",
               i ? "," : "", l->section, l->name, unit, l->time, l->yard, l->ratio, l->low, l->high);
        if (l->aim != AIM_NONE)
            printf(", \"target\": %g, \"aim\": \"%s\", \"met\": %s", l->target, l->aim == AIM_BELOW ? "below" : "above",
                   met(l) ? "true" : "false");
        printf("}");
    }
    printf("\n]}\n");
}
