/* SPDX-License-Identifier: MIT */
#include "schemes/scheme_show.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const char *const types[] = {"number", "count", "flag", "gain", "mode", "law", "layout", "fans", "axes"};
_Static_assert(SOW_ARG_AXES + 1 == sizeof types / sizeof types[0], "a name for each type of argument");

/* The word for the default of an argument that takes words, or NULL. */
static const char *default_word(const sow_scheme_arg *arg)
{
#define X(id, word) #word,
    static const char *const modes[] = {SOW_FAN_MODE_LIST(X)}, *const laws[] = {SOW_LAW_LIST(X)}, *const fans[] = {SOW_FANS_LIST(X)};
#undef X
#define X(id, word, shape) #word,
    static const char *const layouts[] = {SOW_LAYOUT_LIST(X)};
#undef X
    if (!isfinite(arg->fallback))
        return NULL;
    const size_t i = arg->fallback >= 0 && arg->fallback < 64 ? (size_t)arg->fallback : 0;
    switch (arg->type) {
    case SOW_ARG_MODE:
        return modes[i];
    case SOW_ARG_LAW:
        return laws[i];
    case SOW_ARG_FANS:
        return fans[i];
    case SOW_ARG_LAYOUT:
        return layouts[i];
    default:
        return NULL;
    }
}

/* What stands behind an argument: its default, as a description writes it; "required"; or "optional", where the tensor says it. */
static const char *default_text(const sow_scheme_arg *arg)
{
    static char text[48];
    const char *const word = default_word(arg);
    if (isnan(arg->fallback))
        return "required";
    if (isinf(arg->fallback))
        return "optional";
    if (word)
        (void)snprintf(text, sizeof text, "default %s", word);
    else if (arg->type == SOW_ARG_FLAG)
        (void)snprintf(text, sizeof text, "default %s", arg->fallback != 0 ? "true" : "false");
    else
        (void)snprintf(text, sizeof text, "default %.6g", arg->fallback);
    return text;
}

void show_scheme_line(struct sink *s, const sow_scheme_info *info, int width)
{
    sink_format(s, "%-*s  %s\n", width, info->name, info->formula);
}

void show_scheme(struct sink *s, const sow_scheme_info *info)
{
    sink_format(s, "%s\n  formula     %s\n", info->name, info->formula);
    sink_format(s, "  source      %s\n", info->source);
    if (info->parts)
        sink_format(s, "  parts       %s\n", info->parts);
    sink_format(s, "  drawn       %s\n",
                info->plain ? "from one distribution, element by element" : "by a rule of its own: not from one distribution");
    for (size_t i = 0; i < info->arg_count; i++) {
        const sow_scheme_arg *const arg = &info->arg[i];
        sink_format(s, "  %s%-10s  %-6s  %-18s  %s\n", i ? "            " : "parameters  ", arg->name, types[arg->type], default_text(arg),
                    arg->text);
    }
}

static void json_default(struct sink *s, const sow_scheme_arg *arg)
{
    const char *const word = default_word(arg);
    if (word)
        sink_string(s, word, strlen(word));
    else if (arg->type == SOW_ARG_FLAG && isfinite(arg->fallback))
        sink_text(s, arg->fallback != 0 ? "true" : "false");
    else
        sink_number(s, arg->fallback); /* null where there is none */
}

void show_scheme_json(struct sink *s, const sow_scheme_info *info)
{
    sink_text(s, "{\"name\": ");
    sink_string(s, info->name, strlen(info->name));
    sink_text(s, ", \"formula\": ");
    sink_string(s, info->formula, strlen(info->formula));
    sink_text(s, ", \"parameters\": [");
    for (size_t i = 0; i < info->arg_count; i++) {
        const sow_scheme_arg *const arg = &info->arg[i];
        sink_format(s, "%s{\"name\": \"%s\", \"type\": \"%s\", \"required\": %s, \"default\": ", i ? ", " : "", arg->name, types[arg->type],
                    isnan(arg->fallback) ? "true" : "false");
        json_default(s, arg);
        sink_text(s, ", \"text\": ");
        sink_string(s, arg->text, strlen(arg->text));
        sink_text(s, "}");
    }
    sink_text(s, "], \"source\": ");
    sink_string(s, info->source, strlen(info->source));
    sink_text(s, ", \"parts\": ");
    if (info->parts)
        sink_string(s, info->parts, strlen(info->parts));
    else
        sink_text(s, "null");
    sink_format(s, ", \"plain\": %s}", info->plain ? "true" : "false");
}
