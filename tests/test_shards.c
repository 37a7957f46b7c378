/* SPDX-License-Identifier: MIT */
/* For every scheme of the table: random boxes, ranges and parts have the bits of their slice of the whole. */
#include "tests/schemes.h"
#include "tests/views.h"

enum { ROOM = 1 << 14, BOXES = 1000 };

static const sow_dtype dtypes[] = {SOW_F32, SOW_F64, SOW_F16, SOW_BF16};

static const float array[6] = {1, -2, 3.5F, 0.1F, -0.0F, 65504};
static const int64_t array_shape[2] = {2, 3};

static void multiples(void *user, const sow_custom_range *range, double *values)
{
    for (int64_t i = 0; i < range->n; i++)
        values[i] = *(const double *)user * (double)(range->first + i) + (double)(range->stream.key % 7);
}

static double seventh = 1.0 / 7;
static const sow_scheme_parts parts_template = {.values = array, .values_dtype = SOW_F32, .values_rank = 2, .values_shape = array_shape};
static const sow_scheme_parts parts_custom = {.custom = multiples, .user = &seventh};

static sow_scheme inner_normal, inner_mixed[3], inner_sparse, inner_orthogonal, inner_scaled, inner_kaiming;
static const int64_t splits[] = {3, 9, 4}, zeros[] = {7, 0, 3, 8}, base[] = {8, 4};
static const sow_scheme_parts parts_blocks = {.inner = inner_mixed, .inner_count = 3, .list = splits, .list_count = 3},
                              parts_shared = {.inner = &inner_orthogonal, .inner_count = 1, .list = splits, .list_count = 3},
                              parts_zero = {.inner = &inner_normal, .inner_count = 1, .list = zeros, .list_count = 4},
                              parts_sparse = {.inner = &inner_sparse, .inner_count = 1},
                              parts_orthogonal = {.inner = &inner_orthogonal, .inner_count = 1},
                              parts_normal = {.inner = &inner_normal, .inner_count = 1},
                              parts_scaled = {.inner = &inner_scaled, .inner_count = 1},
                              parts_mup = {.inner = &inner_kaiming, .inner_count = 1, .list = base, .list_count = 2};

static void make_inner(void)
{
    inner_normal = sow_normal(1, 0.5);
    inner_kaiming = sow_scheme_named("kaiming_normal");
    inner_sparse = test_scheme("sparse sparsity=0.4");
    inner_orthogonal = sow_scheme_named("orthogonal");
    inner_scaled = test_scheme("scale k=0.25");
    inner_scaled.parts = &parts_sparse;
    inner_mixed[0] = sow_scheme_named("identity");
    inner_mixed[1] = sow_xavier_uniform(1);
    inner_mixed[2] = inner_scaled;
}

