/* SPDX-License-Identifier: MIT */
#include <sow/sow.h>
#include <stdlib.h>
#include <string.h>

#include "base/host.h"
#include "cli/commands.h"
#include "model/recipes.h"
#include "model/save.h"
#include "model/source.h"
#include "shard/folder.h"
#include "shard/rank.h"

enum {
    SHARD_RANK,
    SHARD_WORLD,
    SHARD_SHARD,
    SHARD_OUTPUT,
    SHARD_SEED,
    SHARD_FORCE,
    SHARD_SET,
    SHARD_DTYPE,
    SHARD_VARIANT,
    SHARD_THREADS,
    SHARD_ISA,
    SHARD_JSON,
    SHARD_QUIET,
    SHARD_HELP,
};

static const struct option shard_options[] = {
    [SHARD_RANK] = {"rank", 'r', "R", "This rank, from 0; auto: what the launcher says; or the launcher's name: " RANK_LAUNCHERS,
                    "auto " RANK_LAUNCHERS, false},
    [SHARD_WORLD] = {"world", 'w', "N", "How many ranks there are (with auto: what the launcher says)", NULL, false},
    [SHARD_SHARD] = {"shard", 0, "CUT", "How tensors are cut whose rules do not say it: row (default), column, flat, none, or an axis",
                     "row column flat none", false},
    [SHARD_OUTPUT] = {"output", 'o', "FOLDER", "Where the rank's file goes; made if it is not there", "", false},
    [SHARD_SEED] = {"seed", 's', "N", "The seed, 0 to 18446744073709551615 or 0x… (default: 0, or the one in the file that is cut)", NULL,
                    false},
    [SHARD_FORCE] = {"force", 'f', NULL, "Replace the rank's file if it exists", NULL, false},
    [SHARD_SET] = {"set", 0, "GLOB=SCHEME(…)", "A rule before those of the description; may be given again, the first match decides", NULL,
                   true},
    [SHARD_DTYPE] = {"dtype", 0, "TYPE", "Type of every floating-point tensor: f32, f64, f16 or bf16", "f32 f64 f16 bf16", false},
    [SHARD_VARIANT] = {"variant", 0, "NAME", "Take that variant of the description", NULL, false},
    [SHARD_THREADS] = OPTION_THREADS,
    [SHARD_ISA] = OPTION_ISA,
    [SHARD_JSON] = OPTION_JSON,
    [SHARD_QUIET] = {"quiet", 'q', NULL, "No report, no progress bar", NULL, false},
    [SHARD_HELP] = OPTION_HELP,
    OPTION_END,
};

static const char shard_details[] =
    "Each rank of a parallel job draws its own share of the model that MODEL.json or a recipe describes (see sow init) and nothing else: "
    "the bits of a "
    "share are those of that slice of the whole file, with fans from the whole shape. No rank talks to another.\n"
    "A rule says with \"shard\" how its tensors are cut: \"row\" along axis 0, \"column\" along axis 1, a number along that axis (-1: the "
    "last), \"flat\" as a range of the elements in row-major order, a tensor of one axis, \"none\" not at all: every rank has the whole. "
    "The "
    "first rule with \"shard\" whose glob matches decides:\n"
    " \"rules\": [{\"match\": \"*.bias\", \"scheme\": \"zeros\", \"shard\": \"none\"},\n"
    "           {\"match\": \"*.down.weight\", \"scheme\": \"normal\", \"std\": 0.002, \"shard\": \"column\"},\n"
    "           {\"match\": \"*\", \"scheme\": \"normal\", \"std\": 0.02, \"shard\": \"row\"}]\n"
    "N elements are cut as torch.chunk does it: pieces of N / world, rounded up, so the last ranks may have less, or nothing.\n"
    "The file of rank R is FOLDER/shard-0000(R+1)-model-00001-of-00001.safetensors, with the offset of each tensor in its __metadata__ as "
    "PyTorch's distributed checkpoint wants it (DCP_SHARDING_INFO; torch.distributed.checkpoint.HuggingFaceStorageReader reads the "
    "folder), "
    "the whole shapes in sow_global_shapes, and sow's record, from which sow init makes the whole.\n"
    "With --rank auto, rank and world are what torchrun (RANK), Open MPI (OMPI_COMM_WORLD_RANK), MVAPICH, MPICH (PMI_RANK), PMI, PMIx or "
    "Slurm (SLURM_PROCID) say; if two of them disagree, that is an error, and --rank torchrun or the like takes one's word.";

static void read_model(struct model *m, const struct arguments *a, const struct input *in, struct rank rank)
{
    m->file = in->name;
    m->rank = rank.rank;
    m->world = rank.world;
    if (a->option[SHARD_SHARD])
        m->cut = cut_word(a->option[SHARD_SHARD]);
    m->forced_format = a->option[SHARD_DTYPE] ? dtype_read(a->option[SHARD_DTYPE]) : FORMAT_NONE;
    m->seed = a->option[SHARD_SEED] ? seed_read(a->option[SHARD_SEED]) : 0;
    for (size_t i = 0; i < a->givens; i++)
        if (a->given[i].option == SHARD_SET)
            rules_set(m, a->given[i].value);
    if (source_is_checkpoint(in)) {
        if (m->variant)
            fail(EXIT_INPUT, (struct place){in->name, 0, 0}, "is a checkpoint, which has no variants");
        source_again(m, in, a->option[SHARD_SEED] != NULL);
        return;
    }
    size_t length;
    char *const text = input_read(in, &length);
    description_read(m, text, length);
    free(text);
}

static int run(const struct arguments *a)
{
    struct model m = {.variant = a->option[SHARD_VARIANT]};
    if (!a->option[SHARD_RANK] || !a->option[SHARD_OUTPUT])
        fail(EXIT_INPUT, NOWHERE, "shard: %s is missing (sow shard --help)", a->option[SHARD_RANK] ? "-o FOLDER" : "--rank R");
    const struct rank rank = rank_read(a->option[SHARD_RANK], a->option[SHARD_WORLD]);
    struct input input = description_open(a->operand[0], &m.variant);
    read_model(&m, a, &input, rank);
    plan(&m);
    struct host host = host_open(a->option[SHARD_THREADS], a->option[SHARD_ISA]);
    char *const file = shard_file(a->option[SHARD_OUTPUT], rank);
    save_model(&(struct save){.model = &m,
                              .host = &host,
                              .name = file,
                              .force = a->option[SHARD_FORCE] != NULL,
                              .quiet = a->option[SHARD_QUIET] != NULL,
                              .json = a->option[SHARD_JSON] != NULL,
                              .inputs = &input,
                              .input_count = 1});
    free(file);
    host_close(&host);
    input_close(&input);
    model_free(&m);
    return 0;
}

const struct command cmd_shard = {"shard",
                                  "MODEL.json | RECIPE[:VARIANT] | FILE.safetensors",
                                  1,
                                  1,
                                  "Write one rank's share of a freshly initialised checkpoint",
                                  shard_details,
                                  shard_options,
                                  run};
