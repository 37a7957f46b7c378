/* SPDX-License-Identifier: MIT */
#include "src/reflect.h"

#include <math.h>
#include <string.h>

#include "src/dist.h"
#include "src/exact.h"

enum { PANEL = SOW_PANEL, TILE = SOW_PANEL * SOW_PANEL };
_Static_assert(SOW_PANEL == SOW_GROUP, "a row of V is one group, where the groups' edges allow it");

static int64_t smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static void *at(const sow__reflect *r, const void *p, int64_t elements)
{
    return (unsigned char *)(uintptr_t)p + elements * (int64_t)r->bytes;
}

static double get(const sow__reflect *r, const void *p, int64_t i)
{
    return r->dtype == SOW_F32 ? (double)((const float *)p)[i] : ((const double *)p)[i];
}

static void put(const sow__reflect *r, void *p, int64_t i, double x)
{
    if (r->dtype == SOW_F32)
        ((float *)p)[i] = (float)x;
    else
        ((double *)p)[i] = x;
}

sow__reflect sow__reflect_make(const sow_kernels *kernels, sow_stream stream, sow_dtype dtype, int64_t count, int64_t length)
{
    sow__reflect r;
    memset(&r, 0, sizeof r);
    r.kernels = kernels;
    r.matrix = &kernels->matrix[dtype];
    r.normal = kernels->fill[sow__dist_prepare(sow_dist_normal(0, 1), dtype, &r.params)][dtype];
    r.stream = stream;
    r.dtype = dtype;
    r.bytes = sow_dtype_size(dtype);
    r.count = count;
    r.length = length;
    r.panels = (length + PANEL - 1) / PANEL;
    return r;
}

/* A block: the tiles of V from panel t on, the same transposed, and -Tᵀ. */
int64_t sow__reflect_tiles(const sow__reflect *r, int64_t from, int64_t t)
{
    const int64_t blocks = t - from;
    return blocks * (2 * r->panels + 1) - (from + t - 1) * blocks;
}

static void *v_tile(const sow__reflect *r, const void *block, int64_t t, int64_t panel)
{
    return at(r, block, (panel - t) * TILE);
}

static void *vt_tile(const sow__reflect *r, const void *block, int64_t t, int64_t panel)
{
    return at(r, block, (r->panels - t + panel - t) * TILE);
}

static void *t_tile(const sow__reflect *r, const void *block, int64_t t)
{
    return at(r, block, 2 * (r->panels - t) * TILE);
}

static size_t rows_in(const sow__reflect *r, int64_t panel)
{
    return (size_t)smaller(PANEL, r->length - panel * PANEL);
}

/* Elements first .. first+n-1 of the normals, then zeros up to a panel. */
static void draw_row(const sow__reflect *r, uint64_t first, size_t n, unsigned char *to)
{
    const uint64_t blocks_in_group = r->dtype == SOW_F64 ? SOW_GROUP / 2 : SOW_GROUP / 4;
    const uint64_t block = first / SOW_GROUP * blocks_in_group;
    const size_t into = (size_t)(first % SOW_GROUP);
    if (into == 0) {
        r->normal(r->stream.key, r->stream.id, block, &r->params, to, 1);
    } else {
        _Alignas(64) unsigned char groups[2 * SOW_GROUP * sizeof(double)];
        r->normal(r->stream.key, r->stream.id, block, &r->params, groups, into + n > SOW_GROUP ? 2 : 1);
        memcpy(to, groups + into * r->bytes, n * r->bytes);
    }
    memset(to + n * r->bytes, 0, (PANEL - n) * r->bytes);
}

/* Panel `panel` of V: G[i, 64t + c] at (i, c), which is element i·count + 64t + c of the stream. */
static void draw_tile(const sow__reflect *r, int64_t t, int64_t panel, void *tile)
{
    const size_t rows = rows_in(r, panel), columns = (size_t)smaller(PANEL, r->count - t * PANEL);
    for (size_t i = 0; i < rows; i++)
        draw_row(r, (uint64_t)((panel * PANEL + (int64_t)i) * r->count + t * PANEL), columns, at(r, tile, (int64_t)i * PANEL));
    memset(at(r, tile, (int64_t)rows * PANEL), 0, (PANEL - rows) * PANEL * r->bytes);
}

/* The tile in f64: itself, or in `wide`. */
static const double *widened(const sow__reflect *r, const void *tile, double *wide)
{
    if (r->dtype == SOW_F64)
        return tile;
    r->kernels->reflect.widen(tile, wide);
    return wide;
}

/* Takes the diagonal of V's first tile out, into x, and what is above it. */
static void cut_triangle(const sow__reflect *r, void *tile, double *x)
{
    for (int64_t i = 0; i < PANEL; i++) {
        x[i] = get(r, tile, i * PANEL + i);
        memset(at(r, tile, i * PANEL + i), 0, (size_t)(PANEL - i) * r->bytes);
    }
}

