/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "src/exact.h"
#include "src/explain.h"
#include "src/format.h"
#include "src/fpenv.h"
#include "src/scheme_row.h"
#include "src/tensor.h"
#include "src/try.h"

size_t sow_scheme_count(void)
{
    return sow__scheme_row_count;
}

const sow_scheme_info *sow_scheme_info_at(size_t i)
{
    return i < sow__scheme_row_count ? &sow__scheme_rows[i].info : NULL;
}

/* The row of scheme, NULL if it has none. */
static const sow__scheme_row *row_of(const sow_scheme *scheme)
{
    if (!scheme || scheme->row < 0 || (size_t)scheme->row >= sow__scheme_row_count)
        return NULL;
    return &sow__scheme_rows[scheme->row];
}

static int find(const char *name, size_t length)
{
    for (size_t i = 0; i < sow__scheme_row_count; i++)
        if (strncmp(sow__scheme_rows[i].info.name, name, length) == 0 && sow__scheme_rows[i].info.name[length] == '\0')
            return (int)i;
    return -1;
}

/* "torch.linear.weight" is the row "torch.linear"; "normal.weight" is nothing. */
static int find_weight(const char *name, size_t length)
{
    static const char suffix[] = ".weight";
    const size_t cut = sizeof suffix - 1;
    if (length <= cut || strcmp(name + length - cut, suffix) != 0 || !memchr(name, '.', length - cut))
        return -1;
    return find(name, length - cut);
}

sow_scheme sow_scheme_named(const char *name)
{
    sow_scheme s;
    memset(&s, 0, sizeof s);
    const size_t length = name ? strlen(name) : 0;
    s.row = name ? find(name, length) : -1;
    if (name && s.row < 0)
        s.row = find_weight(name, length);
    const sow__scheme_row *row = row_of(&s);
    for (size_t i = 0; row && i < row->info.arg_count; i++)
        s.arg[i] = row->info.arg[i].fallback;
    return s;
}

int sow_scheme_arg_index(const sow_scheme *scheme, const char *name)
{
    const sow__scheme_row *row = row_of(scheme);
    for (size_t i = 0; row && name && i < row->info.arg_count; i++)
        if (strcmp(row->info.arg[i].name, name) == 0)
            return (int)i;
    return -1;
}

sow_status sow_scheme_set(sow_scheme *scheme, const char *name, double value)
{
    const int i = sow_scheme_arg_index(scheme, name);
    if (i < 0)
        return SOW_ERR_SCHEME;
    if (row_of(scheme)->info.arg[i].type == SOW_ARG_AXES) {
        if (!(value >= -SOW_MAX_RANK && value < SOW_MAX_RANK && value == floor(value)))
            return SOW_ERR_SCHEME;
        value = SOW__AXIS_BIT((int)value);
    }
    scheme->arg[i] = value;
    scheme->given |= 1U << i;
    return SOW_OK;
}

/* "0,-1" */
static sow_status set_axes(sow_scheme *scheme, int i, const char *word)
{
    unsigned set = 0;
    for (;;) {
        const int negative = *word == '-';
        word += negative;
        if (*word < '0' || *word > (negative ? '8' : '7') || (negative && *word == '0'))
            return SOW_ERR_SCHEME;
        set |= SOW__AXIS_BIT(negative ? '0' - *word : *word - '0');
        word++;
        if (*word == '\0')
            break;
        if (*word++ != ',')
            return SOW_ERR_SCHEME;
    }
    scheme->arg[i] = set;
    scheme->given |= 1U << i;
    return SOW_OK;
}

/* A slope behind the name: digits and one point, so that no locale plays a part. NaN: not a number. */
static double read_slope(const char *text)
{
    double value = 0, unit = 1;
    int digits = 0, point = 0;
    for (; *text; text++) {
        if (*text == '.' && !point) {
            point = 1;
        } else if (*text >= '0' && *text <= '9' && digits < 15) {
            value = value * 10 + (*text - '0');
            unit *= point ? 10 : 1;
            digits++;
        } else {
            return NAN;
        }
    }
    return digits ? value / unit : NAN;
}

/* "relu", "rms:gelu", "leaky_relu:0.2", "std:leaky_relu:0.2" */
static sow_status set_gain(sow_scheme *scheme, const char *name, const char *word)
{
    static const char *const rules[] = {"torch:", "rms:", "std:"};
    char activation[32];
    int rule = SOW_GAIN_TORCH;
    double slope = NAN, gain;
    for (int i = 0; i < 3; i++)
        if (strncmp(word, rules[i], strlen(rules[i])) == 0) {
            rule = SOW_GAIN_TORCH + i;
            word += strlen(rules[i]);
            break;
        }
    const size_t length = strcspn(word, ":");
    if (length >= sizeof activation)
        return SOW_ERR_SCHEME;
    memcpy(activation, word, length);
    activation[length] = '\0';
    if (word[length] == ':' && isnan(slope = read_slope(word + length + 1)))
        return SOW_ERR_SCHEME;
    SOW_TRY(sow_gain(activation, slope, (sow_gain_rule)rule, &gain, NULL, 0));
    return sow_scheme_set(scheme, name, gain);
}