/* Where a scheme wants more than a matrix, or arguments: shapes are below 2^12 elements. */
static const struct special {
    const char *scheme;
    int rank;
    int64_t shape[4];
    const sow_scheme_parts *parts;
} specials[] = {
    {"identity", 3, {3, 7, 5}, NULL},
    {"identity gain=-2", 2, {5, 11}, NULL},
    {"eye", 2, {6, 6}, NULL},
    {"dirac", 3, {6, 4, 3}, NULL},
    {"dirac groups=2 gain=3 floor=true", 4, {6, 2, 4, 3}, NULL},
    {"sparse sparsity=0.3", 2, {37, 23}, NULL},
    {"sparse sparsity=1", 2, {3, 2}, NULL},
    {"sparse sparsity=0.9 axis=1", 2, {9, 31}, NULL},
    {"template", 2, {5, 7}, &parts_template},
    {"template", 3, {2, 4, 9}, &parts_template},
    {"custom", 3, {3, 20, 5}, &parts_custom},
    {"irnn", 2, {6, 6}, NULL},
    {"orthogonal", 2, {9, 5}, NULL},
    {"orthogonal gain=relu out_axis=-1", 3, {3, 4, 6}, NULL},
    {"delta_orthogonal", 4, {3, 2, 4, 6}, NULL},
    {"delta_orthogonal layout=conv", 3, {6, 5, 4}, NULL},
    {"keras.lstm.recurrent", 2, {4, 16}, NULL},
    {"keras.gru.recurrent", 2, {4, 12}, NULL},
    {"keras.rnn.recurrent", 2, {4, 4}, NULL},
    {"flax.lstm.recurrent", 2, {4, 4}, NULL},
    {"flax.gru.recurrent", 2, {4, 4}, NULL},
    {"flax.mgu.recurrent", 2, {4, 4}, NULL},
    {"keras.lstm.bias", 1, {40}, NULL},
    {"unit_ball", 3, {5, 7, 3}, NULL},
    {"blocks", 2, {16, 5}, &parts_blocks},
    {"blocks axis=-1", 2, {5, 16}, &parts_shared},
    {"stack", 3, {4, 6, 5}, &parts_sparse},
    {"stack axis=1", 3, {6, 3, 5}, &parts_orthogonal},
    {"stack axis=-1", 2, {6, 7}, &parts_normal},
    {"scale k=3", 2, {13, 8}, &parts_sparse},
    {"add value=-1", 2, {13, 8}, &parts_scaled},
    {"zero_rows", 2, {9, 6}, &parts_zero},
    {"zero_rows axis=1", 3, {2, 9, 3}, &parts_zero},
    {"icnr r=2", 3, {20, 3, 2}, &parts_normal},
    {"icnr r=3", 2, {18, 5}, &parts_orthogonal},
    {"mup", 2, {16, 12}, &parts_mup},
    {"hadamard", 2, {13, 5}, NULL},
    {"hadamard paper=true", 4, {9, 4, 3, 3}, NULL},
    {"bilinear_upsample", 4, {3, 2, 4, 5}, NULL},
    {"bilinear_upsample diagonal=true", 3, {5, 5, 6}, NULL},
    {"stft", 3, {16, 1, 9}, NULL},
    {"stft imag=true spectrum=true periodic=true", 3, {15, 1, 7}, NULL},
    {"sinusoidal", 2, {40, 12}, NULL},
    {"sinusoidal halves=true base=100", 2, {31, 9}, NULL},
    {"log_uniform lo=0.001 hi=0.1", 2, {30, 20}, NULL},
    {"lstm_bias block=2", 1, {64}, NULL},
    {"chrono tmax=50", 1, {400}, NULL},
    {"hippo_legs", 2, {19, 19}, NULL},
    {"hippo_legs", 1, {70}, NULL},
    {"lmu", 2, {16, 16}, NULL},
    {"s4d_real", 2, {5, 16}, NULL},
    {"s4d_lin_imag", 1, {64}, NULL},
    {"s4d_inv_imag", 2, {3, 64}, NULL},
    {"mamba_a_log", 2, {40, 16}, NULL},
    {"mamba2_a_log", 1, {300}, NULL},
    {"mamba_dt_bias", 1, {700}, NULL},
    {"lru_nu r_min=0.9 r_max=0.999", 1, {600}, NULL},
    {"lru_nu", 2, {30, 7}, NULL},
    {"lru_theta", 1, {500}, NULL},
    {"lru_gamma", 1, {500}, NULL},
};

typedef struct subject {
    const char *name;
    sow_scheme scheme;
    int rank;
    const int64_t *shape;
} subject;

/* A box of the whole, in memory that is permuted, stretched or flipped; see tests/views.h. */
static sow_tensor random_box(const subject *s, sow_dtype dtype, void *memory, size_t room)
{
    for (;;) {
        sow_tensor t = sow_tensor_make(NULL, dtype, s->rank, s->shape);
        int order[SOW_MAX_RANK];
        for (int i = 0; i < t.rank; i++) {
            t.shape[i] = test_random_below(3) ? 1 + (int64_t)test_random_below((uint64_t)s->shape[i]) : s->shape[i];
            t.offset[i] = (int64_t)test_random_below((uint64_t)(s->shape[i] - t.shape[i]) + 1);
            const int j = (int)test_random_below((uint64_t)i + 1);
            order[i] = order[j];
            order[j] = i;
        }
        const int plain = test_random_below(2) == 0;
        int64_t extent = 1, low = 0;
        for (int k = t.rank; k-- > 0;) {
            const int i = plain ? k : order[k];
            const int64_t stride = extent + (plain ? 0 : (int64_t)test_random_below(3));
            t.stride[i] = !plain && test_random_below(3) == 0 ? -stride : stride;
            low += t.stride[i] < 0 ? t.stride[i] * (t.shape[i] - 1) : 0;
            extent += stride * (t.shape[i] - 1);
        }
        t.data = (char *)memory - low * (int64_t)sow_dtype_size(dtype);
        if (extent <= (int64_t)room)
            return t;
    }
}

