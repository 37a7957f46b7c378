/* SPDX-License-Identifier: MIT */
/** @file text.h Texts of a picture: what can be shown of them, and how gnuplot is told. */
#ifndef SOW_TOOLS_PLOT_TEXT_H
#define SOW_TOOLS_PLOT_TEXT_H

#include <stddef.h>

#include "base/sink.h"

/** `text` with "?" for what cannot be shown, and its middle left out where it has more than `most` characters. */
void plot_text(struct sink *sink, const char *text, size_t most);

/** The same as a string of gnuplot's language, whatever is in it. */
void plot_quoted(struct sink *sink, const char *text, size_t most);

#endif
