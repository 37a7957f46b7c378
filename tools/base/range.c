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

/* Behind the number b of "a..b", or NULL. */
static const char *read_numbers(const char *c, const char *end, uint64_t *a, uint64_t *b)
{
    c = read_number(c, end, a);
    return !c || end - c < 2 || c[0] != '.' || c[1] != '.' ? NULL : read_number(c + 2, end, b);
}

/* Behind the last of "a,b,…", two words or more and none empty, or NULL. */
static const char *read_words(const char *c, const char *end, uint64_t *count)
{
    const char *word = c;
    for (*count = 1; c < end && *c != '{' && *c != '}'; c++)
        if (*c == ',') {
            if (c == word)
                return NULL;
            word = c + 1;
            ++*count;
        }
    return *count < 2 || c == word ? NULL : c;
}

/* text[at] is a brace; a static string says what is wrong. */
static const char *read_range(struct pattern *p, size_t at)
{
    const char *const start = p->text + at + 1, *const end = p->text + p->length;
    uint64_t a = 0, b = 0, count;
    const char *c = read_numbers(start, end, &a, &b);
    const bool words = !c;
    if (words)
        c = read_words(start, end, &count);
    else
        count = b - a + 1;
    if (!c || c == end || *c != '}')
        return "\"{\" starts a range {a..b} of whole numbers below 10^9 without leading zeros, or a choice {a,b} of words; a brace itself "
               "is written \"{{\"";
    if (!words && a > b)
        return "a range {a..b} must have a <= b";
    if (p->ranges == RANGES_MAX)
        return "more than 4 ranges in one name";
    if (count > RANGE_MAX_NAMES / p->count)
        return "the ranges stand for more than 2000000 tensors, more than a file's header can hold";
    p->count *= count;
    p->range[p->ranges++] = (struct range){at, (size_t)(c - p->text) + 1, a, count, words};
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

static void put_word(struct sink *sink, const struct pattern *p, const struct range *r, uint64_t index)
{
    const char *word = p->text + r->begin + 1;
    size_t length = strcspn(word, ",}");
    for (; index; index--) {
        word += length + 1;
        length = strcspn(word, ",}");
    }
    sink_put(sink, word, length);
}

void pattern_expand(const struct pattern *p, uint64_t index, struct sink *sink)
{
    uint64_t number[RANGES_MAX] = {0};
    for (size_t i = p->ranges; i-- > 0; index /= p->range[i].count)
        number[i] = index % p->range[i].count;
    size_t at = 0;
    sink->used = 0;
    for (size_t i = 0; i < p->ranges; at = p->range[i].end, i++) {
        put_plain(sink, p->text + at, p->range[i].begin - at);
        if (p->range[i].words)
            put_word(sink, p, &p->range[i], number[i]);
        else
            sink_format(sink, "%llu", (unsigned long long)(p->range[i].first + number[i]));
    }
    put_plain(sink, p->text + at, p->length - at);
}

void pattern_literal(struct sink *sink, const char *name, size_t length)
{
    for (size_t i = 0; i < length; i++)
        sink_put(sink, name[i] == '{' ? "{{" : name + i, name[i] == '{' ? 2 : 1);
}
