/* SPDX-License-Identifier: MIT */
/*
 * jansson parses. It has no bound on what a tree costs (an empty object takes three bytes of text
 * and hundreds of memory), so brackets and commas are counted before it is let loose.
 */
#include "lib/base/check.h"
#include "lib/json/inside.h"

/* How deep and how many, without knowing whether it is JSON at all. */
struct extent {
    size_t depth_most;
    size_t values;
};

static struct extent measure(struct gw_text bytes)
{
    struct extent extent = {0, 1};
    size_t depth = 0, i;
    bool in_text = false;

    for (i = 0; i < bytes.len; i++) {
        char byte = bytes.at[i];

        if (in_text) {
            i += byte == '\\';
            in_text = byte != '"';
            continue;
        }
        in_text = byte == '"';
        extent.values += byte == ',' || byte == '[' || byte == '{';
        if (byte == '[' || byte == '{') {
            depth++;
        } else if ((byte == ']' || byte == '}') && depth > 0) {
            depth--;
        }
        extent.depth_most = depth > extent.depth_most ? depth : extent.depth_most;
    }
    return extent;
}

/* Our own words: jansson's quote the document, which may hold a secret. */
static const char *reason_of(enum json_error_code code)
{
    switch (code) {
    case json_error_premature_end_of_input:
        return "it ends too early";
    case json_error_end_of_input_expected:
        return "something follows after the end";
    case json_error_invalid_utf8:
        return "it is not valid UTF-8";
    case json_error_duplicate_key:
        return "a name stands twice in one object";
    case json_error_numeric_overflow:
        return "a number is too large";
    case json_error_null_byte_in_key:
        return "a name has a zero character";
    case json_error_stack_overflow:
        return "it is nested too deeply";
    default:
        return "it is not JSON";
    }
}

enum gw_err gw_json_parse(struct gw_text bytes, size_t size_max, struct gw_json_doc **ret_doc,
                          struct gw_fault *fault)
{
    struct extent extent;
    json_error_t error;
    json_t *root;

    if (bytes.len > size_max) {
        return gw_fail(fault, GW_E_TOO_LARGE, "document is larger than %zu bytes", size_max);
    }
    extent = measure(bytes);
    if (extent.depth_most > GW_JSON_DEPTH_MAX) {
        return gw_fail(fault, GW_E_INVALID, "document is nested deeper than %d levels",
                       GW_JSON_DEPTH_MAX);
    }
    if (extent.values > GW_JSON_VALUES_MAX) {
        return gw_fail(fault, GW_E_TOO_LARGE, "document has more than %d values",
                       GW_JSON_VALUES_MAX);
    }
    root = json_loadb(bytes.len == 0 ? "" : bytes.at, bytes.len,
                      JSON_REJECT_DUPLICATES | JSON_DECODE_ANY | JSON_ALLOW_NUL, &error);
    if (root == NULL) {
        return gw_fail(fault, GW_E_INVALID, "line %d, column %d: %s", error.line, error.column,
                       reason_of(json_error_code(&error)));
    }
    *ret_doc = GW_NEW(struct gw_json_doc);
    (*ret_doc)->root = root;
    return GW_OK;
}

void gw_json_doc_free(struct gw_json_doc *doc)
{
    if (doc != NULL) {
        json_decref(doc->root);
        gw_free(doc);
    }
}
