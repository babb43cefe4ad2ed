/* SPDX-License-Identifier: MIT */
/*
 * Bytes as text: hex and base64url, declared in digest.h.
 */
#include "lib/codec/digest.h"

static const char HEX[] = "0123456789abcdef";
static const char BASE64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/* ---- Hex -------------------------------------------------------------------------------- */

void gw_hex(struct gw_text bytes, char *ret_text)
{
    size_t i;

    for (i = 0; i < bytes.len; i++) {
        ret_text[2 * i] = HEX[(unsigned char)bytes.at[i] >> 4];
        ret_text[2 * i + 1] = HEX[(unsigned char)bytes.at[i] & 15];
    }
    ret_text[2 * bytes.len] = '\0';
}

static int hex_value(char letter)
{
    if (letter >= '0' && letter <= '9') {
        return letter - '0';
    }
    letter = (char)(letter | 0x20);
    return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
}

enum gw_err gw_unhex(struct gw_text text, void *ret_bytes, size_t size)
{
    unsigned char *to = ret_bytes;
    size_t i;

    if (text.len % 2 != 0 || text.len / 2 != size) {
        return GW_E_INVALID;
    }
    for (i = 0; i < text.len; i++) {
        if (hex_value(text.at[i]) < 0) {
            return GW_E_INVALID;
        }
    }
    for (i = 0; i < size; i++) {
        to[i] = (unsigned char)(hex_value(text.at[2 * i]) << 4 | hex_value(text.at[2 * i + 1]));
    }
    return GW_OK;
}

enum gw_err gw_digest_from_hex(struct gw_text text, struct gw_digest *ret_digest)
{
    return gw_unhex(text, ret_digest->at, GW_DIGEST_SIZE);
}

/* ---- Base64url -------------------------------------------------------------------------- */

enum gw_err gw_base64url(struct gw_text bytes, struct gw_buf *out)
{
    uint32_t bits = 0;
    int held = 0;
    size_t i;

    for (i = 0; i < bytes.len; i++) {
        bits = bits << 8 | (unsigned char)bytes.at[i];
        for (held += 8; held >= 6; held -= 6) {
            gw_buf_append_byte(out, BASE64[bits >> (held - 6) & 63]);
        }
    }
    if (held > 0) {
        gw_buf_append_byte(out, BASE64[bits << (6 - held) & 63]);
    }
    return out->err;
}

static int base64_value(char letter)
{
    if (letter >= 'A' && letter <= 'Z') {
        return letter - 'A';
    }
    if (letter >= 'a' && letter <= 'z') {
        return letter - 'a' + 26;
    }
    if (letter >= '0' && letter <= '9') {
        return letter - '0' + 52;
    }
    return letter == '-' ? 62 : letter == '_' ? 63 : -1;
}

enum gw_err gw_unbase64url(struct gw_text text, struct gw_buf *out)
{
    uint32_t bits = 0;
    int held = 0;
    size_t i;

    for (i = 0; i < text.len; i++) {
        int value = base64_value(text.at[i]);

        if (value < 0) {
            return GW_E_INVALID;
        }
        bits = bits << 6 | (uint32_t)value;
        held += 6;
        if (held >= 8) {
            held -= 8;
            gw_buf_append_byte(out, (char)(bits >> held));
        }
    }
    /* One letter alone says nothing, and there is only one way to write a text. */
    if (text.len % 4 == 1 || (bits & ((1u << held) - 1)) != 0) {
        return GW_E_INVALID;
    }
    return out->err;
}
