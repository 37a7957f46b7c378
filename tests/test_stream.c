/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "src/siphash.h"
#include "tests/support.h"

/* The checks count what is wrong, so that a planted fault can show that they see it. */
typedef void block_function(sow_stream stream, uint64_t block, uint32_t words[4]);
typedef void hash_function(uint64_t key0, uint64_t key1, const unsigned char *message, size_t length, uint64_t out[2]);

static size_t parse_words(const char *text, uint32_t *words, size_t count)
{
    size_t n = 0;
    for (char *end; n < count; text = end) {
        words[n] = (uint32_t)strtoul(text, &end, 16);
        if (end == text)
            break;
        n++;
    }
    return n;
}

static size_t philox_failures(block_function *block, size_t *lines)
{
    FILE *file = test_vectors_open("philox4x32_10.txt");
    char line[256];
    size_t failures = 0;
    *lines = 0;
    while (test_vectors_line(file, line, sizeof line)) {
        uint32_t v[10], out[4];
        assert_int_equal(parse_words(line, v, 10), 10);
        const sow_stream s = {.key = v[4] | (uint64_t)v[5] << 32, .id = v[2] | (uint64_t)v[3] << 32};
        block(s, v[0] | (uint64_t)v[1] << 32, out);
        failures += memcmp(out, v + 6, sizeof out) != 0;
        ++*lines;
    }
    return failures;
}

static size_t siphash_failures(hash_function *hash, size_t *lines)
{
    FILE *file = test_vectors_open("siphash_2_4_128.txt");
    char line[256];
    size_t failures = 0;
    unsigned char message[64];
    for (size_t i = 0; i < sizeof message; i++)
        message[i] = (unsigned char)i;
    *lines = 0;
    while (test_vectors_line(file, line, sizeof line)) {
        uint64_t out[2];
        char hex[33];
        hash(0x0706050403020100u, 0x0f0e0d0c0b0a0908u, message, *lines, out);
        for (size_t i = 0; i < 16; i++)
            snprintf(hex + 2 * i, 3, "%02x", (unsigned)(out[i / 8] >> 8 * (i % 8) & 0xff));
        assert_int_equal(strlen(line), 32);
        failures += strcmp(hex, line) != 0;
        ++*lines;
    }
    return failures;
}

/* "seed=S/name=N/index=I": a name ends at the next '/', or at the end. */
static sow_stream parse_path(const char *path, size_t length)
{
    const char *end = path + length;
    char *next;
    assert_memory_equal(path, "seed=", 5);
    sow_stream s = sow_stream_seed(strtoull(path + 5, &next, 10));
    for (const char *at = next; at < end;) {
        if (strncmp(at, "/name=", 6) == 0) {
            const char *name = at + 6, *slash = memchr(name, '/', (size_t)(end - name));
            at = slash ? slash : end;
            s = sow_stream_named(s, name, (size_t)(at - name));
        } else if (strncmp(at, "/index=", 7) == 0) {
            s = sow_stream_indexed(s, strtoull(at + 7, &next, 10));
            at = next;
        } else {
            fail_msg("cannot read the path %.*s", (int)length, path);
        }
    }
    return s;
}

/* The path may hold blanks: the seven fields after it are counted from the end. */
static size_t path_length(const char *line)
{
    size_t length = strlen(line);
    for (int fields = 7; fields--;)
        while (length && line[--length] != ' ')
            ;
    return length;
}

static size_t stream_failures(block_function *block, size_t *lines)
{
    FILE *file = test_vectors_open("streams.txt");
    char line[1024];
    size_t failures = 0;
    *lines = 0;
    while (test_vectors_line(file, line, sizeof line)) {
        const size_t length = path_length(line);
        const sow_stream s = parse_path(line, length);
        uint64_t key, id, b;
        int used;
        assert_int_equal(sscanf(line + length, "%" SCNx64 "%" SCNx64 "%" SCNu64 "%n", &key, &id, &b, &used), 3);
        uint32_t expected[4], out[4];
        assert_int_equal(parse_words(line + length + used, expected, 4), 4);
        block(s, b, out);
        failures += s.key != key || s.id != id || memcmp(out, expected, sizeof out) != 0;
        ++*lines;
    }
    return failures;
}

