/* SPDX-License-Identifier: MIT */
/**
 * @file audit.h
 * What a checkpoint's values say about how they were made. audit_run() looks at every tensor twice: at its values (audit_law.h,
 * audit_structure.c), then, knowing all tensors, at its units and for numbers that occur elsewhere (audit_scan.c). The verdicts
 * (audit_verdicts.c, audit_peers.c, audit_expected.c) are about what was found and add findings.
 */
#ifndef SOW_TOOLS_AUDIT_H
#define SOW_TOOLS_AUDIT_H

#include <sow/context.h>
#include <sow/tensor.h>
#include <stdbool.h>

#include "audit/audit_law.h"
#include "base/sink.h"
#include "files/checkpoint.h"

/* X(enumerator, word, what it means): the words are those of --ignore and --json. */
#define FINDING_LIST(X)                                                                                                                    \
    X(FINDING_NON_FINITE, non_finite, "NaN or infinity")                                                                                   \
    X(FINDING_DEAD, dead_units, "rows or columns of zeros")                                                                                \
    X(FINDING_DUPLICATE, duplicate_units, "equal rows or columns: the units stay equal in training")                                       \
    X(FINDING_CONSTANT, constant_weight, "one value in a weight of two or more axes")                                                      \
    X(FINDING_EQUAL, equal_tensors, "the same numbers twice: one seed, or one stream, used twice")                                         \
    X(FINDING_CORRELATED, correlated_tensors, "numbers that go with those of another tensor")                                              \
    X(FINDING_ATOM, atom, "many elements exactly at a bound")                                                                              \
    X(FINDING_CLIPPED, clipped_tails, "no element where a normal law has some")                                                            \
    X(FINDING_COARSE, few_distinct, "too few distinct values for the type")                                                                \
    X(FINDING_OUTLIER, outlier, "an element far outside the law of the others")                                                            \
    X(FINDING_LAW, law, "another law than its peers, or than is expected")                                                                 \
    X(FINDING_STD, std, "another standard deviation than its peers, or than is expected")                                                  \
    X(FINDING_UNEXPLAINED, unexplained_std, "a standard deviation that no rule gives")                                                     \
    X(FINDING_FAN, wrong_fan, "the standard deviation of another fan")                                                                     \
    X(FINDING_DEFAULT, framework_default, "a framework's default that was left as it was")                                                 \
    X(FINDING_RESIDUAL, residual_scale, "a residual output without its 1/√(2·layers)")                                                     \
    X(FINDING_MISSING, missing, "a tensor of the recipe that the file does not have")                                                      \
    X(FINDING_SHAPE, shape, "another shape than the recipe's")                                                                             \
    X(FINDING_TRAINED, not_an_init, "most weights fit no law: this does not look like an untouched initialisation")

#define X(id, word, text) id,
enum finding_kind { FINDING_LIST(X) FINDING_KINDS };
#undef X
extern const char *const finding_words[FINDING_KINDS];

struct finding {
    enum finding_kind kind;
    bool note;        /**< worth knowing, not wrong by itself */
    uint32_t tensor;  /**< NO_INDEX: the file */
    uint32_t other;   /**< the second tensor of a pair, or NO_INDEX */
    int64_t index;    /**< element or unit, -1: none */
    const char *text; /**< one line without names of tensor and kind */
    unsigned also;    /**< bits of other kinds that give the same numbers */
};

enum { MAX_EXPLANATIONS = 24, AUDIT_SAMPLE = 2048, MAX_VIEWS = SOW_MAX_RANK + 1 };

/** A rule that gives the law that was found. */
struct explanation {
    char text[96]; /**< "kaiming_normal gain=relu mode=fan_out layout=conv" */
    uint32_t key;  /**< the same for the same rule in other tensors */
    double std;    /**< what it gives */
    double off;    /**< found / given - 1 */
};

/** Units along one axis: the axis, or all rows of the innermost axis (axis -1). */
struct unit_view {
    int axis;
    uint64_t units, length;
    uint64_t *hash;
};

