/* SPDX-License-Identifier: MIT */
/**
 * @file model.h
 * What is to be written: a table of tensors, compact because a model may have a million of them, and the rules. Filled from a description
 * (description.c), from the record in a file that sow wrote (record.c) or from a checkpoint's header (safetensors_read.c), then bound and
 * ordered by plan.c.
 */
#ifndef SOW_TOOLS_MODEL_H
#define SOW_TOOLS_MODEL_H

#include <sow/scheme.h>
#include <sow/stream.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/range.h"
#include "base/say.h"
#include "base/sink.h"
#include "files/formats.h"
#include "model/cut.h"
#include "model/variant.h"

#define NO_INDEX UINT32_MAX
enum { NO_LAYOUT = 255 };

struct checkpoint;
struct keep_option;
struct values;
struct values_store;

struct tensor {
    const char *name;
    const char *stream;             /**< name of its stream; of a tied tensor: the name that it shares */
    const int64_t *shape;           /**< shared by all names of one range */
    const int64_t *global, *offset; /**< a box of a larger tensor: that tensor's shape, and where this one starts in it; NULL: whole */
    bool flat;                      /**< a range of that tensor's elements instead, from *offset on */
    uint8_t flat_rank;              /**< of that tensor */
    const sow_scheme *scheme;       /**< the rule's with what the tensor says, if the rule's is one of schemes; else NULL */
    uint64_t begin;                 /**< offset of its bytes behind the header of its file */
    uint32_t name_length, stream_length;
    uint32_t line, column;        /**< in the description */
    uint32_t rule, fan_from;      /**< indices, or NO_INDEX */
    uint32_t groups;              /**< of a grouped convolution; 0: not said */
    uint8_t format, rank, layout; /**< layout: a sow_layout or NO_LAYOUT */
    bool tied;
    bool kept;                   /**< has bytes of the checkpoint that the model is from (keep.h) */
    const struct change *change; /**< of a kept one: what is drawn anew; NULL: nothing, and it needs no rule */
};

struct rule {
    const char *match;
    const char *fan_from; /**< name whose fan the scheme takes, stars replaced by what those of `match` stood for; or NULL */
    const char *file;     /**< in messages: the description, or the option that gave it */
    const struct json *node;
    uint32_t line, column;
    sow_scheme scheme;
    const sow_scheme *variant; /**< that of the last tensor, and what the tensor said */
    struct own variant_own;
    struct cut cut;              /**< for the ranks of a job */
    bool numbered;               /**< an argument is "*", the number in the tensor's name */
    bool spare_ok;               /**< may decide nothing: rules of the command line stand before it, or did */
    bool constant_ok;            /**< the description says that one constant everywhere is meant */
    uint64_t matched, constants; /**< tensors that it decides; those of them that a constant leaves symmetric */
    uint32_t first_constant;     /**< one of these */
};

/** Tensors that share a file: order[first .. first + count). */
struct part {
    size_t first, count;
    uint64_t bytes;
};

struct model {
    const char *file;       /**< in messages about tensors and rules */
    const char *like;       /**< the checkpoint that the tensors are from, or NULL */
    const char *variant;    /**< of the description, which was asked for; or NULL */
    uint8_t default_format; /**< of tensors that say nothing */
    uint8_t forced_format;  /**< of every floating-point tensor (--dtype), or FORMAT_NONE */
    bool shared_streams;
    bool is_record; /**< it was read from a file that sow wrote */
    uint64_t seed;
    struct tensor *tensor;
    size_t tensors, tensor_capacity;
    struct rule *rule;
    size_t rules, rule_capacity;
    uint32_t *order;         /**< of the tensors; in the file's order once planned */
    size_t written;          /**< tensors of `order` that are not tied; they come first */
    uint64_t bytes;          /**< of all tensors */
    uint64_t max_part_bytes; /**< of the tensors of one file (--max-file-size); 0: all are in one */
    struct part *part;
    size_t parts;
    uint32_t rank, world;                   /**< the model is one rank's share of it; world 0: it is the whole */
    uint32_t recorded_rank, recorded_world; /**< those of the file whose record was read */
    struct cut cut;                         /**< of tensors whose rules say none; unsaid: along axis 0, what has no axis is whole */
    struct checkpoint *from;                /**< that gives the bytes of kept tensors, or NULL; its tensors come first, in its order */
    size_t like_tensors;                    /**< how many they are */
    uint32_t *like_order;                   /**< by name */
    struct values_store *values;            /**< of templates; NULL: none yet */
    struct keep_option *keep;
    size_t keeps, keep_capacity;
    struct arena arena, scratch;
    /** The description as it is kept in the file, without white space: before, in, and behind the list of tensors. */
    struct sink head, list, tail;
};