/* V without its diagonal, which goes to x; the rest's squares go to s. */
static void draw(const sow__reflect *r, int64_t t, void *block, double *x, double *s)
{
    memset(s, 0, PANEL * sizeof *s);
    for (int64_t p = t; p < r->panels; p++) {
        void *tile = v_tile(r, block, t, p);
        draw_tile(r, t, p, tile);
        if (p == t)
            cut_triangle(r, tile, x);
        r->kernels->reflect.squares[r->dtype](tile, rows_in(r, p), s);
    }
}

/* The diagonal of V from the normals x there and the squares s of the rest. */
static void finish_vectors(const sow__reflect *r, void *tile, const double *x, const double *s, double *tau, double *sign)
{
    double squares[PANEL], v[PANEL];
    r->kernels->reflect.square_add(x, s, squares);
    for (int64_t c = 0; c < PANEL; c++) {
        const double n = sqrt(squares[c]);
        put(r, tile, c * PANEL + c, signbit(x[c]) ? x[c] - n : x[c] + n);
        v[c] = get(r, tile, c * PANEL + c); /* as rounded: tau must fit the vector that is there */
        sign[c] = signbit(x[c]) || n == 0 ? 1 : -1;
    }
    r->kernels->reflect.square_add(v, s, squares);
    for (int c = 0; c < PANEL; c++)
        tau[c] = squares[c] == 0 ? 0 : 2 / squares[c]; /* all normals zero, p = 2^-32 for the last vector: no reflection */
}

/* Row i of a packed tile, to it or from it. */
static void pack_row(int width, size_t bytes, const void *row, void *tile, int64_t i)
{
    const size_t slice = (size_t)width * bytes;
    unsigned char *to = (unsigned char *)tile + (size_t)i * slice;
    for (size_t c = 0; c < PANEL * bytes; c += slice, to += PANEL * slice)
        memcpy(to, (const unsigned char *)row + c, slice);
}

static void unpack_row(int width, size_t bytes, const void *tile, int64_t i, void *row)
{
    const size_t slice = (size_t)width * bytes;
    const unsigned char *from = (const unsigned char *)tile + (size_t)i * slice;
    for (size_t c = 0; c < PANEL * bytes; c += slice, from += PANEL * slice)
        memcpy((unsigned char *)row + c, from, slice);
}

/* Column c of T from those before it: -tau_c·T·g_c. T's columns are the rows of `columns`, packed, and those of -Tᵀ, which is rounded. */
static void make_t(const sow__reflect *r, const double *gram, const double *tau, double *columns, void *tile)
{
    const sow_matrix_kernels *f64 = &r->kernels->matrix[SOW_F64];
    double column[PANEL];
    memset(columns, 0, TILE * sizeof *columns);
    for (int64_t c = 0; c < PANEL; c++) {
        f64->product(1, (size_t)c, gram + c, 0, PANEL, columns, column, 0, 0);
        for (int64_t l = 0; l < PANEL; l++) {
            column[l] = l < c ? -(tau[c] * column[l]) : l == c ? tau[c] : 0;
            put(r, tile, c * PANEL + l, -column[l]);
        }
        pack_row(f64->width, sizeof *column, column, columns, c);
    }
}

/* Gram matrix of the finished vectors, whose tiles are packed on the way, as they are and transposed. */
static void pack_vectors(const sow__reflect *r, int64_t t, void *block, double *gram, double *wide, double *wide_packed, void *copy)
{
    for (int64_t p = t; p < r->panels; p++) {
        void *tile = v_tile(r, block, t, p);
        const void *plain = tile;
        if (r->matrix->width < PANEL) {
            plain = memcpy(copy, tile, TILE * r->bytes);
            r->matrix->pack(copy, tile);
        }
        r->matrix->pack_transposed(plain, vt_tile(r, block, t, p));
        const double *w = widened(r, plain, wide), *b = r->dtype == SOW_F64 ? tile : wide_packed;
        if (r->dtype != SOW_F64)
            r->kernels->matrix[SOW_F64].pack(w, wide_packed);
        r->kernels->reflect.gram(w, b, rows_in(r, p), gram, p > t);
    }
}

void sow__reflect_prepare(const sow__reflect *r, int64_t t, void *block, double *sign, double *scratch)
{
    double x[PANEL], s[PANEL], tau[PANEL];
    double *wide = scratch, *wide_packed = wide + TILE, *copy = wide_packed + TILE, *gram = copy + TILE, *columns = gram + TILE;
    draw(r, t, block, x, s);
    finish_vectors(r, v_tile(r, block, t, t), x, s, tau, sign);
    pack_vectors(r, t, block, gram, wide, wide_packed, copy);
    make_t(r, gram, tau, columns, copy);
    r->matrix->pack(copy, t_tile(r, block, t));
}