static void expect(const sow_tensor *t, const unsigned char *whole, const unsigned char *memory, unsigned char *expected, const char *name)
{
    const size_t size = sow_dtype_size(t->dtype), bytes = ROOM * size;
    memset(expected, 0xa5, bytes);
    for (int64_t e = 0; e < sow_tensor_elements(t); e++) {
        int64_t global, offset;
        test_view_element(t, e, &global, &offset);
        memcpy(expected + ((unsigned char *)t->data - memory) + offset * (int64_t)size, whole + (size_t)global * size, size);
    }
    if (memcmp(memory, expected, bytes) != 0)
        fail_msg("%s, %s: a box differs from its slice", name, sow_dtype_name(t->dtype));
}

static void check_boxes(const subject *s, sow_dtype dtype, const sow_context *ctx, int boxes)
{
    static double memory[ROOM], expected[ROOM], whole[ROOM];
    char why[300];
    const size_t size = sow_dtype_size(dtype), bytes = ROOM * size;
    const sow_stream stream = sow_stream_named(sow_stream_seed(7), s->name, strlen(s->name));
    const sow_tensor all = sow_tensor_make(whole, dtype, s->rank, s->shape);
    const int64_t n = sow_tensor_elements(&all);
    assert_true(n <= ROOM);
    if (sow_check_init(NULL, s->scheme, stream, &all, why, sizeof why) != SOW_OK)
        fail_msg("%s: %s", s->name, why);
    assert_int_equal(sow_init(NULL, s->scheme, stream, &all), SOW_OK);
    for (int round = 0; round < boxes; round++) {
        const sow_tensor t = random_box(s, dtype, memory, ROOM);
        memset(memory, 0xa5, bytes);
        if (round % 4 == 3) {
            const size_t nth = 1 + (size_t)test_random_below(5);
            for (size_t ith = nth; ith-- > 0;)
                assert_int_equal(sow_init_part(ctx, s->scheme, stream, &t, ith, nth), SOW_OK);
        } else {
            assert_int_equal(sow_init(round % 2 ? ctx : NULL, s->scheme, stream, &t), SOW_OK);
        }
        expect(&t, (unsigned char *)whole, (unsigned char *)memory, (unsigned char *)expected, s->name);

        const int64_t first = (int64_t)test_random_below((uint64_t)n + 1), count = (int64_t)test_random_below((uint64_t)(n - first) + 1);
        memset(memory, 0xa5, bytes);
        memset(expected, 0xa5, bytes);
        memcpy(expected, (char *)whole + (size_t)first * size, (size_t)count * size);
        assert_int_equal(sow_init_range(ctx, s->scheme, stream, dtype, s->rank, s->shape, (uint64_t)first, memory, (size_t)count), SOW_OK);
        if (memcmp(memory, expected, bytes) != 0)
            fail_msg("%s, %s: range %lld + %lld differs from its slice", s->name, sow_dtype_name(dtype), (long long)first,
                     (long long)count);
    }
}

static int boxes(void)
{
    return test_emulated() ? BOXES / 50 : BOXES / (int)COUNT_OF(dtypes);
}

static void boxes_of_plain_schemes(void **state)
{
    (void)state;
    static const int64_t shapes[][4] = {{5, 7, 3, 3}, {6, 1, 3, 3}, {3, 3, 1, 6}};
    for (size_t i = 0; i < sow_scheme_count(); i++) {
        const sow_scheme_info *info = sow_scheme_info_at(i);
        sow_scheme s = sow_scheme_named(info->name);
        int done = 0;
        if (!info->plain || info->parts)
            continue;
        for (size_t a = 0; a < info->arg_count; a++)
            if (isnan(info->arg[a].fallback))
                assert_int_equal(sow_scheme_set(&s, info->arg[a].name, 3), SOW_OK);
        for (size_t k = 0; k < COUNT_OF(shapes) && !done; k++)
            for (int rank = 4; rank >= 1 && !done; rank--) {
                const subject one = {info->name, s, rank, shapes[k]};
                if (sow_check_scheme(&s, rank, shapes[k], SOW_F32, NULL, 0) != SOW_OK)
                    continue;
                for (size_t d = 0; d < COUNT_OF(dtypes); d++)
                    check_boxes(&one, dtypes[d], NULL, boxes());
                done = 1;
            }
        if (!done)
            fail_msg("%s: no shape suits it", info->name);
    }
}

