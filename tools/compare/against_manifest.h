/* SPDX-License-Identifier: MIT */
/** @file against_manifest.h A checkpoint against the digests of a manifest. */
#ifndef SOW_TOOLS_AGAINST_MANIFEST_H
#define SOW_TOOLS_AGAINST_MANIFEST_H

#include "base/host.h"
#include "compare/match.h"
#include "manifest/manifest.h"

/** As against_init(). `digest` (the caller frees it) has the checkpoint's own, by the tensor's index there. */
struct findings against_manifest(const struct checkpoint *checkpoint, const struct manifest *manifest, const struct host *host, bool show,
                                 struct digest **digest);

#endif
