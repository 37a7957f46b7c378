/* SPDX-License-Identifier: MIT */
/**
 * @file tensor.h
 * A tensor is a view of the caller's memory: element type, shape, strides, and which box of a larger logical tensor it is. Element
 * indices are those of the whole logical tensor in row-major order, so strides and shards never change a value.
 */
#ifndef SOW_TENSOR_H
#define SOW_TENSOR_H

#include <stddef.h>
#include <stdint.h>

#include "sow/dtype.h"
#include "sow/export.h"
#include "sow/status.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SOW_MAX_RANK 8

typedef struct sow_tensor {
    void *data;
    sow_dtype dtype;
    int rank;                           /**< 0 to SOW_MAX_RANK; 0 is a single element. */
    int64_t shape[SOW_MAX_RANK];        /**< Of this view. A zero makes it empty: success, nothing read or written. */
    int64_t stride[SOW_MAX_RANK];       /**< In elements; elements of the view must not overlap. */
    int64_t global_shape[SOW_MAX_RANK]; /**< Of the logical tensor; fans come from it. */
    int64_t offset[SOW_MAX_RANK];       /**< Where the view starts in it. */
} sow_tensor;

/** A whole, contiguous, row-major tensor. `rank` above SOW_MAX_RANK is kept and refused by every check. */
SOW_API sow_tensor sow_tensor_make(void *data, sow_dtype dtype, int rank, const int64_t *shape);

/** Elements of the view; 0 if any dimension is 0; -1 if the product does not fit 63 bits or the shape is not valid. */
SOW_API int64_t sow_tensor_elements(const sow_tensor *tensor);

/** Errors: SOW_ERR_NULL, SOW_ERR_DTYPE, SOW_ERR_SHAPE, SOW_ERR_ALIGN; in words at `why` (NULL: none). Pure. */
SOW_API sow_status sow_check_tensor(const sow_tensor *tensor, char *why, size_t size);

#ifdef __cplusplus
}
#endif
#endif
