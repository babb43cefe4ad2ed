/* SPDX-License-Identifier: MIT */
/*
 * The assembler reads the file, so the document has one source and needs no generated C. CMake
 * names the file in GW_OPENAPI_FILE and builds this again when it changes.
 */
#include "statsd/desk/openapi.h"

#include <pthread.h>

#include "lib/codec/digest.h"

extern const char openapi_begin[], openapi_end[];

__asm__(".pushsection .rodata\n"
        "openapi_begin:\n"
        ".incbin \"" GW_OPENAPI_FILE "\"\n"
        "openapi_end:\n"
        ".popsection\n");

static pthread_once_t once = PTHREAD_ONCE_INIT;
static char sha256[GW_DIGEST_HEX_SIZE];

struct gw_text openapi_document(void)
{
    return (struct gw_text){openapi_begin, (size_t)(openapi_end - openapi_begin)};
}

static void make_sha256(void)
{
    struct gw_digest digest;

    gw_sha256(openapi_document(), &digest);
    gw_hex(gw_digest_text(&digest), sha256);
}

const char *openapi_sha256(void)
{
    pthread_once(&once, make_sha256);
    return sha256;
}
