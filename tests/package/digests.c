/* SPDX-License-Identifier: MIT */
/*
 * A digest of what each scheme of the table writes, one line a scheme: builds by other flags must print the same. FNV-1a of the bits of a
 * small tensor of f32 and of f64.
 */
#include <math.h>
#include <sow/sow.h>
#include <stdio.h>
#include <string.h>

enum { ELEMENTS = 64 * 64 };

/* Whatever the row demands: small whole numbers do for all of them but these. */
static double required(const char *name)
{
    static const struct {
        const char *name;
        double value;
    } special[] = {{"sparsity", 0.3}, {"lo", 0.001}, {"hi", 0.1}, {"layer", 3}, {"value", 0.3}, {"tmax", 50}};
    for (size_t i = 0; i < sizeof special / sizeof special[0]; i++)
        if (strcmp(name, special[i].name) == 0)
            return special[i].value;
    return 48;
}

static unsigned long long digest(const void *data, size_t bytes)
{
    unsigned long long h = 14695981039346656037u;
    for (size_t i = 0; i < bytes; i++)
        h = (h ^ ((const unsigned char *)data)[i]) * 1099511628211u;
    return h;
}

int main(void)
{
    static const int64_t shapes[][4] = {{64, 64, 0, 0}, {4096, 0, 0, 0}, {8, 16, 32, 0}, {32, 32, 2, 2}, {3, 3, 16, 24}, {48, 0, 0, 0}};
    static const int ranks[] = {2, 1, 3, 4, 4, 1};
    static double data[ELEMENTS];
    int drawn = 0;
    for (size_t i = 0; i < sow_scheme_count(); i++) {
        const sow_scheme_info *const info = sow_scheme_info_at(i);
        sow_scheme s = sow_scheme_named(info->name);
        for (size_t k = 0; k < info->arg_count; k++)
            if (isnan(info->arg[k].fallback) && sow_scheme_set(&s, info->arg[k].name, required(info->arg[k].name)) != SOW_OK)
                return 1;
        for (size_t k = 0; k < sizeof ranks / sizeof ranks[0]; k++)
            for (int type = 0; type < 2; type++) {
                const sow_tensor t = sow_tensor_make(data, type ? SOW_F64 : SOW_F32, ranks[k], shapes[k]);
                memset(data, 0, sizeof data);
                if (sow_init(NULL, s, sow_stream_seed(i), &t) != SOW_OK)
                    continue;
                printf("%s %zu %d %016llx\n", info->name, k, type, digest(data, sizeof data));
                drawn++;
            }
    }
    return drawn < 1000; /* a table that draws nothing would compare equal */
}
