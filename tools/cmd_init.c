/* SPDX-License-Identifier: MIT */
#include <sow/sow.h>
#include <stdlib.h>

#include "base/host.h"
#include "base/size.h"
#include "cli/commands.h"
#include "files/safetensors.h"
#include "model/keep.h"
#include "model/recipes.h"
#include "model/save.h"
#include "model/source.h"
#include "model/values.h"

enum {
    INIT_SEED,
    INIT_OUTPUT,
    INIT_FORCE,
    INIT_LIKE,
    INIT_SET,
    INIT_KEEP,
    INIT_REINIT,
    INIT_GROW,
    INIT_DTYPE,
    INIT_VARIANT,
    INIT_MAX_FILE_SIZE,
    INIT_MANIFEST,
    INIT_THREADS,
    INIT_ISA,
    INIT_JSON,
    INIT_QUIET,
    INIT_HELP,
};

static const struct option init_options[] = {
    [INIT_SEED] = {"seed", 's', "N", "The seed, 0 to 18446744073709551615 or 0x… (default: 0, or the one in the file that is made again)",
                   NULL, false},
    [INIT_OUTPUT] = {"output", 'o', "FILE", "The checkpoint to write, or .npy for one tensor; - is the standard output", "", false},
    [INIT_FORCE] = {"force", 'f', NULL, "Replace FILE if it exists", NULL, false},
    [INIT_LIKE] = {"like", 0, "FILE", "Take names, shapes and types from that checkpoint: .safetensors, .index.json, .npy", "", false},
    [INIT_SET] = {"set", 0, "GLOB=SCHEME(…)", "A rule before those of the description; may be given again, the first match decides", NULL,
                  true},
    [INIT_KEEP] = {"keep", 0, "GLOB", "Copy these tensors from the checkpoint of --like; all others are drawn", NULL, true},
    [INIT_REINIT] = {"reinit", 0, "GLOB", "Draw these tensors, or boxes of them: 'wte.weight[50257:,:]'; all else is copied from --like",
                     NULL, true},
    [INIT_GROW] = {"grow", 0, "GLOB", "Copy these tensors into larger ones, and draw what is new", NULL, true},
    [INIT_DTYPE] = {"dtype", 0, "TYPE", "Type of every floating-point tensor: f32, f64, f16 or bf16", "f32 f64 f16 bf16", false},
    [INIT_VARIANT] = {"variant", 0, "NAME", "Take that variant of the description", NULL, false},
    [INIT_MAX_FILE_SIZE] = {"max-file-size", 0, "SIZE",
                            "Several files of at most that many bytes of tensors, and their index; B, KB, MB, GB, TB, KiB, MiB, GiB, TiB",
                            NULL, false},
    [INIT_MANIFEST] = {"manifest", 0, "FILE.json", "Write the digest of every tensor there, for sow verify --manifest", "", false},
    [INIT_THREADS] = OPTION_THREADS,
    [INIT_ISA] = OPTION_ISA,
    [INIT_JSON] = OPTION_JSON,
    [INIT_QUIET] = {"quiet", 'q', NULL, "No report, no progress bar", NULL, false},
    [INIT_HELP] = OPTION_HELP,
    OPTION_END,
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
    "are its scheme's arguments (sow schemes); \"gain\" is a number, an activation's name, {\"leaky_relu\": 0.2} or {\"rms\": "
    "\"gelu\"}; \"fan_from\" names the tensor whose fan the scheme takes, its stars standing for what those of \"match\" stood for. A "
    "brace "
    "in a name is written {{. \"-\" reads the description from the standard input.\n"
    "Published models are built in as recipes: sow init gpt2, sow init gpt2:openai; sow schemes --recipes lists them. A file of that name "
    "comes first. A variant's keys stand in the place of the description's.\n"
    "A safetensors file that sow wrote describes itself: sow init FILE.safetensors -o AGAIN.safetensors makes the same bytes again. With "
    "--like the names, shapes and types come from any checkpoint and the description has rules only.\n"
    "--set 'GLOB=SCHEME(ARG=VALUE, …)' is a rule before the description's: --set '*.bias=zeros' --set 'h.*=kaiming_normal(fan_out, "
    "gain=rms:gelu)' --set 'wte*=zero_rows([0], normal(std=0.02))'. With --like and --set no description is needed.\n"
    "--keep, --reinit and --grow initialise the checkpoint of --like in part. Kept bytes are copied as they are; a box that is drawn has "
    "the values of the whole tensor's init there. With only --keep all else is drawn, with only --reinit all else is kept. The "
    "description may list new tensors, and the checkpoint's with another shape.\n"
    "With --max-file-size, FILE is a folder (made if it is not there) or FOLDER/NAME.safetensors, and the checkpoint is divided as Hugging "
    "Face's libraries do: model-00001-of-00003.safetensors and so on, a tensor above the limit in a file of its own, and "
    "model.safetensors.index.json; model.safetensors alone where that is enough. All files appear at the end, the index last. "
    "sow init model.safetensors.index.json makes the model again.\n"
    "FILE is written under no or another name, synced and put in place in one step: a kill at any moment leaves the old file or the new "
    "one. A symbolic link is followed; a device or a FIFO is written, not replaced.";

/* What a run reads: a description or none, and a checkpoint whose header or whose bytes it takes, or none. */
struct sources {
    struct input description;
    struct checkpoint like;
    struct input *inputs; /* all of them */
    size_t count;
};

static bool is_partial(const struct arguments *a)
{
    return a->option[INIT_KEEP] || a->option[INIT_REINIT] || a->option[INIT_GROW];
}

static struct sources open_sources(const struct arguments *a, const char **variant)
{
    struct sources s = {.inputs = NULL};
    const char *const like = a->option[INIT_LIKE];
    if (!a->operands && !(like && (a->option[INIT_SET] || is_partial(a))))
        fail(EXIT_INPUT, NOWHERE,
             "init: MODEL.json or another operand is missing; only --like with --set, --keep or --reinit needs none (sow init --help)");
    if (!a->option[INIT_OUTPUT])
        fail(EXIT_INPUT, NOWHERE, "init: -o FILE is missing (sow init --help)");
    if (is_partial(a) && !like)
        fail(EXIT_INPUT, NOWHERE, "--keep, --reinit and --grow need the checkpoint whose bytes they keep: --like FILE");
    if (is_partial(a) && a->option[INIT_DTYPE])
        fail(EXIT_INPUT, NOWHERE, "--dtype beside --keep, --reinit or --grow: kept bytes keep their type");
    if (a->operands)
        s.description = description_open(a->operand[0], variant);
    if (like)
        s.like = checkpoint_open(like);
    s.inputs = calloc(1 + s.like.files, sizeof *s.inputs);
    if (!s.inputs)
        fail_memory((1 + s.like.files) * sizeof *s.inputs);
    if (a->operands)
        s.inputs[s.count++] = s.description;
    for (size_t i = 0; i < s.like.files; i++)
        s.inputs[s.count++] = s.like.file[i].input;
    return s;
}

static void read_rules(struct model *m, const struct arguments *a, struct sources *s)
{
    static char none[] = "{\"rules\": []}";
    size_t length = sizeof none - 1;
    if (a->option[INIT_LIKE]) {
        m->like = s->like.name;
        keep_from(m, &s->like);
    }
    if (!is_partial(a))
        m->from = NULL;
    char *const text = a->operands ? input_read(&s->description, &length) : none;
    description_read(m, text, length);
    if (a->operands)
        free(text);
    if (is_partial(a))
        keep_bind(m);
    if (m->like)
        description_list(m);
}

static void read_model(struct model *m, const struct arguments *a, struct sources *s)
{
    const struct input *const in = a->operands ? &s->description : NULL;
    const bool again = in && source_is_checkpoint(in);
    m->file = in ? in->name : a->option[INIT_LIKE];
    m->forced_format = a->option[INIT_DTYPE] ? dtype_read(a->option[INIT_DTYPE]) : FORMAT_NONE;
    m->seed = a->option[INIT_SEED] ? seed_read(a->option[INIT_SEED]) : 0;
    m->max_part_bytes = a->option[INIT_MAX_FILE_SIZE] ? size_read("--max-file-size", a->option[INIT_MAX_FILE_SIZE]) : 0;
    for (size_t i = 0; i < a->givens; i++) {
        const char *const value = a->given[i].value;
        if (a->given[i].option == INIT_SET)
            rules_set(m, value);
        else
            keep_option(m, a->given[i].option == INIT_KEEP ? KEEP : a->given[i].option == INIT_REINIT ? REINIT : GROW, value);
    }
    if (again && a->option[INIT_LIKE])
        fail(EXIT_INPUT, (struct place){in->name, 0, 0}, "is a checkpoint; --like needs a description with rules beside it");
    if (again && m->variant)
        fail(EXIT_INPUT, (struct place){in->name, 0, 0}, "is a checkpoint, which has no variants");
    if (again)
        source_again(m, in, a->option[INIT_SEED] != NULL);
    else
        read_rules(m, a, s);
}

/* The files of templates are inputs, too. */
static void add_values(struct sources *s, const struct model *m)
{
    const void *at = NULL;
    const struct input *in;
    size_t room = 0;
    while (m->values && values_next_input(m->values, &at))
        room++;
    s->inputs = realloc(s->inputs, (s->count + room + 1) * sizeof *s->inputs);
    if (!s->inputs)
        fail_memory((s->count + room + 1) * sizeof *s->inputs);
    for (at = NULL; room && (in = values_next_input(m->values, &at));)
        s->inputs[s->count++] = *in;
}

static int run(const struct arguments *a)
{
    struct model m = {0};
    m.variant = a->option[INIT_VARIANT];
    struct sources s = open_sources(a, &m.variant);
    read_model(&m, a, &s);
    plan(&m);
    add_values(&s, &m);
    struct host host = host_open(a->option[INIT_THREADS], a->option[INIT_ISA]);
    save_model(&(struct save){.model = &m,
                              .host = &host,
                              .name = a->option[INIT_OUTPUT],
                              .manifest = a->option[INIT_MANIFEST],
                              .force = a->option[INIT_FORCE] != NULL,
                              .quiet = a->option[INIT_QUIET] != NULL,
                              .json = a->option[INIT_JSON] != NULL,
                              .inputs = s.inputs,
                              .input_count = s.count});
    host_close(&host);
    if (a->operands)
        input_close(&s.description);
    model_free(&m);
    checkpoint_close(&s.like);
    free(s.inputs);
    return 0;
}

const struct command cmd_init = {"init",
                                 "MODEL.json | RECIPE[:VARIANT] | [RULES.json] --like FILE.safetensors | FILE.safetensors",
                                 0,
                                 1,
                                 "Write a freshly initialised checkpoint",
                                 init_details,
                                 init_options,
                                 run};
