/* SPDX-License-Identifier: MIT */
#include "plot/text.h"

#include <stdbool.h>
#include <string.h>

#include "base/utf8.h"

void plot_text(struct sink *s, const char *text, size_t most)
{
    const size_t bytes = strlen(text);
    const bool is_text = utf8_is_valid(text, bytes);
    size_t letters = 0, at = 0;
    for (size_t i = 0; i < bytes; i++)
        letters += !is_text || ((unsigned char)text[i] & 0xc0) != 0x80;
    const size_t head = letters > most ? (most - 1) / 2 : letters, tail = letters > most ? letters - (most - 1 - head) : letters;
    for (size_t i = 0; i < bytes; at++) {
        size_t n = 1;
        while (is_text && ((unsigned char)text[i + n] & 0xc0) == 0x80)
            n++;
        const unsigned char c = (unsigned char)text[i];
        /* Neither control characters nor what XML forbids, U+FFFE and U+FFFF. */
        const bool shown = c >= 0x20 && c != 0x7f && (c < 0x80 || is_text) && !(c == 0xc2 && (unsigned char)text[i + 1] < 0xa0) &&
                           memcmp(text + i, "\xef\xbf\xbe", n < 3 ? 1 : 3) != 0 && memcmp(text + i, "\xef\xbf\xbf", n < 3 ? 1 : 3) != 0;
        if (at < head || at >= tail)
            sink_put(s, shown ? text + i : "?", shown ? n : 1);
        else if (at == head)
            sink_text(s, "…");
        i += n;
    }
}

/* Whatever could mean something to gnuplot goes as its code: it substitutes `…` and @… before it reads strings, and '' at a string's start
 * ends it. */
void plot_quoted(struct sink *s, const char *text, size_t most)
{
    struct sink plain = {0};
    plot_text(&plain, text, most);
    sink_text(s, "\"");
    bool code = false; /* gnuplot takes every digit behind a code as part of it */
    for (size_t i = 0; i < plain.used; i++) {
        const char c = plain.data[i];
        const bool digit = c >= '0' && c <= '9';
        const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == ' ' || c == '.' || (unsigned char)c >= 0x80;
        code = !letter && (!digit || code);
        if (!code)
            sink_put(s, &c, 1);
        else
            sink_format(s, "\\%03o", (unsigned)c);
    }
    sink_text(s, "\"");
    sink_free(&plain);
}
