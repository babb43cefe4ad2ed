/* SPDX-License-Identifier: MIT */
#include "lib/net/call/framing.h"

#define CHUNK_DIGITS_MAX   15 /* so that a size fits 64 bits with room to spare */
#define CHUNK_LINE_MAX     ((size_t)4096)
#define CHUNK_TRAILERS_MAX ((size_t)16384)

/* ---- Head ------------------------------------------------------------------------------- */

size_t gw_http_head_size(struct gw_text raw, size_t *scanned)
{
    size_t from = *scanned > 3 ? *scanned - 3 : 0; /* the end may be cut in two */
    const char *end;

    if (raw.len < 4) {
        return 0;
    }
    end = memmem(raw.at + from, raw.len - from, "\r\n\r\n", 4);
    if (end == NULL) {
        *scanned = raw.len;
        return 0;
    }
    return (size_t)(end - raw.at) + 4;
}

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

/* "HTTP/1.1 200 OK"; the reason may be missing, and even the space before it. */
static const char *parse_status(struct gw_text line, struct gw_http_head *head, bool *ret_is_old)
{
    const char *at = line.at;

    if (line.len < 12 || memcmp(at, "HTTP/1.", 7) != 0 || (at[7] != '0' && at[7] != '1') ||
        at[8] != ' ' || !is_digit(at[9]) || !is_digit(at[10]) || !is_digit(at[11]) ||
        (line.len > 12 && at[12] != ' ')) {
        return "status line is not one of HTTP/1";
    }
    *ret_is_old = at[7] == '0';
    head->status = (at[9] - '0') * 100 + (at[10] - '0') * 10 + (at[11] - '0');
    if (head->status < 100 || head->status > 599 || head->status == 101) {
        return "status is none we can pass on";
    }
    return NULL;
}

/* RFC 9110 section 5.6.2, as a table: 1 for what a name may hold, 2 for controls. */
static const unsigned char KINDS[256] = {
    ['!'] = 1,         ['#'] = 1,         ['$'] = 1,         ['%'] = 1,     ['&'] = 1,
    ['\''] = 1,        ['*'] = 1,         ['+'] = 1,         ['-'] = 1,     ['.'] = 1,
    ['^'] = 1,         ['_'] = 1,         ['`'] = 1,         ['|'] = 1,     ['~'] = 1,
    ['0' ... '9'] = 1, ['A' ... 'Z'] = 1, ['a' ... 'z'] = 1, [0 ... 8] = 2, [10 ... 31] = 2,
    [127] = 2,
};

static const char *parse_header(struct gw_text line, struct gw_http_header *ret_header)
{
    size_t len = 0;

    while (len < line.len && KINDS[(unsigned char)line.at[len]] == 1) {
        len++;
    }
    if (len == 0 || len == line.len || line.at[len] != ':') {
        return "header line without a proper name";
    }
    ret_header->name = (struct gw_text){line.at, len};
    ret_header->value = gw_text_trim(gw_text_skip(line, len + 1));
    for (size_t i = 0; i < ret_header->value.len; i++) {
        if (KINDS[(unsigned char)ret_header->value.at[i]] == 2) {
            return "control character in a header";
        }
    }
    return NULL;
}

/* What the headers say about framing, collected while they are read. */
struct framing {
    bool has_length;
    bool is_chunked;
    bool says_close;
    bool says_keep;
    uint64_t length;
};

static const char *note_length(struct gw_text value, struct framing *framing)
{
    uint64_t length;

    if (value.len == 0 || !is_digit(value.at[0]) || gw_text_to_u64(value, &length) != GW_OK ||
        length == GW_HTTP_LENGTH_UNKNOWN) {
        return "content-length is not a number";
    }
    if (framing->has_length && framing->length != length) {
        return "two different content-lengths";
    }
    framing->has_length = true;
    framing->length = length;
    return NULL;
}

static const char *note_coding(struct gw_text value, struct framing *framing)
{
    if (framing->is_chunked || !gw_text_eq_nocase(value, GW_TEXT("chunked"))) {
        return "transfer-encoding is not chunked alone";
    }
    framing->is_chunked = true;
    return NULL;
}

