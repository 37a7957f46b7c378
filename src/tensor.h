/* SPDX-License-Identifier: MIT */
/**
 * @file tensor.h
 * Geometry: a view becomes rows, each a range of the logical tensor's row-major elements. Everything after this file sees rows only.
 */
#ifndef SOW_SRC_TENSOR_H
#define SOW_SRC_TENSOR_H

#include "sow/tensor.h"

/**
 * Checks rank, dimensions, and that elements and elements · `bytes` fit 63 bits (a zero dimension makes any shape fit). `what` names the
 * shape in the sentence. SOW_ERR_SHAPE, and the product in *elements (NULL: not wanted) on success.
 */
sow_status sow__check_shape(const char *what, int rank, const int64_t *shape, size_t bytes, int64_t *elements, char *why, size_t size);

/** Room for the words of any shape: "(3072, 768)". */
#define SOW_SHAPE_TEXT 200
const char *sow__shape_text(char text[SOW_SHAPE_TEXT], int rank, const int64_t *shape);

/**
 * A view as `rows` rows of `count` elements. Within a row global indices are consecutive and memory advances by `step` elements. Rows
 * are as long as the view allows: neighbouring dimensions that continue each other, in index and in memory, are merged.
 */
typedef struct sow__rows {
    int64_t rows, count, step;
    int outer;                  /* dimensions that number the rows, row-major */
    int64_t n[SOW_MAX_RANK];    /* their sizes */
    int64_t skip[SOW_MAX_RANK]; /* global elements from one index to the next */
    int64_t move[SOW_MAX_RANK]; /* memory elements from one index to the next */
    int64_t first;              /* global index of the view's first element */
} sow__rows;

/** For a tensor that passed sow_check_tensor(). An empty one has no rows. */
sow__rows sow__rows_make(const sow_tensor *tensor);

/** Where a walk over the rows stands. Global indices grow from row to row. */
typedef struct sow__cursor {
    int64_t index[SOW_MAX_RANK];
    int64_t first;  /* global index of the row's first element */
    int64_t offset; /* of that element, in elements from the tensor's data */
} sow__cursor;

sow__cursor sow__rows_seek(const sow__rows *rows, int64_t row);
void sow__rows_next(const sow__rows *rows, sow__cursor *cursor);

/**
 * A row-major range as boxes: the next one of elements [*first, end), as large as it can be, in offset[] and box[]; *first moves on. At
 * most 2 · rank boxes make up a range; each is contiguous.
 */
void sow__next_box(int rank, const int64_t *shape, int64_t *first, int64_t end, int64_t *offset, int64_t *box);

#endif
