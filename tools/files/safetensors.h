/* SPDX-License-Identifier: MIT */
/**
 * @file safetensors.h
 * The file format: 8 bytes with the header's length, the header (JSON), the tensors' bytes. Read as the reference library's rules want it:
 * a header of at most 100,000,000 bytes that starts with a brace, metadata of strings only, no duplicate keys, bytes without holes or
 * overlaps, lengths that match shapes, nothing behind. Any fault leaves the program with the tensor or the byte where it is.
 */
#ifndef SOW_TOOLS_SAFETENSORS_H
#define SOW_TOOLS_SAFETENSORS_H

#include <stddef.h>
#include <stdint.h>

#include "base/input.h"
#include "base/sink.h"
#include "model/model.h"

#define SAFETENSORS_MAX_HEADER 100000000u

/**
 * Adds the tensors of a file to `model` in the order of its header, and gives the value of the metadata key "sow" (with a zero behind,
 * NULL if there is none; the caller frees it). The header is read in pieces.
 */
void safetensors_read(const struct input *input, struct model *model, char **record, size_t *record_length);

/** Part of safetensors_read(): no equal keys (`keys` are the metadata's, and are sorted), and bytes that fill `data_bytes` without gaps. */
void safetensors_check(const struct input *input, const struct model *model, const char **keys, size_t key_count, uint64_t data_bytes);

/** Bytes before the tensors' bytes of one file: length, header, padding to a multiple of 4096. Leaves if the header is too long. */
uint64_t safetensors_head_bytes(const struct model *model, const struct part *part);
void safetensors_write_head(const struct model *model, const struct part *part, uint64_t head_bytes, struct sink *sink);

#endif
