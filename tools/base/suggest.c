/* SPDX-License-Identifier: MIT */
#include "base/suggest.h"

#include <stdio.h>
#include <string.h>

enum { LONGEST = 48 };

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Damerau-Levenshtein with adjacent swaps, over three rows. */
static size_t distance(const char *a, size_t n, const char *b, size_t m)
{
    size_t rows[3][LONGEST + 1], *before = rows[0], *last = rows[1], *row = rows[2];
    for (size_t j = 0; j <= m; j++)
        last[j] = j;
    for (size_t i = 1; i <= n; i++) {
        row[0] = i;
        for (size_t j = 1; j <= m; j++) {
            const size_t change = last[j - 1] + (a[i - 1] != b[j - 1]);
            row[j] = least(change, least(last[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = least(row[j], before[j - 2] + 1);
        }
        size_t *const spare = before;
        before = last, last = row, row = spare;
    }
    return last[m];
}

struct suggestion suggest_for(const char *word, size_t length)
{
    return (struct suggestion){word, length, NULL, 0};
}

void suggest_offer(struct suggestion *s, const char *known)
{
    const size_t m = strlen(known);
    if (s->length > LONGEST || m > LONGEST || s->length == 0)
        return;
    size_t d = distance(s->word, s->length, known, m);
    const size_t common = least(s->length, m);
    if (common >= 4 && strncmp(s->word, known, common) == 0)
        d = 1; /* one goes on where the other ends */
    if (d <= 1 + s->length / 4 && d < s->length && (!s->best || d < s->distance)) {
        s->best = known;
        s->distance = d;
    }
}

const char *suggest_text(const struct suggestion *s)
{
    static char text[LONGEST + 32];
    text[0] = '\0';
    if (s->best)
        (void)snprintf(text, sizeof text, "; did you mean \"%s\"?", s->best);
    return text;
}
