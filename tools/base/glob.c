/* SPDX-License-Identifier: MIT */
#include "base/glob.h"

#include <string.h>

/* Bytes of the UTF-8 character at p (the text is checked). */
static size_t char_bytes(const char *p)
{
    const unsigned char c = (unsigned char)*p;
    return c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
}

/* Code point of the character at *p, which is moved past it. */
static unsigned char_at(const char **p)
{
    const size_t n = char_bytes(*p);
    unsigned c = (unsigned char)**p & (n == 1 ? 0x7f : 0x7fu >> n);
    for (size_t i = 1; i < n; i++)
        c = c << 6 | ((unsigned char)(*p)[i] & 0x3f);
    *p += n;
    return c;
}

/* The bracket that closes the set at `set` (just behind its opening bracket), or NULL. A bracket in first place is a member. */
static const char *set_end(const char *set)
{
    set += *set == '!' || *set == '^';
    return *set ? strchr(set + 1, ']') : NULL;
}

static bool set_has(const char *set, const char *end, unsigned c)
{
    const bool negated = *set == '!' || *set == '^';
    bool found = false;
    for (set += negated; set < end;) {
        const unsigned low = char_at(&set);
        unsigned high = low;
        if (*set == '-' && set + 1 < end) {
            set++;
            high = char_at(&set);
        }
        found = found || (c >= low && c <= high);
    }
    return found != negated;
}

const char *glob_check(const char *glob)
{
    size_t wildcards = 0;
    for (const char *p = glob; *p; p++) {
        if (*p == '[' && !(p = set_end(p + 1)))
            return "a \"[\" without its \"]\"; a bracket itself is written \"[[]\"";
        wildcards += *p == '*' || *p == '?' || *p == ']';
    }
    return wildcards > GLOB_MAX_WILDCARDS ? "more than 16 wildcards" : NULL;
}

size_t glob_end(const char *text)
{
    const char *p = text;
    while (*p && *p != '=') {
        const char *const end = *p == '[' ? set_end(p + 1) : NULL;
        p = end ? end + 1 : p + 1;
    }
    return (size_t)(p - text);
}

/* One character of the glob against one of the name; *wild says whether the glob's was a wildcard. The glob's end, or NULL. */
static const char *step(const char *glob, const char *name, bool *wild)
{
    *wild = *glob == '?' || *glob == '[';
    if (*glob == '?')
        return glob + 1;
    if (*glob == '[') {
        const char *const end = set_end(glob + 1);
        return set_has(glob + 1, end, char_at(&name)) ? end + 1 : NULL;
    }
    const size_t n = char_bytes(name);
    return strncmp(glob, name, n) == 0 ? glob + n : NULL;
}

static void capture(struct captures *c, const char *text, size_t length)
{
    if (c->count < GLOB_MAX_WILDCARDS) {
        c->part[c->count].text = text;
        c->part[c->count].length = length;
        c->count++;
    }
}

/* The usual greedy walk: after a mismatch only the last star takes one character more, which is enough. */
bool glob_match(const char *glob, const char *name, size_t length, struct captures *captures)
{
    struct captures found = {0};
    const char *const end = name + length, *star = NULL, *star_name = NULL;
    size_t star_captures = 0;
    while (name < end || *glob) {
        bool wild = false;
        const char *next;
        if (*glob == '*') {
            star = glob++;
            star_name = name;
            star_captures = found.count;
            capture(&found, name, 0);
        } else if (name < end && *glob && (next = step(glob, name, &wild))) {
            const size_t n = char_bytes(name);
            if (wild)
                capture(&found, name, n);
            glob = next;
            name += n;
        } else if (star && star_name < end) {
            found.count = star_captures + 1;
            star_name += char_bytes(star_name);
            found.part[star_captures].length = (size_t)(star_name - found.part[star_captures].text);
            glob = star + 1;
            name = star_name;
        } else {
            return false;
        }
    }
    if (captures)
        *captures = found;
    return true;
}

bool glob_replace(struct sink *sink, const char *text, const struct captures *captures)
{
    size_t used = 0;
    sink->used = 0;
    for (; *text; text++) {
        if (*text != '*') {
            sink_put(sink, text, 1);
            continue;
        }
        if (used == captures->count)
            return false;
        sink_put(sink, captures->part[used].text, captures->part[used].length);
        used++;
    }
    return true;
}
