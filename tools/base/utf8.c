/* SPDX-License-Identifier: MIT */
#include "base/utf8.h"

#include <string.h>

bool utf8_is_valid(const char *text, size_t length)
{
    const unsigned char *p = (const unsigned char *)text, *const end = p + length;
    while (p < end) {
        const unsigned c = *p++;
        if (c < 0x80)
            continue;
        const int more = c >= 0xc2 && c <= 0xdf ? 1 : (c & 0xf0) == 0xe0 ? 2 : c >= 0xf0 && c <= 0xf4 ? 3 : 0;
        if (more == 0 || end - p < more)
            return false;
        /* The second byte alone decides about overlong forms, surrogates and the end of Unicode. */
        const unsigned low = c == 0xe0 ? 0xa0 : c == 0xf0 ? 0x90 : 0x80, high = c == 0xed ? 0x9f : c == 0xf4 ? 0x8f : 0xbf;
        if (p[0] < low || p[0] > high)
            return false;
        for (int i = 1; i < more; i++)
            if ((p[i] & 0xc0) != 0x80)
                return false;
        p += more;
    }
    return true;
}

bool utf8_is_name(const char *text, size_t length)
{
    return utf8_is_valid(text, length) && !memchr(text, 0, length);
}

static unsigned hex_value(unsigned c)
{
    return c >= '0' && c <= '9' ? c - '0' : (c | 0x20u) >= 'a' && (c | 0x20u) <= 'f' ? (c | 0x20u) - 'a' + 10 : 16;
}

enum { PLAIN, BACKSLASH, DIGITS };

/* One \uXXXX is complete: true if it may follow what came before it. */
static bool unit_is_right(struct escape_scan *s)
{
    const bool low = s->value >= 0xdc00 && s->value <= 0xdfff, paired = s->high;
    s->high = s->value >= 0xd800 && s->value <= 0xdbff;
    return low == paired;
}

size_t escape_scan(struct escape_scan *s, const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        const unsigned char c = (unsigned char)text[i];
        if (s->state == PLAIN) {
            if (c == '\\') {
                s->state = BACKSLASH;
            } else if (s->high) {
                return i;
            } else {
                const char *const next = memchr(text + i, '\\', length - i);
                if (!next)
                    return length;
                i = (size_t)(next - text) - 1;
            }
        } else if (s->state == BACKSLASH) {
            if (s->high && c != 'u')
                return i;
            s->state = c == 'u' ? DIGITS : PLAIN;
            s->digits = s->value = 0;
        } else {
            const unsigned digit = hex_value(c);
            if (digit > 15) { /* not JSON: yajl says so */
                *s = (struct escape_scan){0};
                continue;
            }
            s->value = s->value << 4 | digit;
            if (++s->digits == 4) {
                s->state = PLAIN;
                if (!unit_is_right(s))
                    return i;
            }
        }
    }
    return length;
}

int utf8_columns(const char *text)
{
    int columns = 0;
    for (; *text; text++)
        columns += ((unsigned char)*text & 0xc0) != 0x80;
    return columns;
}