static void hash(uint64_t key0, uint64_t key1, const unsigned char *message, size_t length, uint64_t out[2])
{
    sow__siphash h;
    sow__siphash_start(&h, key0, key1);
    sow__siphash_add(&h, message, length / 3); /* in two pieces: the border must not show */
    sow__siphash_add(&h, message + length / 3, length - length / 3);
    sow__siphash_finish(&h, out);
}

static void all_vectors(void **state)
{
    (void)state;
    size_t lines;
    assert_int_equal(philox_failures(sow_stream_block, &lines), 0);
    assert_true(lines >= 19);
    assert_int_equal(siphash_failures(hash, &lines), 0);
    assert_int_equal(lines, 64);
    assert_int_equal(stream_failures(sow_stream_block, &lines), 0);
    assert_true(lines >= 40);
}

/* C++26, [rand.predef]: the 10000th value of a default-constructed philox4x32. */
static void the_standard_s_value(void **state)
{
    (void)state;
    uint32_t words[4];
    sow_stream_block(sow_stream_seed(20111115), 9999 / 4, words);
    assert_int_equal(words[9999 % 4], 1955073260);
}

static void five_rounds(sow_stream s, uint64_t block, uint32_t words[4])
{
    uint32_t c[4] = {(uint32_t)block, (uint32_t)(block >> 32), (uint32_t)s.id, (uint32_t)(s.id >> 32)};
    uint32_t k[2] = {(uint32_t)s.key, (uint32_t)(s.key >> 32)};
    for (int round = 0; round < 5; round++) {
        const uint64_t p = (uint64_t)c[0] * 0xd2511f53u, q = (uint64_t)c[2] * 0xcd9e8d57u;
        c[0] = (uint32_t)(q >> 32) ^ c[1] ^ k[0];
        c[2] = (uint32_t)(p >> 32) ^ c[3] ^ k[1];
        c[1] = (uint32_t)q;
        c[3] = (uint32_t)p;
        k[0] += 0x9e3779b9u;
        k[1] += 0xbb67ae85u;
    }
    memcpy(words, c, sizeof c);
}

static void one_bit_off(sow_stream s, uint64_t block, uint32_t words[4])
{
    sow_stream_block(s, block, words);
    words[3] ^= 0x80000000u;
}

static void hash_one_bit_off(uint64_t key0, uint64_t key1, const unsigned char *message, size_t length, uint64_t out[2])
{
    hash(key0, key1, message, length, out);
    out[1] ^= 1;
}

static void planted_faults_are_seen(void **state)
{
    (void)state;
    size_t lines, failures;
    failures = philox_failures(five_rounds, &lines);
    assert_int_equal(failures, lines);
    failures = philox_failures(one_bit_off, &lines);
    assert_int_equal(failures, lines);
    failures = stream_failures(five_rounds, &lines);
    assert_int_equal(failures, lines);
    failures = stream_failures(one_bit_off, &lines);
    assert_int_equal(failures, lines);
    failures = siphash_failures(hash_one_bit_off, &lines);
    assert_int_equal(failures, lines);
}

static int same(sow_stream a, sow_stream b)
{
    return a.key == b.key && a.id == b.id;
}

static void names_and_indices_are_apart(void **state)
{
    (void)state;
    const sow_stream root = sow_stream_seed(7);
    assert_false(same(sow_stream_named(root, "\0\0\0\0\0\0\0\0", 8), sow_stream_indexed(root, 0)));
    assert_false(same(sow_stream_named(root, "a\0", 2), sow_stream_named(root, "a", 1)));
    assert_false(same(sow_stream_named(root, "ab", 2), sow_stream_named(sow_stream_named(root, "a", 1), "b", 1)));
    assert_false(same(sow_stream_indexed(root, 0), sow_stream_indexed(root, (uint64_t)1 << 32)));
    assert_true(same(sow_stream_named(root, NULL, 0), sow_stream_named(root, "", 0)));
    /* seed s, rank r + 1 against seed s + 1, rank r; and seeds from 2^31 on */
    assert_false(same(sow_stream_indexed(sow_stream_seed(1), 1), sow_stream_indexed(sow_stream_seed(2), 0)));
    assert_false(same(sow_stream_seed((uint64_t)1 << 31), sow_stream_seed((uint64_t)-1 << 31)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_vectors),
        cmocka_unit_test(the_standard_s_value),
        cmocka_unit_test(planted_faults_are_seen),
        cmocka_unit_test(names_and_indices_are_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
