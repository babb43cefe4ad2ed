/* SPDX-License-Identifier: MIT */
/*
 * Packing of what carries events. The events themselves are packed in usage_write.c; unpacking is
 * in usage_read.c.
 */
#include "lib/wire/usage.h"

#include "lib/base/check.h"
#include "lib/units/money.h"
#include "lib/wire/border.h"
#include "usage.pb-c.h"

static const char *const OUTCOME_NAMES[] = {
    [GW_OUTCOME_SUCCESS] = "success",
    [GW_OUTCOME_REFUSED] = "refused",
    [GW_OUTCOME_PROVIDER_ERROR] = "provider_error",
    [GW_OUTCOME_PROVIDER_FAILED] = "provider_failed",
    [GW_OUTCOME_CLIENT_LEFT] = "client_left",
    [GW_OUTCOME_VANISHED] = "vanished",
};

const char *gw_outcome_name(enum gw_outcome outcome)
{
    GW_CHECK(outcome >= GW_OUTCOME_SUCCESS && (size_t)outcome < GW_COUNT(OUTCOME_NAMES));
    return OUTCOME_NAMES[outcome];
}

/* ---- Batches ---------------------------------------------------------------------------- */

/*
 * The events of a batch are packed already, so its few fields are written by hand around them:
 * a key is (field number << 3 | wire type), as protobuf's encoding has it.
 */
enum { VARINT = 0, BYTES = 2 };

static void put_varint(struct gw_buf *out, uint64_t value)
{
    while (value >= 0x80) {
        gw_buf_append_byte(out, (char)(value | 0x80));
        value >>= 7;
    }
    gw_buf_append_byte(out, (char)value);
}

static void put_number(struct gw_buf *out, unsigned field, uint64_t value)
{
    if (value != 0) {
        put_varint(out, field << 3 | VARINT);
        put_varint(out, value);
    }
}

static void put_bytes(struct gw_buf *out, unsigned field, struct gw_text bytes)
{
    put_varint(out, field << 3 | BYTES);
    put_varint(out, bytes.len);
    gw_buf_append(out, bytes);
}

enum gw_err gw_usage_batch_pack(const struct gw_usage_batch_head *head,
                                const struct gw_text *events, size_t count, struct gw_buf *out)
{
    char node[GW_USAGE_NODE_MAX + 1];
    size_t node_len = gw_border_clean(head->node, GW_USAGE_NODE_MAX, node);

    GW_CHECK(count <= GW_USAGE_BATCH_MAX);
    put_bytes(out, 1, (struct gw_text){(const char *)head->spool_id, GW_SPOOL_ID_SIZE});
    put_bytes(out, 2, (struct gw_text){node, node_len});
    put_number(out, 3, head->first_seq);
    for (size_t i = 0; i < count; i++) {
        put_bytes(out, 4, events[i]);
    }
    put_number(out, 5, head->lost_below);
    return out->err;
}

/* ---- Receipts --------------------------------------------------------------------------- */

enum gw_err gw_usage_receipt_pack(const struct gw_usage_receipt *receipt, struct gw_buf *out)
{
    Millrace__Usage__V1__Receipt message = MILLRACE__USAGE__V1__RECEIPT__INIT;
    Millrace__Usage__V1__Range ranges[GW_USAGE_RANGES_MAX], *places[GW_USAGE_RANGES_MAX];

    GW_CHECK(receipt->count <= GW_USAGE_RANGES_MAX);
    message.spool_id.data = (uint8_t *)receipt->spool_id;
    message.spool_id.len = GW_SPOOL_ID_SIZE;
    message.confirmed = places;
    message.n_confirmed = receipt->count;
    for (size_t i = 0; i < receipt->count; i++) {
        millrace__usage__v1__range__init(&ranges[i]);
        ranges[i].first = receipt->confirmed[i].first;
        ranges[i].last = receipt->confirmed[i].last;
        places[i] = &ranges[i];
    }
    return gw_border_pack(&message.base, out);
}
