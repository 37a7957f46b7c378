/* SPDX-License-Identifier: MIT */
#include "base/range.h"

#include <string.h>

/* Digits without a leading zero, below 10^9; the end, or NULL. */
static const char *read_number(const char *p, const char *end, uint64_t *value)
{
    const char *const start = p;
    for (*value = 0; p < end && *p >= '0' && *p <= '9' && p - start < 9; p++)
        *value = *value * 10 + (uint64_t)(*p - '0');
    return p == start || (*start == '0' && p - start > 1) ? NULL : p;
}

/* text[at] is a brace; a static string says what is wrong. */
static const char *read_range(struct pattern *p, size_t at)
{
    const char *const end = p->text + p->length;
    uint64_t a = 0, b = 0;
    const char *c = read_number(p->text + at + 1, end, &a);
    if (!c || end - c < 2 || c[0] != '.' || c[1] != '.' || !(c = read_number(c + 2, end, &b)) || c == end || *c != '}')
        return "\"{\" starts a range {a..b} of whole numbers below 10^9 without leading zeros; a brace itself is written \"{{\"";
    if (a > b)
        return "a range {a..b} must have a <= b";
    if (p->ranges == RANGES_MAX)
        return "more than 4 ranges in one name";
    if (b - a + 1 > RANGE_MAX_NAMES / p->count)
        return "the ranges stand for more than 2000000 tensors, more than a file's header can hold";
    p->count *= b - a + 1;
    p->range[p->ranges++] = (struct range){at, (size_t)(c - p->text) + 1, a, b - a + 1};
    return NULL;
}

const char *pattern_parse(struct pattern *p, const char *text, size_t length)
{
    *p = (struct pattern){.text = text, .length = length, .count = 1};
    for (size_t i = 0; i < length; i++) {
        if (text[i] != '{')
            continue;
        if (i + 1 < length && text[i + 1] == '{') {
            i++;
            continue;
        }
        const char *const why = read_range(p, i);
        if (why)
            return why;
        i = p->range[p->ranges - 1].end - 1;
    }
    return NULL;
}

/* Text between ranges, "{{" read as "{". */
static void put_plain(struct sink *sink, const char *text, size_t length)
{
    while (length) {
        const char *const brace = memchr(text, '{', length);
        const size_t n = brace ? (size_t)(brace - text) + 1 : length;
        sink_put(sink, text, n);
        const size_t skip = brace ? n + 1 : n;
        text += skip;
        length -= skip;
    }
}

void pattern_expand(const struct pattern *p, uint64_t index, struct sink *sink)
{
    uint64_t number[RANGES_MAX] = {0};
    for (size_t i = p->ranges; i-- > 0; index /= p->range[i].count)
        number[i] = p->range[i].first + index % p->range[i].count;
    size_t at = 0;
    sink->used = 0;
    for (size_t i = 0; i < p->ranges; at = p->range[i].end, i++) {
        put_plain(sink, p->text + at, p->range[i].begin - at);
        sink_format(sink, "%llu", (unsigned long long)number[i]);
    }
    put_plain(sink, p->text + at, p->length - at);
}

void pattern_literal(struct sink *sink, const char *name, size_t length)
{
    for (size_t i = 0; i < length; i++)
        sink_put(sink, name[i] == '{' ? "{{" : name + i, name[i] == '{' ? 2 : 1);
}
