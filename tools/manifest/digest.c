/* SPDX-License-Identifier: MIT */
#include "manifest/digest.h"

#include <stdio.h>

#include "base/say.h"

#ifdef SOW_HAVE_XXHASH
#include <xxhash.h>

void digest_needed(const char *option)
{
    (void)option;
}

struct digester *digest_begin(void)
{
    XXH3_state_t *const state = XXH3_createState();
    if (state && XXH3_128bits_reset(state) != XXH_OK) {
        (void)XXH3_freeState(state);
        return NULL;
    }
    return (struct digester *)state;
}

void digest_add(struct digester *d, const void *data, size_t length)
{
    (void)XXH3_128bits_update((XXH3_state_t *)d, data, length);
}

struct digest digest_end(struct digester *d)
{
    static const char hex[] = "0123456789abcdef";
    XXH128_canonical_t bytes;
    struct digest digest = {""};
    XXH128_canonicalFromHash(&bytes, XXH3_128bits_digest((XXH3_state_t *)d));
    (void)XXH3_freeState((XXH3_state_t *)d);
    for (size_t i = 0; i < sizeof bytes.digest; i++) {
        digest.text[2 * i] = hex[bytes.digest[i] >> 4];
        digest.text[2 * i + 1] = hex[bytes.digest[i] & 15];
    }
    return digest;
}

const char *digest_library(void)
{
    static char text[24];
    const unsigned v = XXH_versionNumber();
    (void)snprintf(text, sizeof text, "%u.%u.%u", v / 10000, v / 100 % 100, v % 100);
    return text;
}

#else

void digest_needed(const char *option)
{
    fail(EXIT_INPUT, NOWHERE, "%s needs libxxhash, which this sow was built without (Debian: libxxhash-dev)", option);
}

struct digester *digest_begin(void)
{
    return NULL;
}

void digest_add(struct digester *d, const void *data, size_t length)
{
    (void)d, (void)data, (void)length;
}

struct digest digest_end(struct digester *d)
{
    (void)d;
    return (struct digest){""};
}

const char *digest_library(void)
{
    return NULL;
}

#endif
