/* SPDX-License-Identifier: MIT */
#include <sow/sow.h>
#include <stdlib.h>
#include <string.h>

#include "audit/audit.h"
#include "base/host.h"
#include "base/suggest.h"
#include "cli/commands.h"
#include "model/recipes.h"
#include "model/source.h"

enum { AUDIT_AS, AUDIT_CHECK, AUDIT_ALL, AUDIT_IGNORE, AUDIT_JSON, AUDIT_CSV, AUDIT_THREADS, AUDIT_ISA, AUDIT_HELP };

#define X(id, word, text) #word " "
static const struct option audit_options[] = {
    [AUDIT_AS] = {"as", 0, "RECIPE",
                  "What it should be: a recipe (gpt2, llama-2-7b:torchtitan), a MODEL.json, or a checkpoint that sow wrote", "", false},
    [AUDIT_CHECK] = {"check", 'c', NULL, "Exit status 1 if anything is wrong (notes are not)", NULL, false},
    [AUDIT_ALL] = {"all", 'a', NULL, "A line for each tensor and finding, not for each role", NULL, false},
    [AUDIT_IGNORE] = {"ignore", 0, "KIND", "Leave findings of that kind out; may be repeated", FINDING_LIST(X), true},
    [AUDIT_JSON] = OPTION_JSON,
    [AUDIT_CSV] = {"csv", 0, NULL, "Print CSV: a row for each tensor", NULL, false},
    [AUDIT_THREADS] = OPTION_THREADS,
    [AUDIT_ISA] = OPTION_ISA,
    [AUDIT_HELP] = OPTION_HELP,
    OPTION_END,
};
#undef X

static const char audit_details[] =
    "Reads a checkpoint that anybody made (safetensors, the index of a sharded one, or npy) and says for each tensor which law its values "
    "fit and which scheme gives that law: constant, uniform, normal, truncated, orthogonal, sparse, identity and the like; which gain and "
    "which fan. Then what is wrong: NaN, dead and equal units, equal and correlated tensors, atoms at a bound, clipped tails, too few "
    "values, a std that differs from its peers in other layers, that is another fan's, a framework's default or that no rule gives, a "
    "residual scale that is missing.\n"
    "With --as each tensor is held against what that model says: names, shapes, laws and their parameters.\n"
    "A trained model's weights fit no law: it says so, and judges units and equal tensors only.\n"
    "docs/audit.md has the tests and their thresholds: a clean checkpoint gives a false alarm in fewer than 1 of 100.";

static unsigned ignored(const struct arguments *args)
{
    unsigned bits = 0;
    for (size_t i = 0; i < args->givens; i++) {
        const char *const word = args->given[i].value;
        if (args->given[i].option != AUDIT_IGNORE)
            continue;
        struct suggestion near = suggest_for(word, strlen(word));
        int found = -1;
        for (int k = 0; k < FINDING_KINDS; k++) {
            suggest_offer(&near, finding_words[k]);
            found = strcmp(word, finding_words[k]) == 0 ? k : found;
        }
        if (found < 0)
            fail(EXIT_INPUT, NOWHERE, "--ignore is %s, which is no kind of finding%s (sow audit --help)", quoted(word, strlen(word)),
                 suggest_text(&near));
        bits |= 1u << found;
    }
    return bits;
}

static void leave_out(struct audit *a, unsigned bits)
{
    size_t kept = 0;
    for (size_t i = 0; i < a->findings; i++)
        if (!(bits & 1u << a->finding[i].kind))
            a->finding[kept++] = a->finding[i];
    a->findings = kept;
}

static void read_expected(struct model *m, const char *name)
{
    struct input in = description_open(name, &m->variant);
    m->file = in.name;
    m->forced_format = FORMAT_NONE;
    if (source_is_checkpoint(&in)) {
        source_again(m, &in, false);
    } else {
        size_t length;
        char *const text = input_read(&in, &length);
        description_read(m, text, length);
        free(text);
    }
    for (size_t i = 0; i < m->rules; i++) /* warnings are for those who write */
        m->rule[i].constant_ok = m->rule[i].spare_ok = true;
    plan(m);
    input_close(&in);
}

static int run(const struct arguments *args)
{
    struct model expected = {0};
    if (args->option[AUDIT_JSON] && args->option[AUDIT_CSV])
        fail(EXIT_INPUT, NOWHERE, "audit: --json and --csv exclude each other");
    const unsigned out = ignored(args);
    if (args->option[AUDIT_AS])
        read_expected(&expected, args->option[AUDIT_AS]);
    struct checkpoint c = checkpoint_open(args->operand[0]);
    struct host host = host_open(args->option[AUDIT_THREADS], args->option[AUDIT_ISA]);
    struct audit a = {
        .checkpoint = &c, .context = host.context, .threads = host.threads, .expected = args->option[AUDIT_AS] ? &expected : NULL};
    audit_run(&a);
    leave_out(&a, out);
    if (args->option[AUDIT_JSON])
        audit_print_json(&a);
    else if (args->option[AUDIT_CSV])
        audit_print_csv(&a);
    else
        audit_print_table(&a, args->option[AUDIT_ALL] != NULL);
    int status = 0;
    for (size_t i = 0; args->option[AUDIT_CHECK] && i < a.findings; i++)
        status |= !a.finding[i].note;
    audit_free(&a);
    host_close(&host);
    checkpoint_close(&c);
    model_free(&expected);
    return status;
}

const struct command cmd_audit = {
    "audit", "FILE", 1, 1, "Say which laws and schemes a checkpoint's values fit, and what is wrong", audit_details, audit_options, run};
