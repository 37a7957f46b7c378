/* SPDX-License-Identifier: MIT */
#include "cli/commands.h"

/* As sow --help lists them. */
const struct command *const commands[] = {
    &cmd_init, &cmd_shard, &cmd_verify, &cmd_stats, &cmd_audit, &cmd_info, &cmd_schemes, &cmd_symmetry, &cmd_propagate, &cmd_diff,
};
const size_t command_count = sizeof commands / sizeof commands[0];
