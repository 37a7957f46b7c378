/* SPDX-License-Identifier: MIT */
#include "files/formats.h"

#include <math.h>
#include <string.h>

const struct format formats[] = {
    {"F32", "f32", 32, FORMAT_FLOAT, SOW_F32},
    {"F64", "f64", 64, FORMAT_FLOAT, SOW_F64},
    {"F16", "f16", 16, FORMAT_FLOAT, SOW_F16},
    {"BF16", "bf16", 16, FORMAT_FLOAT, SOW_BF16},
    {"I64", "i64", 64, FORMAT_SIGNED, SOW_DTYPE_COUNT},
    {"I32", "i32", 32, FORMAT_SIGNED, SOW_DTYPE_COUNT},
    {"I16", "i16", 16, FORMAT_SIGNED, SOW_DTYPE_COUNT},
    {"I8", "i8", 8, FORMAT_SIGNED, SOW_DTYPE_COUNT},
    {"U64", "u64", 64, FORMAT_UNSIGNED, SOW_DTYPE_COUNT},
    {"U32", "u32", 32, FORMAT_UNSIGNED, SOW_DTYPE_COUNT},
    {"U16", "u16", 16, FORMAT_UNSIGNED, SOW_DTYPE_COUNT},
    {"U8", "u8", 8, FORMAT_UNSIGNED, SOW_DTYPE_COUNT},
    {"BOOL", "bool", 8, FORMAT_BOOL, SOW_DTYPE_COUNT},
    {"F8_E4M3", "f8_e4m3", 8, FORMAT_FOREIGN_FLOAT, SOW_DTYPE_COUNT},
    {"F8_E5M2", "f8_e5m2", 8, FORMAT_FOREIGN_FLOAT, SOW_DTYPE_COUNT},
    {"F8_E8M0", "f8_e8m0", 8, FORMAT_FOREIGN_FLOAT, SOW_DTYPE_COUNT},
    {"F8_E4M3FNUZ", "f8_e4m3fnuz", 8, FORMAT_FOREIGN_FLOAT, SOW_DTYPE_COUNT},
    {"F8_E5M2FNUZ", "f8_e5m2fnuz", 8, FORMAT_FOREIGN_FLOAT, SOW_DTYPE_COUNT},
    {"F6_E2M3", "f6_e2m3", 6, FORMAT_FOREIGN_FLOAT, SOW_DTYPE_COUNT},
    {"F6_E3M2", "f6_e3m2", 6, FORMAT_FOREIGN_FLOAT, SOW_DTYPE_COUNT},
    {"F4", "f4", 4, FORMAT_FOREIGN_FLOAT, SOW_DTYPE_COUNT},
    {"C64", "c64", 64, FORMAT_OTHER, SOW_DTYPE_COUNT},
};
const size_t format_count = sizeof formats / sizeof formats[0];

uint8_t format_named(const char *name)
{
    for (size_t i = 0; i < format_count; i++)
        if (strcmp(formats[i].name, name) == 0 || strcmp(formats[i].lower, name) == 0)
            return (uint8_t)i;
    return FORMAT_NONE;
}

uint8_t format_of(sow_dtype dtype)
{
    for (size_t i = 0; i < format_count; i++)
        if (formats[i].kind == FORMAT_FLOAT && formats[i].dtype == dtype)
            return (uint8_t)i;
    return FORMAT_NONE;
}

bool format_bytes(const struct format *f, uint64_t elements, uint64_t *bytes)
{
    const bool whole = f->bits % 8 == 0;
    if (elements > (uint64_t)INT64_MAX / (whole ? f->bits / 8 : f->bits) || (!whole && elements * f->bits % 8 != 0))
        return false;
    *bytes = whole ? elements * (f->bits / 8) : elements * f->bits / 8;
    return true;
}

unsigned format_align(const struct format *f)
{
    return f->bits < 8 ? 1 : f->bits / 8;
}

bool format_is_writable(const struct format *f)
{
    return f->kind != FORMAT_FOREIGN_FLOAT && f->kind != FORMAT_OTHER;
}

bool format_whole(const struct format *f, double value, uint64_t *bits)
{
    const bool is_signed = f->kind == FORMAT_SIGNED;
    const double top = f->kind == FORMAT_BOOL ? 2 : ldexp(1, (int)f->bits - is_signed);
    if (!(value >= (is_signed ? -top : 0) && value < top) || value != floor(value))
        return false;
    *bits = value < 0 ? (uint64_t)(int64_t)value : (uint64_t)value;
    return true;
}
