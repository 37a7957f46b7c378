/* SPDX-License-Identifier: MIT */
#include <sow/sow.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/host.h"
#include "base/progress.h"
#include "cli/commands.h"
#include "compare/against_init.h"
#include "compare/against_manifest.h"
#include "compare/findings_report.h"
#include "files/checkpoint.h"
#include "model/keep.h"
#include "model/recipes.h"
#include "model/source.h"

enum {
    VERIFY_MODEL,
    VERIFY_VARIANT,
    VERIFY_SEED,
    VERIFY_LIKE,
    VERIFY_SET,
    VERIFY_DTYPE,
    VERIFY_MANIFEST,
    VERIFY_THREADS,
    VERIFY_ISA,
    VERIFY_JSON,
    VERIFY_QUIET,
    VERIFY_HELP,
};

static const struct option verify_options[] = {
    [VERIFY_MODEL] = {"model", 'm', "MODEL", "What it should be: a description, a recipe, or a checkpoint that describes itself", "",
                      false},
    [VERIFY_VARIANT] = {"variant", 0, "NAME", "Take that variant of the description", NULL, false},
    [VERIFY_SEED] = {"seed", 's', "N", "The seed (default: the recorded one; 0 for a description)", NULL, false},
    [VERIFY_LIKE] = {"like", 0, "FILE.safetensors", "For rules alone: take names, shapes and types from that checkpoint", "", false},
    [VERIFY_SET] = {"set", 0, "GLOB=SCHEME(…)", "A rule before those of the description, as sow init takes it", NULL, true},
    [VERIFY_DTYPE] = {"dtype", 0, "TYPE", "Type of every floating-point tensor: f32, f64, f16 or bf16", "f32 f64 f16 bf16", false},
    [VERIFY_MANIFEST] = {"manifest", 0, "FILE.json", "Check the digests of that manifest instead", "", false},
    [VERIFY_THREADS] = OPTION_THREADS,
    [VERIFY_ISA] = OPTION_ISA,
    [VERIFY_JSON] = OPTION_JSON,
    [VERIFY_QUIET] = {"quiet", 'q', NULL, "Print nothing; the exit status says it", NULL, false},
    [VERIFY_HELP] = OPTION_HELP,
    OPTION_END,
};

static const char verify_details[] =
    "Proves, tensor by tensor and bit by bit, that CHECKPOINT is the untouched init of a seed: every number is drawn again and compared "
    "with "
    "what the file holds, at the speed of drawing. Where it is not, each tensor is named with the first element that differs (index, value "
    "found, value expected), as are tensors that are missing, not expected, or of another shape or type. Metadata plays no part.\n"
    "CHECKPOINT is a safetensors file or the index of several (model.safetensors.index.json). What it should be comes from the record that "
    "sow init leaves in its files, or with --model from a description, a recipe (gpt2, gpt2:openai) or another checkpoint that sow wrote, "
    "whoever wrote CHECKPOINT. --seed, --dtype, --set and --like are those of sow init. A tied tensor may be there or not; if it is, it "
    "must "
    "be the one that it is tied to.\n"
    "With --manifest the tensors' digests (XXH3, 128 bits) are compared with those that sow init --manifest wrote down; then nothing is "
    "drawn, and "
    "it serves for any safetensors file whose manifest there is, divided into files as it may be.\n"
    "Exit status: 0 all is as it should be, 1 something differs, 2 wrong usage or input.";

/* `like` stays open: it has the names. */
static void read_description(struct model *m, const struct arguments *a, const struct input *in, struct checkpoint *like)
{
    size_t length;
    if (a->option[VERIFY_LIKE]) {
        *like = checkpoint_open(a->option[VERIFY_LIKE]);
        m->like = like->name;
        keep_from(m, like);
        m->from = NULL; /* nothing is kept */
    }
    char *const text = input_read(in, &length);
    description_read(m, text, length);
    free(text);
}

