/* SPDX-License-Identifier: MIT */
#include "stats/stats_convert.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

/* Float formats of 8 bits: a sign, an exponent with that bias, a fraction (OCP 8-bit Floating Point Specification; ONNX for FNUZ). */
struct small_float {
    const char *name;
    int fraction, bias;
    enum { IEEE, TOP_IS_NAN, ZERO_IS_NAN } odd; /* infinities as IEEE 754; none, and one NaN of each sign; none, and -0 is NaN */
};

static const struct small_float small_floats[] = {
    {"F8_E4M3", 3, 7, TOP_IS_NAN},
    {"F8_E5M2", 2, 15, IEEE},
    {"F8_E4M3FNUZ", 3, 8, ZERO_IS_NAN},
    {"F8_E5M2FNUZ", 2, 16, ZERO_IS_NAN},
};

static const struct small_float *small_float(const struct format *f)
{
    for (size_t i = 0; i < sizeof small_floats / sizeof small_floats[0]; i++)
        if (strcmp(f->name, small_floats[i].name) == 0)
            return &small_floats[i];
    return NULL;
}

static bool is_scale(const struct format *f)
{
    return strcmp(f->name, "F8_E8M0") == 0;
}

sow_dtype convert_dtype(uint8_t format)
{
    const struct format *const f = &formats[format];
    switch (f->kind) {
    case FORMAT_FLOAT:
        return f->dtype;
    case FORMAT_BOOL:
        return SOW_BF16;
    case FORMAT_SIGNED:
    case FORMAT_UNSIGNED:
        return f->bits == 8 ? SOW_BF16 : f->bits == 16 ? SOW_F32 : SOW_F64;
    case FORMAT_FOREIGN_FLOAT:
        return small_float(f) || is_scale(f) ? SOW_BF16 : SOW_DTYPE_COUNT;
    default:
        return SOW_DTYPE_COUNT;
    }
}

static double value_of_small(const struct small_float *s, unsigned byte)
{
    const unsigned size = byte & 0x7f, top = 0x7fu >> s->fraction, exponent = size >> s->fraction;
    const int m = (int)(size & ((1u << s->fraction) - 1));
    if (s->odd == ZERO_IS_NAN ? byte == 0x80 : s->odd == TOP_IS_NAN ? size == 0x7f : exponent == top && m)
        return NAN;
    if (s->odd == IEEE && exponent == top)
        return byte & 0x80 ? -INFINITY : INFINITY;
    const double x = exponent ? ldexp(m + (1 << s->fraction), (int)exponent - s->bias - s->fraction) : ldexp(m, 1 - s->bias - s->fraction);
    return byte & 0x80 ? -x : x;
}

/* What one byte stands for; all of these are numbers of bf16. */
static double value_of_byte(const struct format *f, unsigned byte)
{
    const struct small_float *const s = small_float(f);
    if (s)
        return value_of_small(s, byte);
    if (is_scale(f))
        return byte == 0xff ? (double)NAN : ldexp(1, (int)byte - 127);
    return f->kind == FORMAT_SIGNED && byte >= 0x80 ? (double)byte - 256 : byte;
}

static uint16_t to_bf16(double x)
{
    const float f = (float)x;
    uint32_t bits;
    memcpy(&bits, &f, sizeof bits);
    return (uint16_t)(bits >> 16);
}

/* Elements of a whole type at `from` into those of another. */
#define EACH_OF(type, to_type)                                                                                                             \
    for (size_t i = 0; i < n; i++) {                                                                                                       \
        type x;                                                                                                                            \
        memcpy(&x, from + i * sizeof x, sizeof x);                                                                                         \
        ((to_type *)to)[i] = (to_type)x;                                                                                                   \
    }

void convert(uint8_t format, const uint8_t *from, size_t n, void *to)
{
    const struct format *const f = &formats[format];
    const bool is_signed = f->kind == FORMAT_SIGNED;
    uint16_t table[256];
    switch (f->bits) {
    case 8:
        for (unsigned byte = 0; byte < 256; byte++)
            table[byte] = to_bf16(value_of_byte(f, byte));
        for (size_t i = 0; i < n; i++)
            ((uint16_t *)to)[i] = table[from[i]];
        break;
    case 16:
        if (is_signed)
            EACH_OF(int16_t, float)
        else
            EACH_OF(uint16_t, float)
        break;
    case 32:
        if (is_signed)
            EACH_OF(int32_t, double)
        else
            EACH_OF(uint32_t, double)
        break;
    default:
        if (is_signed)
            EACH_OF(int64_t, double)
        else
            EACH_OF(uint64_t, double)
    }
}
