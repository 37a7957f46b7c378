/* SPDX-License-Identifier: MIT */
#include "cli/commands.h"

const struct command *const commands[] = {
    &cmd_init, &cmd_info, &cmd_symmetry, &cmd_schemes, &cmd_propagate, &cmd_verify,
};
const size_t command_count = sizeof commands / sizeof commands[0];