static void boxes_of_written_schemes(void **state)
{
    (void)state;
    sow_context *ctx;
    const sow_context_options options = {.threads = 2};
    assert_int_equal(sow_context_create(&options, &ctx), SOW_OK);
    for (size_t i = 0; i < COUNT_OF(specials); i++) {
        subject s = {specials[i].scheme, test_scheme(specials[i].scheme), specials[i].rank, specials[i].shape};
        s.scheme.parts = specials[i].parts;
        for (size_t d = 0; d < COUNT_OF(dtypes); d++)
            check_boxes(&s, dtypes[d], ctx, boxes());
    }
    sow_context_destroy(ctx);
}

/* A tensor large enough for its tasks to go to threads, and a rank's memory for any of it. */
enum { HEIGHT = 600, WIDTH = 462, DEPTH = 4 };
static float whole_matrix[HEIGHT * WIDTH], own[HEIGHT * WIDTH];

static void fill_box(const sow_context *ctx, sow_scheme s, int rank, const int64_t *global, const int64_t *offset, const int64_t *box,
                     const int64_t *stride, float *dst)
{
    sow_tensor t = sow_tensor_make(dst, SOW_F32, rank, box);
    for (int i = 0; i < rank; i++) {
        t.global_shape[i] = global[i];
        t.offset[i] = offset[i];
        if (stride)
            t.stride[i] = stride[i];
    }
    assert_int_equal(sow_init(ctx, s, sow_stream_seed(3), &t), SOW_OK);
}

static const char *const shared_schemes[] = {"normal", "kaiming_uniform", "sparse sparsity=0.4", "identity", "orthogonal"};

/* Matrices of this size are much work where an FMA is emulated in an emulator. */
static size_t shared_count(void)
{
    return COUNT_OF(shared_schemes) - (size_t)test_emulated();
}

/* Ranks in a grid, rows and columns cut unevenly, as torch.chunk cuts: each has its block. */
static void blocks_of_a_grid(void **state)
{
    (void)state;
    static const int64_t global[] = {HEIGHT, WIDTH};
    sow_context *ctx;
    const sow_context_options options = {.threads = 2};
    assert_int_equal(sow_context_create(&options, &ctx), SOW_OK);
    for (size_t k = 0; k < shared_count(); k++) {
        const sow_scheme s = test_scheme(shared_schemes[k]);
        static const int64_t none[2];
        fill_box(ctx, s, 2, global, none, global, NULL, whole_matrix);
        for (int64_t down = 1; down <= 7; down += 3)
            for (int64_t across = 1; across <= 64; across = across * 4 + 1) {
                const int64_t rows = (HEIGHT + down - 1) / down, columns = (WIDTH + across - 1) / across;
                for (int64_t r = 0; r < HEIGHT; r += rows)
                    for (int64_t c = 0; c < WIDTH; c += columns) {
                        const int64_t offset[] = {r, c};
                        const int64_t box[] = {r + rows < HEIGHT ? rows : HEIGHT - r, c + columns < WIDTH ? columns : WIDTH - c};
                        fill_box(ctx, s, 2, global, offset, box, NULL, own);
                        for (int64_t i = 0; i < box[0]; i++)
                            assert_memory_equal(own + i * box[1], whole_matrix + (r + i) * WIDTH + c, (size_t)box[1] * sizeof *own);
                    }
                if (k + 1 == COUNT_OF(shared_schemes) && down * across > 4)
                    break; /* orthogonal blocks cost more than their share */
            }
    }
    sow_context_destroy(ctx);
}

