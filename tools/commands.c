/* SPDX-License-Identifier: MIT */
#include "commands.h"

#define THREADS                                                                                                                            \
    {                                                                                                                                      \
        "threads", 't', "N", "Threads, 1 to 1024 (default: SOW_NUM_THREADS, else the CPUs that the process may use)", NULL                 \
    }
#define ISA                                                                                                                                \
    {                                                                                                                                      \
        "isa", 0, "NAME", "Instruction set: scalar, avx2, avx512 or neon (default: SOW_ISA, else the best)", "scalar avx2 avx512 neon"     \
    }
#define HELP                                                                                                                               \
    {                                                                                                                                      \
        "help", 'h', NULL, "Print this help", NULL                                                                                         \
    }

static const struct option init_options[] = {
    [INIT_SEED] = {"seed", 's', "N", "The seed, 0 to 18446744073709551615 or 0x… (default: 0, or the one in the file that is made again)",
                   NULL},
    [INIT_OUTPUT] = {"output", 'o', "FILE", "The checkpoint to write; - is the standard output", ""},
    [INIT_FORCE] = {"force", 'f', NULL, "Replace FILE if it exists", NULL},
    [INIT_LIKE] = {"like", 0, "FILE.safetensors", "Take names, shapes and types from that checkpoint's header", ""},
    [INIT_DTYPE] = {"dtype", 0, "TYPE", "Type of every floating-point tensor: f32, f64, f16 or bf16", "f32 f64 f16 bf16"},
    [INIT_THREADS] = THREADS,
    [INIT_ISA] = ISA,
    [INIT_JSON] = {"json", 0, NULL, "Report as JSON", NULL},
    [INIT_QUIET] = {"quiet", 'q', NULL, "No report, no progress bar", NULL},
    [INIT_HELP] = HELP,
    {NULL, 0, NULL, NULL, NULL},
};

static const struct option info_options[] = {
    [INFO_JSON] = {"json", 0, NULL, "Print as JSON", NULL},
    [INFO_SCHEMES] = {"schemes", 0, NULL, "List the schemes and their arguments instead", NULL},
    [INFO_THREADS] = THREADS,
    [INFO_ISA] = ISA,
    [INFO_HELP] = HELP,
    {NULL, 0, NULL, NULL, NULL},
};

static const char init_details[] =
    "Draws every tensor that MODEL.json describes and writes them as one safetensors file. The bits of a tensor depend on the seed, the "
    "tensor's name (or \"stream\"), its scheme, shape and type alone: not on other tensors, threads, instruction set or machine.\n"
    "MODEL.json lists tensors and rules. {a..b} in a name repeats it; the first rule whose glob (* ? [a-z]) matches a name decides; a "
    "tensor that no rule matches is an error:\n"
    " {\"name\": \"tiny\", \"dtype\": \"f32\",\n"
    "  \"tensors\": [{\"name\": \"h.{0..11}.attn.weight\", \"shape\": [768, 2304], \"layout\": \"dense\"},\n"
    "              {\"name\": \"h.{0..11}.attn.bias\", \"shape\": [2304], \"stream\": \"blk.{0..11}.bias\"},\n"
    "              {\"name\": \"wte.weight\", \"shape\": [50257, 768], \"dtype\": \"bf16\"},\n"
    "              {\"name\": \"lm_head.weight\", \"tied\": \"wte.weight\"}],\n"
    "  \"rules\": [{\"match\": \"*.bias\", \"scheme\": \"zeros\"},\n"
    "            {\"match\": \"h.*\", \"scheme\": \"kaiming_normal\", \"mode\": \"fan_in\", \"gain\": \"relu\"},\n"
    "            {\"match\": \"*\", \"scheme\": \"normal\", \"mean\": 0, \"std\": 0.02}]}\n"
    "A tied tensor is not written, only recorded. Two tensors of one stream need \"shared_streams\": true in the model. A rule's other "
    "keys "
    "are its scheme's arguments (sow info --schemes); \"gain\" is a number, an activation's name, {\"leaky_relu\": 0.2} or {\"rms\": "
    "\"gelu\"}; \"fan_from\" names the tensor whose fan the scheme takes, its stars standing for what those of \"match\" stood for. A "
    "brace "
    "in a name is written {{. \"-\" reads the description from the standard input.\n"
    "A safetensors file that sow wrote describes itself: sow init FILE.safetensors -o AGAIN.safetensors makes the same bytes again. With "
    "--like the names, shapes and types come from any checkpoint and the description has rules only.\n"
    "FILE is written under no or another name, synced and put in place in one step: a kill at any moment leaves the old file or the new "
    "one. A symbolic link is followed; a device or a FIFO is written, not replaced.";

static const char info_details[] =
    "Prints the version, the version of the stream (which fixes every bit), the instruction sets that are built in and usable, the one "
    "that is used and why, the threads, and the versions of the libraries.";

const struct command commands[] = {
    {"init", "MODEL.json | RULES.json --like FILE.safetensors | FILE.safetensors", 1, 1, "Write a freshly initialised checkpoint",
     init_details, init_options, cmd_init},
    {"info", "", 0, 0, "Show version, instruction sets, threads and schemes", info_details, info_options, cmd_info},
};
const size_t command_count = sizeof commands / sizeof commands[0];