/* A product in steps of a few rows, each of which first asks for the rows of the next panel, `ahead`. */
static void product(const sow__reflect *r, size_t m, size_t k, const void *a, ptrdiff_t a_row, const void *b, void *c, ptrdiff_t c_row,
                    int add, const void *ahead, ptrdiff_t ahead_row)
{
    enum { STEP = 6 };
    const int64_t line = 64 / (int64_t)r->bytes;
    for (int64_t i = 0; i < (int64_t)m; i += STEP) {
        const int64_t n = smaller(STEP, (int64_t)m - i);
        for (int64_t row = i; ahead && row < i + n; row++)
            for (int64_t e = 0; e < PANEL; e += line)
                __builtin_prefetch(at(r, ahead, row * ahead_row + e));
        r->matrix->product((size_t)n, k, at(r, a, i * a_row), a_row, 1, b, at(r, c, i * c_row), c_row, add);
    }
}

/* W = X·V: rows of block t are those of the unit matrix, so theirs are V's; the others hold nothing yet in the panel of block t. */
static void make_w(const sow__reflect *r, int64_t t, const void *block, const sow__reflect_rows *rows, size_t fresh, void *w)
{
    const size_t old = rows->n - fresh;
    for (size_t i = 0; i < fresh; i++)
        unpack_row(r->matrix->width, r->bytes, v_tile(r, block, t, t), rows->index[i] - t * PANEL, at(r, w, (int64_t)i * PANEL));
    if (old == 0)
        return;
    void *to = at(r, w, (int64_t)fresh * PANEL);
    const void *x = at(r, rows->x, (int64_t)fresh * rows->stride);
    if (t + 1 == r->panels)
        memset(to, 0, old * PANEL * r->bytes);
    for (int64_t p = t + 1; p < r->panels; p++)
        product(r, old, rows_in(r, p), at(r, x, p * PANEL), rows->stride, v_tile(r, block, t, p), to, PANEL, p > t + 1,
                p + 1 < r->panels ? at(r, x, (p + 1) * PANEL) : NULL, rows->stride);
}

/* X += Z·Vᵀ in n rows of panel p; they are zero before if not `add`. */
static void update(const sow__reflect *r, int64_t p, const void *tile, const void *z, void *x, ptrdiff_t stride, size_t n, int add,
                   void *edge)
{
    const size_t columns = rows_in(r, p);
    if (n == 0)
        return;
    if (columns == PANEL) {
        product(r, n, PANEL, z, PANEL, tile, at(r, x, p * PANEL), stride, add, p + 1 < r->panels ? at(r, x, (p + 1) * PANEL) : NULL,
                stride);
        return;
    }
    for (size_t i = 0; add && i < n; i++)
        memcpy(at(r, edge, (int64_t)i * PANEL), at(r, x, p * PANEL + (int64_t)i * stride), columns * r->bytes);
    r->matrix->product(n, PANEL, z, PANEL, 1, tile, edge, PANEL, add);
    for (size_t i = 0; i < n; i++)
        memcpy(at(r, x, p * PANEL + (int64_t)i * stride), at(r, edge, (int64_t)i * PANEL), columns * r->bytes);
}

void sow__reflect_apply(const sow__reflect *r, int64_t t, const void *block, sow__reflect_rows rows, void *scratch)
{
    const int64_t tile = (int64_t)rows.n * PANEL;
    void *w = scratch, *z = at(r, w, tile), *edge = at(r, z, tile);
    size_t fresh = 0;
    while (fresh < rows.n && rows.index[fresh] < (t + 1) * PANEL)
        fresh++;
    void *x_old = at(r, rows.x, (int64_t)fresh * rows.stride);
    const void *z_old = at(r, z, (int64_t)fresh * PANEL);

    make_w(r, t, block, &rows, fresh, w);
    r->matrix->product(rows.n, PANEL, w, PANEL, 1, t_tile(r, block, t), z, PANEL, 0);
    update(r, t, vt_tile(r, block, t, t), z, rows.x, rows.stride, rows.n, 0, edge);
    for (size_t i = 0; i < fresh; i++) {
        const int64_t diagonal = (int64_t)i * rows.stride + rows.index[i];
        put(r, rows.x, diagonal, 1 + get(r, rows.x, diagonal));
    }
    for (int64_t p = t + 1; p < r->panels; p++) {
        update(r, p, vt_tile(r, block, t, p), z, rows.x, rows.stride, fresh, 0, edge);
        update(r, p, vt_tile(r, block, t, p), z_old, x_old, rows.stride, rows.n - fresh, 1, edge);
    }
}
