/* SPDX-License-Identifier: MIT */
/* Elements of any format as doubles. */
#include <math.h>
#include <string.h>

#include "files/sixteen_bits.h"
#include "model/values.h"

static double get_f64(const uint8_t *p)
{
    double x;
    memcpy(&x, p, sizeof x);
    return x;
}

static double get_f32(const uint8_t *p)
{
    float x;
    memcpy(&x, p, sizeof x);
    return (double)x;
}

static double get_bf16(const uint8_t *p)
{
    return (double)bf16_as_float((uint16_t)(p[1] << 8 | p[0]));
}

static double get_f16(const uint8_t *p)
{
    return (double)f16_as_float((uint16_t)(p[1] << 8 | p[0]));
}

#define WHOLE(name, type)                                                                                                                  \
    static double get_##name(const uint8_t *p)                                                                                             \
    {                                                                                                                                      \
        type x;                                                                                                                            \
        memcpy(&x, p, sizeof x);                                                                                                           \
        return (double)x;                                                                                                                  \
    }
WHOLE(i64, int64_t)
WHOLE(i32, int32_t)
WHOLE(i16, int16_t)
WHOLE(i8, int8_t)
WHOLE(u64, uint64_t)
WHOLE(u32, uint32_t)
WHOLE(u16, uint16_t)
WHOLE(u8, uint8_t)

static double get_bool(const uint8_t *p)
{
    return *p != 0;
}

/* Eight bits: sign, exponent, `mantissa` bits. Micikevicius et al. 2209.05433 (E4M3 without infinities, E5M2 as IEEE 754 would have it). */
static double minifloat(unsigned bits, unsigned mantissa, int bias)
{
    const int exponent = (int)((bits & 0x7f) >> mantissa);
    const unsigned fraction = bits & ((1u << mantissa) - 1);
    const double x = exponent ? ldexp((double)(fraction + (1u << mantissa)), exponent - bias - (int)mantissa)
                              : ldexp((double)fraction, 1 - bias - (int)mantissa);
    return bits & 0x80 ? -x : x;
}

static double get_f8_e4m3(const uint8_t *p)
{
    return (*p & 0x7f) == 0x7f ? NAN : minifloat(*p, 3, 7);
}

static double get_f8_e5m2(const uint8_t *p)
{
    const double infinite = *p & 0x80 ? -INFINITY : INFINITY;
    return (*p & 0x7c) != 0x7c ? minifloat(*p, 2, 15) : *p & 3 ? NAN : infinite;
}

/* Noune et al. 2206.02915: no infinities, no negative zero, whose place is NaN. */
static double get_f8_e4m3fnuz(const uint8_t *p)
{
    return *p == 0x80 ? NAN : minifloat(*p, 3, 8);
}

static double get_f8_e5m2fnuz(const uint8_t *p)
{
    return *p == 0x80 ? NAN : minifloat(*p, 2, 16);
}

/* OCP Microscaling: a power of two. */
static double get_f8_e8m0(const uint8_t *p)
{
    return *p == 0xff ? NAN : ldexp(1, *p - 127);
}

values_get *values_getter(uint8_t format)
{
#define ROW(name)                                                                                                                          \
    {                                                                                                                                      \
#name, get_##name                                                                                                                  \
    }
    static const struct {
        const char *name;
        values_get *get;
    } rows[] = {ROW(f64), ROW(f32), ROW(f16), ROW(bf16), ROW(i64),     ROW(i32),     ROW(i16),         ROW(i8),          ROW(u64),
                ROW(u32), ROW(u16), ROW(u8),  ROW(bool), ROW(f8_e4m3), ROW(f8_e5m2), ROW(f8_e4m3fnuz), ROW(f8_e5m2fnuz), ROW(f8_e8m0)};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (strcmp(rows[i].name, formats[format].lower) == 0)
            return rows[i].get;
    return NULL;
}

void values_fill(const struct values *v, int rank, const int64_t *shape, int64_t first, double *out, int64_t n)
{
    values_get *const get = values_getter(v->format);
    const int64_t size = formats[v->format].bits / 8;
    if (rank == 0 || v->rank == 0) {
        for (int64_t i = 0; i < n; i++)
            out[i] = get(v->data);
        return;
    }
    /* The last axis advances by itself; the others are found anew for each row. */
    const int64_t width = shape[rank - 1], period = v->shape[v->rank - 1];
    for (int64_t i = 0; i < n;) {
        int64_t row = (first + i) / width, at = 0, span = period, column = (first + i) % width;
        for (int a = v->rank - 1, b = rank - 1; a-- > 0 && b-- > 0;) {
            at += row % shape[b] % v->shape[a] * span;
            span *= v->shape[a];
            row /= shape[b];
        }
        const uint8_t *const line = v->data + at * size;
        for (int64_t from = column % period; i < n && column < width; i++, column++) {
            out[i] = get(line + from * size);
            from = from + 1 == period ? 0 : from + 1;
        }
    }
}