static void note_connection(struct gw_text value, struct framing *framing)
{
    struct gw_text option;

    while (value.len > 0) {
        if (!gw_text_cut(value, ',', &option, &value)) {
            option = value;
            value.len = 0;
        }
        option = gw_text_trim(option);
        framing->says_close |= gw_text_eq_nocase(option, GW_TEXT("close"));
        framing->says_keep |= gw_text_eq_nocase(option, GW_TEXT("keep-alive"));
    }
}

static const char *note(const struct gw_http_header *header, struct framing *framing)
{
    switch (header->name.len) { /* most headers are none of the three */
    case sizeof("content-length") - 1:
        return gw_text_eq_nocase(header->name, GW_TEXT("content-length"))
                   ? note_length(header->value, framing)
                   : NULL;
    case sizeof("transfer-encoding") - 1:
        return gw_text_eq_nocase(header->name, GW_TEXT("transfer-encoding"))
                   ? note_coding(header->value, framing)
                   : NULL;
    case sizeof("connection") - 1:
        if (gw_text_eq_nocase(header->name, GW_TEXT("connection"))) {
            note_connection(header->value, framing);
        }
        return NULL;
    default:
        return NULL;
    }
}

static const char *decide(const struct framing *framing, bool is_to_head, bool is_old,
                          struct gw_http_head *head)
{
    if (framing->is_chunked && framing->has_length) {
        return "content-length beside transfer-encoding";
    }
    if (framing->is_chunked && is_old) {
        return "transfer-encoding in an answer of HTTP/1.0";
    }
    head->length = 0;
    if (is_to_head || head->status < 200 || head->status == 204 || head->status == 304) {
        head->body = GW_HTTP_BODY_NONE;
    } else if (framing->is_chunked) {
        head->body = GW_HTTP_BODY_CHUNKED;
    } else if (framing->has_length) {
        head->body = framing->length == 0 ? GW_HTTP_BODY_NONE : GW_HTTP_BODY_LENGTH;
        head->length = framing->length;
    } else {
        head->body = GW_HTTP_BODY_UNTIL_CLOSE;
    }
    head->keeps_alive = head->body != GW_HTTP_BODY_UNTIL_CLOSE && !framing->says_close &&
                        (!is_old || framing->says_keep);
    return NULL;
}

/* Cuts the next line, without its end, off `text`. */
static bool next_line(struct gw_text *text, struct gw_text *ret_line)
{
    const char *end = memchr(text->at, '\n', text->len);
    size_t len = end == NULL ? 0 : (size_t)(end - text->at);

    if (len == 0 || text->at[len - 1] != '\r') {
        return false;
    }
    *ret_line = (struct gw_text){text->at, len - 1};
    *text = gw_text_skip(*text, len + 1);
    return true;
}

const char *gw_http_head_parse(struct gw_text raw, bool is_to_head, struct gw_http_head *ret_head)
{
    static const char *const BAD_END = "line does not end in carriage return and line feed";
    struct framing framing = {0};
    struct gw_text line;
    bool is_old = false;
    const char *bad;

    ret_head->header_count = 0;
    if (!next_line(&raw, &line)) {
        return BAD_END;
    }
    bad = parse_status(line, ret_head, &is_old);
    while (bad == NULL) {
        struct gw_http_header *header = &ret_head->headers[ret_head->header_count];

        if (!next_line(&raw, &line)) {
            return BAD_END;
        }
        if (line.len == 0) {
            return decide(&framing, is_to_head, is_old, ret_head);
        }
        if (ret_head->header_count == GW_HTTP_HEADERS_MAX) {
            return "too many headers";
        }
        bad = parse_header(line, header); /* a folded line has no proper name, either */
        if (bad == NULL) {
            bad = note(header, &framing);
            ret_head->header_count++;
        }
    }
    return bad;
}

/* ---- Chunks ----------------------------------------------------------------------------- */

/*
 *   SIZE -> [EXTENSION] -> SIZE_END -> DATA -> DATA_CR -> DATA_LF -> SIZE ...
 *                             |
 *                             +-- size 0 --> LINE -> [TRAILER -> TRAILER_LF -> LINE ...] -> END_LF
 */