/* Rank r of 3 holds its heads' rows of q, k and v, one behind the other; or, of (in, 2·ff) gate and up, its columns of both. */
static void interleaved_splits(void **state)
{
    (void)state;
    static const int64_t global[] = {HEIGHT, WIDTH}, none[2];
    enum { RANKS = 3 };
    for (size_t k = 0; k < shared_count(); k++) {
        sow_scheme thirds = sow_scheme_named("blocks"), halves = sow_scheme_named("blocks");
        const sow_scheme inner = test_scheme(shared_schemes[k]);
        static const int64_t qkv[] = {HEIGHT / 3, HEIGHT / 3, HEIGHT / 3}, gate_up[] = {WIDTH / 2, WIDTH / 2};
        const sow_scheme_parts of_thirds = {.inner = &inner, .inner_count = 1, .list = qkv, .list_count = 3};
        const sow_scheme_parts of_halves = {.inner = &inner, .inner_count = 1, .list = gate_up, .list_count = 2};
        thirds.parts = &of_thirds;
        halves.parts = &of_halves;
        assert_int_equal(sow_scheme_set(&halves, "axis", 1), SOW_OK);

        fill_box(NULL, thirds, 2, global, none, global, NULL, whole_matrix);
        for (int64_t r = 0; r < RANKS; r++) {
            const int64_t each = HEIGHT / 3, rows = (each + RANKS - 1) / RANKS, first = r * rows;
            const int64_t box[] = {first + rows < each ? rows : each - first, WIDTH};
            for (int64_t b = 0; b < 3; b++)
                fill_box(NULL, thirds, 2, global, (int64_t[]){b * each + first, 0}, box, NULL, own + b * box[0] * WIDTH);
            for (int64_t b = 0; b < 3; b++)
                assert_memory_equal(own + b * box[0] * WIDTH, whole_matrix + (b * each + first) * WIDTH,
                                    (size_t)(box[0] * WIDTH) * sizeof *own);
        }

        fill_box(NULL, halves, 2, global, none, global, NULL, whole_matrix);
        for (int64_t r = 0; r < RANKS; r++) {
            const int64_t each = WIDTH / 2, columns = each / RANKS, first = r * columns;
            const int64_t box[] = {HEIGHT, columns}, stride[] = {2 * columns, 1};
            for (int64_t b = 0; b < 2; b++)
                fill_box(NULL, halves, 2, global, (int64_t[]){0, b * each + first}, box, stride, own + b * columns);
            for (int64_t i = 0; i < HEIGHT; i++)
                for (int64_t b = 0; b < 2; b++)
                    assert_memory_equal(own + (2 * i + b) * columns, whole_matrix + i * WIDTH + b * each + first,
                                        (size_t)columns * sizeof *own);
        }
    }
}

/* (experts, in, out): experts to ranks, and each expert's outputs to ranks. */
static void stacks_of_experts(void **state)
{
    (void)state;
    static const int64_t global[] = {DEPTH, HEIGHT / DEPTH, WIDTH}, none[3];
    for (size_t k = 0; k < shared_count(); k++) {
        const sow_scheme inner = test_scheme(shared_schemes[k]);
        const sow_scheme_parts parts = {.inner = &inner, .inner_count = 1};
        sow_scheme s = sow_scheme_named("stack");
        s.parts = &parts;
        fill_box(NULL, s, 3, global, none, global, NULL, whole_matrix);
        for (int64_t e = 0; e < DEPTH; e++) {
            fill_box(NULL, s, 3, global, (int64_t[]){e, 0, 0}, (int64_t[]){1, global[1], WIDTH}, NULL, own);
            assert_memory_equal(own, whole_matrix + e * global[1] * WIDTH, (size_t)(global[1] * WIDTH) * sizeof *own);
        }
        for (int64_t c = 0; c < WIDTH; c += 100) {
            const int64_t n = c + 100 < WIDTH ? 100 : WIDTH - c;
            fill_box(NULL, s, 3, global, (int64_t[]){0, 0, c}, (int64_t[]){DEPTH, global[1], n}, NULL, own);
            for (int64_t i = 0; i < DEPTH * global[1]; i++)
                assert_memory_equal(own + i * n, whole_matrix + i * WIDTH + c, (size_t)n * sizeof *own);
        }
    }
}

/* A row that no test above has seen is an error. */
static void every_scheme_is_here(void **state)
{
    (void)state;
    for (size_t i = 0; i < sow_scheme_count(); i++) {
        const sow_scheme_info *info = sow_scheme_info_at(i);
        int found = info->plain && !info->parts;
        for (size_t k = 0; k < COUNT_OF(specials); k++)
            found |= test_scheme(specials[k].scheme).row == (int)i;
        if (!found)
            fail_msg("%s has no case in tests/test_shards.c", info->name);
    }
}

int main(void)
{
    make_inner();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(boxes_of_plain_schemes), cmocka_unit_test(boxes_of_written_schemes), cmocka_unit_test(blocks_of_a_grid),
        cmocka_unit_test(interleaved_splits),     cmocka_unit_test(stacks_of_experts),        cmocka_unit_test(every_scheme_is_here),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