/** Room for one more tensor, cleared, with the defaults. */
struct tensor *model_add(struct model *model);
void model_free(struct model *model);

/** Elements of a tensor, all products checked before. */
uint64_t tensor_elements(const struct tensor *tensor);
uint64_t tensor_bytes(const struct tensor *tensor);
/** Its shape, or that of the tensor that it is a box of: what schemes and fans see. */
const int64_t *tensor_global(const struct tensor *tensor);
int tensor_global_rank(const struct tensor *tensor);
struct place tensor_place(const struct model *model, const struct tensor *tensor);
struct place rule_place(const struct rule *rule);
/** "[768, 2304]", valid until the next call. */
const char *shape_text(const struct tensor *tensor);

/**
 * Reads a description into an empty model: tensors and rules, or rules alone where `like` is set. `what` are its keys: those of a
 * description, or of the record that sow leaves in a file (seed and stream version then are in *seed and checked).
 */
void description_read(struct model *model, const char *text, size_t length);
void record_read(struct model *model, const char *text, size_t length, bool keep_seed);
/** The list of tensors as text, from the table: for tensors that a checkpoint's header gave. */
void description_list(struct model *model);

/** memcmp() of two names, the shorter one first where one begins the other. */
int name_compare(const char *a, size_t n, const char *b, size_t m);

/** listing.c: the rules as text, behind the list; plan() has bound them. */
void description_tail(struct model *model);

/** rules.c: the rules of a description, behind those that are there. `spare_ok`: no warning where one decides nothing. */
void rules_read(struct model *model, const struct json *rules, bool spare_ok);
/** One rule from the command line, GLOB=SCHEME(ARG=VALUE, …). */
void rules_set(struct model *model, const char *text);
/** All rules as JSON, for the record. */
void rules_write(const struct model *model, struct sink *sink);
/** The first rule that matches, or NO_INDEX; then `from` (emptied first) gets the name that its fan comes from, if any. */
uint32_t rules_find(const struct model *model, const char *name, size_t length, struct sink *from);
/** The first whole number that a wildcard of `match` stands for in the name, or NaN. */
double rule_number(const struct rule *rule, const char *name, size_t length);

/** plan.c: checks the whole model and gives each tensor its rule and place. Nothing is written before. Then the warnings. */
void plan(struct model *model);
/** parts.c, of plan(): the tensors' files, as Hugging Face's libraries divide a model, and their places; fills in `order` and `part`. */
void parts_place(struct model *model);

/** What a tensor draws: its rule's scheme with the tensor's own arguments, and its distribution if the scheme is a plain one. */
struct law {
    sow_scheme scheme;
    bool plain;
    sow_dist dist;
    const struct values *values; /**< the array that it takes, if that is all it does; else NULL */
};
/** The law of a planned tensor; SOW_OK after plan(). */
sow_status tensor_law(const struct model *model, const struct tensor *tensor, struct law *law, char *why, size_t size);
sow_stream tensor_stream(const struct model *model, const struct tensor *tensor);

#endif