#define X(id, word)         #word,
#define X3(id, word, shape) #word,
static const char *const mode_words[] = {SOW_FAN_MODE_LIST(X) NULL};
static const char *const law_words[] = {SOW_LAW_LIST(X) NULL};
static const char *const fans_words[] = {SOW_FANS_LIST(X) NULL};
static const char *const layout_words[] = {SOW_LAYOUT_LIST(X3) NULL};
static const char *const flag_words[] = {"false", "true", NULL};
#undef X
#undef X3

/* The words of an enumeration, NULL for other types. */
static const char *const *words_of(sow_arg_type type)
{
    switch (type) {
    case SOW_ARG_FLAG:
        return flag_words;
    case SOW_ARG_MODE:
        return mode_words;
    case SOW_ARG_LAW:
        return law_words;
    case SOW_ARG_LAYOUT:
        return layout_words;
    case SOW_ARG_FANS:
        return fans_words;
    default:
        return NULL;
    }
}

sow_status sow_scheme_set_word(sow_scheme *scheme, const char *name, const char *word)
{
    const int i = sow_scheme_arg_index(scheme, name);
    if (i < 0 || !word)
        return SOW_ERR_SCHEME;
    const sow_arg_type type = row_of(scheme)->info.arg[i].type;
    if (type == SOW_ARG_GAIN)
        return set_gain(scheme, name, word);
    if (type == SOW_ARG_AXES)
        return set_axes(scheme, i, word);
    const char *const *words = words_of(type);
    for (int k = 0; words && words[k]; k++)
        if (strcmp(words[k], word) == 0)
            return sow_scheme_set(scheme, name, k);
    return SOW_ERR_SCHEME;
}

/* What the argument's type demands; the laws check what numbers mean. */
static sow_status check_arg(const sow__scheme_call *c, size_t i)
{
    const sow_scheme_arg *a = &c->row->info.arg[i];
    const char *name = c->row->info.name;
    const double x = c->scheme->arg[i];
    const int given = (int)(c->scheme->given >> i & 1);
    if (!given && isnan(a->fallback))
        return sow__fail(SOW_ERR_SCHEME, c->why, c->size, "%s: %s is missing, must be given", name, a->name);
    if (!given)
        return SOW_OK;
    if (a->type == SOW_ARG_COUNT && !(x >= 1 && x <= 9007199254740992.0 && x == floor(x)))
        return sow__fail(SOW_ERR_SCHEME, c->why, c->size, "%s: %s is %g, must be a whole number from 1 to 2^53", name, a->name, x);
    const char *const *words = words_of(a->type);
    if (words) {
        int last = -1;
        while (words[last + 1])
            last++;
        if (!(x >= 0 && x <= last && x == floor(x)))
            return sow__fail(SOW_ERR_SCHEME, c->why, c->size, "%s: %s is %g, must be 0 (%s) to %d (%s)", name, a->name, x, words[0], last,
                             words[last]);
    }
    return SOW_OK;
}

sow_status sow__scheme_call_make(sow__scheme_call *c, const sow_scheme *scheme, int rank, const int64_t *shape, sow_dtype dtype, char *why,
                                 size_t size)
{
    const size_t bytes = sow_dtype_size(dtype);
    int64_t elements;
    if (!scheme || (!shape && rank != 0))
        return sow__fail(SOW_ERR_NULL, why, size, "%s is null", !scheme ? "scheme" : "shape");
    const sow__scheme_row *row = row_of(scheme);
    if (!row)
        return sow__fail(SOW_ERR_SCHEME, why, size, "scheme row is %d, must be 0 to %d", scheme->row, (int)sow__scheme_row_count - 1);
    if (bytes == 0)
        return sow__fail(SOW_ERR_DTYPE, why, size, "dtype is %d, must be 0 to %d", (int)dtype, SOW_DTYPE_COUNT - 1);
    SOW_TRY(sow__check_shape("shape", rank, shape, bytes, &elements, why, size));
    *c = (sow__scheme_call){row, scheme, rank, shape, dtype, elements == 0, {1, 0}, 0, why, size};
    return SOW_OK;
}

