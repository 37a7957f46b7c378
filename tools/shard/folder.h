/* SPDX-License-Identifier: MIT */
/** @file folder.h The folder that all ranks write into, each a file of its own. */
#ifndef SOW_TOOLS_FOLDER_H
#define SOW_TOOLS_FOLDER_H

#include "shard/rank.h"

/**
 * FOLDER/shard-00001-model-00001-of-00001.safetensors, as PyTorch names the file of rank 0. Makes the folder unless it is there. Leaves if
 * it holds other .safetensors files than those of that many ranks: PyTorch reads all there are. Never freed.
 */
char *shard_file(const char *folder, struct rank rank);

#endif
