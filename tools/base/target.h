/* SPDX-License-Identifier: MIT */
/**
 * @file target.h
 * Regular files that come into being in one step: until then their bytes are in files without a name (or, where the file system has none,
 * under temporary ones beside the targets), so a kill leaves nothing or the old files. Several that belong together are put in place
 * together, the last one last.
 */
#ifndef SOW_TOOLS_TARGET_H
#define SOW_TOOLS_TARGET_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

struct target;

/** Opens it for writing as *fd; `old` is the file that it will replace, or NULL. A symbolic link is followed. Leaves with the reason. */
struct target *target_open(const char *name, const struct stat *old, int *fd);

/**
 * All bytes to the disk, then every file in its place in that order. Without `force` a name must still be free. If one cannot be placed,
 * those before it are taken back, as far as they replaced nothing. With `index`, readers find the others through the last one: if it
 * replaces an older file, that goes first of all. `stale` are names in the last one's folder to remove when all is done. Frees the targets.
 */
void targets_commit(struct target *const *target, size_t count, bool force, bool index, char *const *stale, size_t stales);

/** Makes a folder unless it is there; with `remove` it goes again if nothing is committed. Leaves with the reason. */
void target_folder(const char *name, bool remove);

/** The exit status for an error of a system call on a path: whether the caller named something wrong, or the machine cannot. */
int status_of_error(int error);

#endif
