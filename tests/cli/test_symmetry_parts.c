/* SPDX-License-Identifier: MIT */
/* sow symmetry's own tanh against libm's in long double, its comparison of units against planted differences, and the bits of a training,
 * which are the same on every machine. */
#include <float.h>
#include <math.h>
#include <sow/sow.h>
#include <string.h>

#include "tests/support.h"
#include "tools/symmetry/net.h"
#include "tools/symmetry/task.h"
#include "tools/symmetry/trial.h"

/* Distance in units of the last place of the true value. */
static double ulps(double got, long double want)
{
    const double last = nextafter(fabs((double)want), INFINITY) - fabs((double)want);
    return (double)(fabsl((long double)got - want) / (long double)last);
}

static void tanh_is_right(void **state)
{
    (void)state;
    double worst = 0, before = -1;
    for (int i = -400000; i <= 400000; i++) {
        const double x = i * 5.1e-5, y = net_tanh(x);
        worst = fmax(worst, ulps(y, tanhl((long double)x)));
        assert_true(y >= before - 3 * DBL_EPSILON && y == -net_tanh(-x) && fabs(y) <= 1);
        before = y;
    }
    for (double x = 1e-300; x < 1e3; x *= 1.01)
        worst = fmax(worst, ulps(net_tanh(x), tanhl((long double)x)));
    print_message("tanh: at most %.2f ulp\n", worst);
    assert_true(worst < 4);
    assert_true(net_tanh(0) == 0 && net_tanh(INFINITY) == 1 && net_tanh(-INFINITY) == -1 && isnan(net_tanh(NAN)));
    assert_true(net_tanh(DBL_MIN) == DBL_MIN && net_tanh(0x1p-1074) == 0x1p-1074);
}

static void units(void **state)
{
    (void)state;
    enum { IN = 3, OUT = 5 };
    double w[OUT * IN], b[OUT];
    const struct net_layer layer = {.in = IN, .out = OUT, .w = w, .b = b};
    for (size_t i = 0; i < OUT * IN; i++)
        w[i] = 0.1 * (double)(i % IN);
    for (size_t i = 0; i < OUT; i++)
        b[i] = 0.5;
    struct units u = units_compare(&layer);
    assert_true(u.distinct == 1 && u.least == 0 && u.most == 0);
    w[7] = nextafter(w[7], INFINITY); /* the last place of one weight */
    u = units_compare(&layer);
    assert_true(u.distinct == 2 && u.least == 0 && u.most == w[7] - w[1]);
    w[7] = w[1];
    w[9] = 0x1p-1074; /* the square of the difference vanishes */
    u = units_compare(&layer);
    assert_true(u.distinct == 2 && u.least == 0 && u.most > 0 && u.most < 1e-160);
    w[9] = 0;
    b[4] = 3.5; /* biases count */
    u = units_compare(&layer);
    assert_true(u.distinct == 2 && u.least == 0 && u.most == 3);
    for (size_t i = 0; i < OUT; i++)
        w[i * IN] = 10 * (double)i;
    b[4] = 0.5;
    u = units_compare(&layer);
    assert_true(u.distinct == OUT && u.least == 10 && u.most == 40);
    w[0] = NAN;
    assert_true(isnan(units_compare(&layer).most));
}

/* FNV-1a over the bits of all weights and biases. */
static uint64_t digest(const struct net *net)
{
    uint64_t hash = 0xcbf29ce484222325;
    for (size_t l = 0; l < net->layers; l++)
        for (size_t i = 0; i < net->layer[l].out * (net->layer[l].in + 1); i++) {
            const struct net_layer *const y = &net->layer[l];
            const double value = i < y->out ? y->b[i] : y->w[i - y->out];
            uint64_t bits;
            memcpy(&bits, &value, sizeof bits);
            for (int byte = 0; byte < 64; byte += 8)
                hash = (hash ^ (bits >> byte & 0xff)) * 0x100000001b3;
        }
    return hash;
}

static void no_progress(const char *name)
{
    (void)name;
}

static void trains_alike(void **state)
{
    (void)state;
    static const size_t width[] = {16, 9, 1};
    static const uint64_t want[][2] = {{0x9e4f20db1cd7dee8, 0xea10c866711a18d6}, {0x33f6a115c5c6942b, 0xab395fdf014a7352}};
    const sow_stream seed = sow_stream_seed(7);
    struct net_data data;
    task_draw(&data, TASK_XOR, sow_stream_named(seed, "points", 6), 100);
    for (int activation = NET_TANH; activation <= NET_RELU; activation++)
        for (int i = 0; i < 2; i++) {
            const sow_scheme scheme = i ? sow_xavier_normal(1) : sow_constant(0.25);
            struct net net;
            struct trial trial = {.name = ""};
            net_create(&net, NULL, (enum net_activation)activation, width, 3, data.points);
            net_init(&net, &scheme, seed);
            trial_run(&trial, &net, &data, 50, 0.05, no_progress);
            print_message("%d %d: 0x%016llx\n", activation, i, (unsigned long long)digest(&net));
            assert_true(digest(&net) == want[activation][i]);
            assert_true((trial_most(&trial) == 0) == (i == 0));
            trial_free(&trial);
            net_free(&net);
        }
    task_free(&data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(tanh_is_right), cmocka_unit_test(units), cmocka_unit_test(trains_alike)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
