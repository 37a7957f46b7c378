/* SPDX-License-Identifier: MIT */
#include "model/slices.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

size_t slices_find(const char *text)
{
    const size_t n = strlen(text);
    const char *const open = strrchr(text, '[');
    if (!open || n == 0 || text[n - 1] != ']')
        return 0;
    const size_t inside = strspn(open + 1, "0123456789:,-+ ");
    return open[1 + inside] == ']' && open + 2 + inside == text + n && memchr(open, ':', inside + 1) ? (size_t)(open + 1 - text) : 0;
}

static const char *complaint(const char *format, int axis, long long value, long long size)
{
    static char text[160];
    (void)snprintf(text, sizeof text, format, axis, value, size);
    return text;
}

/* A bound of a slice, or `otherwise` where it is missing; false: no number, or out of 64 bits. */
static bool read_bound(const char **p, int64_t size, int64_t otherwise, int64_t *bound, long long *shown)
{
    *p += strspn(*p, " ");
    if (**p == ':' || **p == ',' || **p == ']') {
        *bound = *shown = otherwise;
        return true;
    }
    char *end;
    errno = 0;
    *shown = strtoll(*p, &end, 10);
    if (end == *p || errno)
        return false;
    *p = end + strspn(end, " ");
    *bound = *shown < 0 ? *shown + size : *shown;
    return true;
}

const char *slices_box(const char *slices, int rank, const int64_t *shape, struct box *box)
{
    const char *p = slices;
    for (int i = 0; i < rank; i++) {
        box->start[i] = 0;
        box->size[i] = shape[i];
    }
    for (int i = 0;; i++) {
        int64_t start, stop;
        long long start_shown, stop_shown;
        if (i == rank)
            return complaint("%d slices or more, the tensor has %lld axes", i + 1, rank, 0);
        if (!read_bound(&p, shape[i], 0, &start, &start_shown) || *p != ':')
            return complaint("slice %d is not START:STOP in whole numbers", i + 1, 0, 0);
        p++;
        if (!read_bound(&p, shape[i], shape[i], &stop, &stop_shown) || (*p != ',' && *p != ']'))
            return complaint("slice %d is not START:STOP in whole numbers", i + 1, 0, 0);
        if (start < 0 || start > shape[i])
            return complaint("slice %d starts at %lld, outside of the %lld of its axis", i + 1, start_shown, shape[i]);
        if (stop < 0 || stop > shape[i])
            return complaint("slice %d stops at %lld, outside of the %lld of its axis", i + 1, stop_shown, shape[i]);
        if (start >= stop)
            return complaint("slice %d is empty: %lld:%lld", i + 1, start_shown, stop_shown);
        box->start[i] = start;
        box->size[i] = stop - start;
        if (*p++ == ']')
            return NULL;
    }
}

void slices_write(struct sink *sink, int rank, const struct box *box)
{
    sink_text(sink, "[");
    for (int i = 0; i < rank; i++)
        sink_format(sink, i ? ",%lld:%lld" : "%lld:%lld", (long long)box->start[i], (long long)(box->start[i] + box->size[i]));
    sink_text(sink, "]");
}