sow_dist sow__transform(sow_dist d, sow__affine f)
{
    if (f.mul == 1 && f.add == 0)
        return d;
    d.mean = f.mul * d.mean + f.add;
    d.std = f.mul * d.std;
    d.a = f.mul * d.a + f.add;
    d.b = f.mul * d.b + f.add;
    return d.kind == SOW_DIST_TRUNC_NORMAL && d.std == 0 ? sow_dist_normal(d.mean, 0) : d;
}

OUT_OF_LINE static sow_status check_row(const sow__scheme_call *c, sow_dist *dist)
{
    for (size_t i = 0; i < c->row->info.arg_count; i++)
        SOW_TRY(check_arg(c, i));
    if (!c->row->law)
        return c->row->writer->check ? c->row->writer->check(c) : SOW_OK;
    SOW_TRY(c->row->law(c, dist));
    *dist = sow__transform(*dist, c->affine);
    return SOW_OK;
}

sow_status sow__scheme_check(const sow__scheme_call *c, sow_dist *dist)
{
    const sow__fpenv saved = sow__fpenv_enter();
    const sow_status status = check_row(c, dist);
    sow__fpenv_leave(saved);
    SOW_TRY(status);
    return c->row->law ? sow_check_dist(*dist, c->dtype, c->why, c->size) : sow__pass(c->why, c->size);
}

sow_status sow_check_scheme(const sow_scheme *scheme, int rank, const int64_t *shape, sow_dtype dtype, char *why, size_t size)
{
    sow__scheme_call call;
    sow_dist dist;
    SOW_TRY(sow__scheme_call_make(&call, scheme, rank, shape, dtype, why, size));
    return sow__scheme_check(&call, &dist);
}

sow_status sow_scheme_dist(const sow_scheme *scheme, int rank, const int64_t *shape, sow_dtype dtype, sow_dist *dist, char *why,
                           size_t size)
{
    sow__scheme_call call;
    sow_dist found;
    if (scheme && !dist)
        return sow__fail(SOW_ERR_NULL, why, size, "dist is null");
    SOW_TRY(sow__scheme_call_make(&call, scheme, rank, shape, dtype, why, size));
    if (!call.row->info.plain)
        return sow__fail(SOW_ERR_SCHEME, why, size, "%s: is no plain distribution, must be written by sow_init()", call.row->info.name);
    SOW_TRY(sow__scheme_check(&call, &found));
    *dist = found;
    return SOW_OK;
}

sow_status sow_scheme_fans(const sow_scheme *scheme, int rank, const int64_t *shape, double *fan_in, double *fan_out, char *why,
                           size_t size)
{
    sow__scheme_call call;
    double in, out;
    if (scheme && (!fan_in || !fan_out))
        return sow__fail(SOW_ERR_NULL, why, size, "%s is null", !fan_in ? "fan_in" : "fan_out");
    SOW_TRY(sow__scheme_call_make(&call, scheme, rank, shape, SOW_F64, why, size));
    for (size_t i = 0; i < call.row->info.arg_count; i++)
        SOW_TRY(check_arg(&call, i));
    SOW_TRY(sow__fans_of(&call, SOW_FAN_AVG, &in, &out));
    *fan_in = in;
    *fan_out = out;
    return sow__pass(why, size);
}

sow_status sow__bad_shape(const sow__scheme_call *c, const char *must)
{
    char text[SOW_SHAPE_TEXT];
    return sow__fail(SOW_ERR_SHAPE, c->why, c->size, "%s: shape is %s, must be %s", c->row->info.name,
                     sow__shape_text(text, c->rank, c->shape), must);
}

sow_status sow__check_value(const sow__scheme_call *c, double value)
{
    const double x = c->affine.mul * value + c->affine.add;
    if (isfinite(value) && sow__element_overflows(x, c->dtype))
        return sow__fail(SOW_ERR_SCHEME, c->why, c->size, "%s: value %.9g is outside %s; the limit is %.9g", c->row->info.name, x,
                         sow_dtype_name(c->dtype), sow__element_max(c->dtype));
    return SOW_OK;
}

sow_status sow__check_inner(const sow__scheme_call *c, size_t i, sow__affine f, int rank, const int64_t *shape)
{
    sow__scheme_call inner;
    sow_dist dist;
    if (c->depth + 1 >= SOW_SCHEME_MAX_DEPTH)
        return sow__fail(SOW_ERR_SCHEME, c->why, c->size, "%s: depth of inner schemes is more than %d", c->row->info.name,
                         SOW_SCHEME_MAX_DEPTH);
    SOW_TRY(sow__scheme_call_make(&inner, &c->scheme->parts->inner[i], rank, shape, c->dtype, c->why, c->size));
    inner.affine = f;
    inner.depth = c->depth + 1;
    return sow__scheme_check(&inner, &dist);
}