/* The model that the checkpoint should be, planned. */
static void read_model(struct model *m, const struct arguments *a, const struct checkpoint *c, struct checkpoint *like)
{
    m->variant = a->option[VERIFY_VARIANT];
    m->forced_format = a->option[VERIFY_DTYPE] ? dtype_read(a->option[VERIFY_DTYPE]) : FORMAT_NONE;
    m->seed = a->option[VERIFY_SEED] ? seed_read(a->option[VERIFY_SEED]) : 0;
    for (size_t i = 0; i < a->givens; i++)
        if (a->given[i].option == VERIFY_SET)
            rules_set(m, a->given[i].value);
    const char *const name = a->option[VERIFY_MODEL];
    if (!name && !c->record)
        fail(EXIT_INPUT, (struct place){c->name, 0, 0},
             "no key \"sow\" in its __metadata__: sow did not write it; --model says what it should be");
    struct input in = name ? description_open(name, &m->variant) : input_open(c->name);
    const bool recorded = source_is_checkpoint(&in);
    m->file = in.name;
    if (recorded && (m->variant || a->option[VERIFY_LIKE]))
        fail(EXIT_INPUT, (struct place){in.name, 0, 0}, "is a checkpoint: --%s is for descriptions", m->variant ? "variant" : "like");
    if (recorded)
        source_again(m, &in, a->option[VERIFY_SEED] != NULL);
    else
        read_description(m, a, &in, like);
    if (recorded && !name) { /* a rank's file is what sow shard made */
        m->rank = m->recorded_rank;
        m->world = m->recorded_world;
    }
    input_close(&in);
    for (size_t i = 0; i < m->rules; i++) /* warnings are for those who write */
        m->rule[i].constant_ok = m->rule[i].spare_ok = true;
    plan(m);
}

static int report_and_close(const struct arguments *a, struct findings_report *r, struct findings *found)
{
    const bool equal = findings_faults(found) == 0;
    r->findings = found;
    if (!a->option[VERIFY_QUIET])
        (a->option[VERIFY_JSON] ? findings_json : findings_text)(r);
    free(found->finding);
    return equal ? 0 : 1;
}

static int run_manifest(const struct arguments *a, struct findings_report *r)
{
    static const int others[] = {VERIFY_MODEL, VERIFY_VARIANT, VERIFY_SEED, VERIFY_LIKE, VERIFY_SET, VERIFY_DTYPE};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (a->option[others[i]])
            fail(EXIT_INPUT, NOWHERE, "--%s beside --manifest, which says all", verify_options[others[i]].name);
    struct input in = input_open(a->option[VERIFY_MANIFEST]);
    struct manifest manifest = {0};
    struct digest *digest;
    char standard[320];
    manifest_read(&manifest, &in);
    const double start = seconds_now();
    struct findings found = against_manifest(r->checkpoint, &manifest, r->host, !a->option[VERIFY_QUIET], &digest);
    (void)snprintf(standard, sizeof standard, "the manifest %.256s", in.name);
    r->standard = standard;
    r->seconds = seconds_now() - start;
    const int status = report_and_close(a, r, &found);
    free(digest);
    manifest_free(&manifest);
    input_close(&in);
    return status;
}

static int run_init(const struct arguments *a, struct findings_report *r)
{
    struct checkpoint like = {0};
    struct model m = {0};
    char standard[64];
    read_model(&m, a, r->checkpoint, &like);
    const double start = seconds_now();
    struct findings found = against_init(r->checkpoint, &m, r->host, !a->option[VERIFY_QUIET]);
    (void)snprintf(standard, sizeof standard, "the init of seed %llu", (unsigned long long)m.seed);
    r->standard = standard;
    r->seed = &m.seed;
    r->seconds = seconds_now() - start;
    const int status = report_and_close(a, r, &found);
    model_free(&m);
    checkpoint_close(&like);
    return status;
}

static int run(const struct arguments *a)
{
    if (a->option[VERIFY_MANIFEST])
        digest_needed("--manifest");
    struct host host = host_open(a->option[VERIFY_THREADS], a->option[VERIFY_ISA]);
    struct checkpoint c = checkpoint_open(a->operand[0]);
    struct findings_report report = {.checkpoint = &c, .host = &host};
    const int status = (a->option[VERIFY_MANIFEST] ? run_manifest : run_init)(a, &report);
    checkpoint_close(&c);
    host_close(&host);
    return status;
}

const struct command cmd_verify = {
    "verify",       "CHECKPOINT",   1,  1, "Prove that a checkpoint is the untouched init of a seed, or check it against a manifest",
    verify_details, verify_options, run};