struct examined {
    const struct tensor *tensor;
    const struct checkpoint *checkpoint; /**< in which `data` is mapped; NULL: it is in memory */
    uint32_t index;                      /**< of the tensor there */
    const uint8_t *data;
    uint64_t n;
    bool is_float;
    struct summary summary; /**< its histogram is gone */
    struct law_fit law;
    char law_text[160]; /**< "N(0, 0.02)" */
    const char *fixed;  /**< the scheme, of LAW_FIXED */
    double collision;   /**< probability that two elements are equal, at most */
    double atoms[2];    /**< expected elements at the lowest and the highest value, from the bucket beside */
    double distinct, distinct_expected;
    bool widened;    /**< all looked at are bf16 numbers in a wider type */
    double robust_z; /**< the farthest element in units of the std that the middle half has */
    float *sample;   /**< standardised, AUDIT_SAMPLE or fewer; NULL: nothing random */
    uint32_t samples;
    uint64_t needle, needle_at;
    bool has_needle;
    struct unit_view view[MAX_VIEWS];
    int views;
    unsigned said;    /**< bits of the kinds of findings about it */
    uint32_t same_as; /**< the first tensor of its group of equal ones, or itself */
    struct explanation explanation[MAX_EXPLANATIONS];
    size_t explanations;
    uint32_t role;
    int64_t layer;     /**< the first number in its name, or -1 */
    struct want *want; /**< audit_want.h; NULL: nothing is expected */
};

/** Names that differ in the number of their layer alone. */
struct role {
    const char *pattern; /**< "h.{}.attn.c_attn.weight" */
    uint32_t *member;    /**< tensors, by index */
    uint32_t members;
};

struct audit {
    const struct checkpoint *checkpoint;
    const sow_context *context;
    unsigned threads;
    struct examined *examined; /**< by index of the tensor */
    size_t tensors;
    struct role *role;
    size_t roles, role_capacity;
    uint32_t *order; /**< of the tensors, by role */
    double layers;   /**< counted in the names; 0: not known */
    double sigma;    /**< the round std that most weights have */
    bool trained;    /**< most weights fit no law */
    struct repeats *repeats;
    struct finding *finding;
    size_t findings, finding_capacity;
    struct arena arena;
    unsigned ignored;             /**< bits of kinds */
    const struct model *expected; /**< planned, or NULL */
    bool *has_expected;           /**< by its tensors */
    struct want *wants;
};

/** Adds a finding; `also` and `other` are set by the caller in what is returned. */
struct finding *audit_add(struct audit *a, enum finding_kind kind, bool note, uint32_t tensor, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

/** Whether there is a finding of that kind about it. */
bool audit_has(const struct audit *a, uint32_t tensor, enum finding_kind kind);

/** All of it. */
void audit_run(struct audit *a);
void audit_free(struct audit *a);

/** audit_examine.c: one tensor by itself; any thread. False: no memory. */
bool audit_examine(struct examined *e, struct summing *summing, const sow_context *context);

/** Elements [first, first + n) are not needed for now: their pages need not stay. `examined` is a struct examined. */
void audit_let_go(const void *examined, uint64_t first, uint64_t n);

/** What signs are taken against: 0, or the mean of a law away from it. */
double audit_centre(const struct examined *e);
/** Whether it has numbers that could be another tensor's. */
bool audit_is_random(const struct examined *e);

/** audit_structure.c: orthogonal, or what a scheme without randomness writes: changes e->law. */
bool audit_orthogonal(struct examined *e);
bool audit_fixed(struct examined *e);

/** audit_scan.c: hashes of units and numbers seen elsewhere, for all tensors. */
void audit_scan(struct audit *a);
/** audit_correlate.c: numbers that go together, by the samples of all pairs. */
void audit_correlate(struct audit *a);

/** audit_units.c: dead and duplicate units, from the hashes. */
void audit_units(struct audit *a);

/** audit_roles.c */
void audit_roles(struct audit *a);
/** Whether one of the words, with | between them, is in its name. */
bool name_has(const struct tensor *t, const char *words);
/** The weight that goes with a bias, by name, or NO_INDEX. */
uint32_t audit_weight_of(const struct audit *a, const struct tensor *bias);

/** audit_explain.c: the rules that give what was found, best first. */
void audit_explain(struct audit *a, struct examined *e, double sigma);

/** Puts the rules first that give most of the model's tensors. */
void audit_rank(struct audit *a);
/** What the rule of that key gives for a tensor; false: nothing. */
bool audit_rule_std(const struct audit *a, const struct examined *e, uint32_t key, double *std);

/** audit_verdicts.c: each tensor by itself. audit_peers.c: against its peers. audit_whole.c: the model. audit_expected.c: the description.
 */
void audit_values_verdicts(struct audit *a);
void audit_peers(struct audit *a);
void audit_whole(struct audit *a);
void audit_expected(struct audit *a);

/** audit_report.c */
void audit_print_table(const struct audit *a, bool all);
void audit_print_json(const struct audit *a);
void audit_print_csv(const struct audit *a);

/** "N(0, 0.02)". */
void law_describe(const struct examined *e, char *text, size_t size);

#endif