enum state {
    SIZE,
    EXTENSION,
    SIZE_LF,
    DATA,
    DATA_CR,
    DATA_LF,
    LINE, /* at the start of a trailer, or of the empty line that ends it all */
    TRAILER,
    TRAILER_LF,
    END_LF,
    END,
    BAD,
};

void gw_http_chunks_init(struct gw_http_chunks *chunks)
{
    *chunks = (struct gw_http_chunks){.state = SIZE};
}

static int hex(char byte)
{
    if (is_digit(byte)) {
        return byte - '0';
    }
    byte |= 0x20;
    return byte >= 'a' && byte <= 'f' ? byte - 'a' + 10 : -1;
}

static enum state in_size(struct gw_http_chunks *chunks, char byte)
{
    int digit = hex(byte);

    if (digit >= 0) {
        chunks->left = chunks->left * 16 + (unsigned)digit;
        return ++chunks->digits > CHUNK_DIGITS_MAX ? BAD : SIZE;
    }
    if (chunks->digits == 0) {
        return BAD;
    }
    chunks->line = 0;
    switch (byte) {
    case '\r':
        return SIZE_LF;
    case ';':
    case ' ':
    case '\t':
        return EXTENSION;
    default:
        return BAD;
    }
}

static enum state after_size(struct gw_http_chunks *chunks, char byte)
{
    if (byte != '\n') {
        return BAD;
    }
    chunks->digits = 0;
    return chunks->left == 0 ? LINE : DATA;
}

static enum state in_trailer(struct gw_http_chunks *chunks, char byte)
{
    if (++chunks->trailers > CHUNK_TRAILERS_MAX || byte == '\n') {
        return BAD;
    }
    return byte == '\r' ? TRAILER_LF : TRAILER;
}

/* One byte that is not the body's. */
static enum state step(struct gw_http_chunks *chunks, char byte)
{
    switch ((enum state)chunks->state) {
    case SIZE:
        return in_size(chunks, byte);
    case EXTENSION:
        if (++chunks->line > CHUNK_LINE_MAX || byte == '\n') {
            return BAD;
        }
        return byte == '\r' ? SIZE_LF : EXTENSION;
    case SIZE_LF:
        return after_size(chunks, byte);
    case DATA_CR:
        return byte == '\r' ? DATA_LF : BAD;
    case DATA_LF:
        return byte == '\n' ? SIZE : BAD;
    case LINE:
        return byte == '\r' ? END_LF : in_trailer(chunks, byte);
    case TRAILER:
        return in_trailer(chunks, byte);
    case TRAILER_LF:
        return byte == '\n' ? LINE : BAD;
    case END_LF:
        return byte == '\n' ? END : BAD;
    case DATA:
    case END:
    case BAD:
        break;
    }
    return BAD;
}

enum gw_http_chunks_result gw_http_chunks_decode(struct gw_http_chunks *chunks, char *raw,
                                                 size_t size, struct gw_text *ret_body,
                                                 size_t *ret_used)
{
    size_t used = 0, len = 0;
    char *body = raw;

    while (used < size && chunks->state != END && chunks->state != BAD) {
        size_t some = size - used;

        if (chunks->state != DATA) {
            chunks->state = (int)step(chunks, raw[used++]);
            continue;
        }
        if (some > chunks->left) {
            some = (size_t)chunks->left;
        }
        if (len == 0) {
            body = raw + used; /* a single chunk, which is what streams send, is not moved */
        } else {
            memmove(body + len, raw + used, some);
        }
        len += some;
        used += some;
        chunks->left -= some;
        if (chunks->left == 0) {
            chunks->state = DATA_CR;
        }
    }
    *ret_body = (struct gw_text){body, len};
    *ret_used = used;
    if (chunks->state == BAD) {
        return GW_HTTP_CHUNKS_BAD;
    }
    return chunks->state == END ? GW_HTTP_CHUNKS_END : GW_HTTP_CHUNKS_MORE;
}
