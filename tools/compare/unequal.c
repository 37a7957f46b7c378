/* SPDX-License-Identifier: MIT */
#include "compare/unequal.h"

#include <string.h>

uint64_t count_unequal(const uint8_t *a, const uint8_t *b, size_t size, size_t n)
{
    uint64_t count = 0;
#define COUNT_AS(type)                                                                                                                     \
    for (size_t i = 0; i < n; i++) {                                                                                                       \
        type x, y;                                                                                                                         \
        memcpy(&x, a + i * sizeof x, sizeof x);                                                                                            \
        memcpy(&y, b + i * sizeof y, sizeof y);                                                                                            \
        count += x != y;                                                                                                                   \
    }
    if (size == 8)
        COUNT_AS(uint64_t)
    else if (size == 4)
        COUNT_AS(uint32_t)
    else if (size == 2)
        COUNT_AS(uint16_t)
    else
        COUNT_AS(uint8_t)
#undef COUNT_AS
    return count;
}
