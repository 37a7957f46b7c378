/* SPDX-License-Identifier: MIT */
#include "compare/finding.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

const char *verdict_word(enum verdict v)
{
    static const char *const words[] = {"equal", "differs", "missing", "extra", "shape", "dtype"};
    return words[v];
}

void put_index(struct sink *s, const struct tensor *t, uint64_t flat)
{
    uint64_t behind = tensor_elements(t); /* elements of an index of the axes so far */
    sink_text(s, "[");
    for (int i = 0; i < t->rank; i++) {
        const uint64_t size = (uint64_t)t->shape[i];
        behind = size ? behind / size : 0;
        sink_format(s, "%s%" PRIu64, i ? ", " : "", behind ? flat / behind % size : 0);
    }
    sink_text(s, "]");
}

uint64_t element_bits(const uint8_t *data, const struct format *f, uint64_t i)
{
    uint64_t bits = 0;
    memcpy(&bits, data + i * (f->bits / 8), f->bits / 8); /* little endian, as the machines are that sow is built for */
    return bits;
}

static double half_value(uint64_t bits)
{
    const int exponent = (int)(bits >> 10) & 31;
    const double fraction = (double)(bits & 0x3ff);
    const double x = exponent == 31  ? (fraction > 0 ? (double)NAN : (double)INFINITY)
                     : exponent == 0 ? ldexp(fraction, -24)
                                     : ldexp(fraction + 1024, exponent - 25);
    return bits & 0x8000 ? -x : x;
}

static double single_value(uint64_t bits)
{
    const uint32_t low = (uint32_t)bits;
    float x;
    memcpy(&x, &low, sizeof x);
    return (double)x;
}

double element_value(const struct format *f, uint64_t bits)
{
    double x;
    switch (f->kind) {
    case FORMAT_FLOAT:
        if (f->dtype == SOW_F64) {
            memcpy(&x, &bits, sizeof x);
            return x;
        }
        return f->dtype == SOW_F16 ? half_value(bits) : single_value(f->dtype == SOW_BF16 ? bits << 16 : bits);
    case FORMAT_SIGNED:
        return (double)((int64_t)(bits << (64 - f->bits)) >> (64 - f->bits));
    default:
        return (double)bits;
    }
}

void put_value(struct sink *s, const struct format *f, uint64_t bits, bool json)
{
    static const int digits[] = {[SOW_F32] = 9, [SOW_F64] = 17, [SOW_F16] = 5, [SOW_BF16] = 4};
    const double x = element_value(f, bits);
    if (f->kind == FORMAT_SIGNED)
        sink_format(s, "%" PRId64, (int64_t)(bits << (64 - f->bits)) >> (64 - f->bits));
    else if (f->kind == FORMAT_UNSIGNED || f->kind == FORMAT_BOOL)
        sink_format(s, "%" PRIu64, bits);
    else if (f->kind != FORMAT_FLOAT || (json && !isfinite(x)))
        sink_text(s, json ? "null" : "?");
    else
        sink_format(s, "%.*g", digits[f->dtype], x);
}

void put_element(struct sink *s, const struct format *f, uint64_t bits)
{
    put_value(s, f, bits, false);
    sink_format(s, " (0x%0*" PRIx64 ")", (int)(f->bits / 4), bits);
}
