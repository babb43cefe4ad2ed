/* SPDX-License-Identifier: MIT */
/*
 * What comes over the wire: the first byte chooses the message, the rest is the message. Whatever
 * is accepted must pack again and be accepted again, or the sender would be stuck with it.
 */
#include <stdint.h>

#include "lib/base/check.h"
#include "lib/wire/admin.h"
#include "lib/wire/health.h"
#include "lib/wire/sums.h"
#include "lib/wire/update.h"
#include "lib/wire/usage.h"

#define ARENA_MAX ((size_t)16 * 1024 * 1024)
#define BYTES_MAX ((size_t)16 * 1024 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct gw_update *copied(const struct gw_update *update)
{
    struct gw_version base = gw_update_base(update), version = gw_update_version(update);
    struct gw_update *copy = gw_update_new(&base, &version);
    struct gw_config_provider provider;
    struct gw_config_user user;
    struct gw_config_key key;

    for (size_t i = 0; i < gw_update_users(update); i++) {
        gw_update_user(update, i, &user);
        gw_update_put_user(copy, &user);
    }
    for (size_t i = 0; i < gw_update_keys(update); i++) {
        gw_update_key(update, i, &key);
        gw_update_put_key(copy, &key);
    }
    for (size_t i = 0; i < gw_update_providers(update); i++) {
        gw_update_provider(update, i, &provider);
        gw_update_put_provider(copy, &provider);
    }
    return copy;
}

static void try_update(struct gw_text bytes)
{
    struct gw_update *update, *again;
    struct gw_version version;
    struct gw_fault fault;
    struct gw_buf packed;
    bool is_last;

    (void)gw_update_peek(bytes, &version, &is_last);
    if (gw_update_unpack(bytes, &update, &fault) != GW_OK) {
        return;
    }
    again = copied(update);
    gw_buf_init(&packed, BYTES_MAX);
    GW_CHECK(gw_update_pack(again, &packed) == GW_OK);
    gw_update_free(again);
    gw_update_free(update);
    GW_CHECK(gw_update_unpack(gw_buf_text(&packed), &update, &fault) == GW_OK);
    gw_update_free(update);
    gw_buf_fini(&packed);
}

static void try_report(struct gw_text bytes)
{
    struct gw_report report;
    struct gw_fault fault;
    struct gw_buf store, packed;

    gw_buf_init(&store, 4096);
    gw_buf_init(&packed, BYTES_MAX);
    if (gw_report_unpack(bytes, &store, &report, &fault) == GW_OK) {
        GW_CHECK(gw_report_pack(&report, &packed) == GW_OK);
    }
    gw_buf_fini(&store);
    gw_buf_fini(&packed);
}

/* A batch of the one event, as a data plane would send it. */
static void pack_again(const struct gw_usage_event *event)
{
    struct gw_usage_batch_head head = {.spool_id = "0123456789abcde", .first_seq = 1};
    struct gw_usage_batch batch;
    struct gw_buf packed, whole;
    struct gw_arena arena;
    struct gw_fault fault;
    struct gw_text text;

    gw_buf_init(&packed, BYTES_MAX);
    gw_buf_init(&whole, BYTES_MAX);
    gw_arena_init(&arena, ARENA_MAX);
    GW_CHECK(gw_usage_event_pack(event, &packed) == GW_OK);
    text = gw_buf_text(&packed);
    GW_CHECK(gw_usage_batch_pack(&head, &text, 1, &whole) == GW_OK);
    GW_CHECK(gw_usage_batch_unpack(gw_buf_text(&whole), &arena, &batch, &fault) == GW_OK);
    gw_arena_fini(&arena);
    gw_buf_fini(&packed);
    gw_buf_fini(&whole);
}

static void try_batch(struct gw_text bytes)
{
    struct gw_usage_batch batch;
    struct gw_arena arena;
    struct gw_fault fault;

    gw_arena_init(&arena, ARENA_MAX);
    if (gw_usage_batch_unpack(bytes, &arena, &batch, &fault) == GW_OK) {
        for (size_t i = 0; i < batch.count; i++) {
            pack_again(&batch.events[i]);
        }
    }
    gw_arena_fini(&arena);
}

static void try_receipt(struct gw_text bytes)
{
    struct gw_usage_receipt receipt;
    struct gw_fault fault;
    struct gw_buf packed;

    if (gw_usage_receipt_unpack(bytes, &receipt, &fault) == GW_OK) {
        gw_buf_init(&packed, BYTES_MAX);
        GW_CHECK(gw_usage_receipt_pack(&receipt, &packed) == GW_OK);
        GW_CHECK(gw_usage_receipt_unpack(gw_buf_text(&packed), &receipt, &fault) == GW_OK);
        gw_buf_fini(&packed);
    }
}

static void try_request(struct gw_text bytes)
{
    struct gw_admin_request request;
    struct gw_arena arena;
    struct gw_fault fault;
    struct gw_buf packed;

    gw_arena_init(&arena, ARENA_MAX);
    if (gw_admin_request_unpack(bytes, &arena, &request, &fault) == GW_OK) {
        gw_buf_init(&packed, BYTES_MAX);
        GW_CHECK(gw_admin_request_pack(&request, &packed) == GW_OK);
        GW_CHECK(gw_admin_request_unpack(gw_buf_text(&packed), &arena, &request, &fault) == GW_OK);
        gw_buf_fini(&packed);
    }
    gw_arena_fini(&arena);
}

static void try_reply(struct gw_text bytes)
{
    struct gw_admin_reply reply;
    struct gw_arena arena;
    struct gw_fault fault;
    struct gw_buf packed;

    gw_arena_init(&arena, ARENA_MAX);
    if (gw_admin_reply_unpack(bytes, &arena, &reply, &fault) == GW_OK) {
        gw_buf_init(&packed, BYTES_MAX);
        GW_CHECK(gw_admin_reply_pack(&reply, &packed) == GW_OK);
        GW_CHECK(gw_admin_reply_unpack(gw_buf_text(&packed), &arena, &reply, &fault) == GW_OK);
        gw_buf_fini(&packed);
    }
    gw_arena_fini(&arena);
}

static void try_small_ones(struct gw_text bytes)
{
    struct gw_sum_question question;
    enum gw_health_status status;
    struct gw_sum_answer answer;
    struct gw_fault fault;

    (void)!gw_sum_question_unpack(bytes, &question, &fault);
    (void)!gw_sum_answer_unpack(bytes, &answer, &fault);
    (void)!gw_health_answer_unpack(bytes, &status, &fault);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void (*const TRIES[])(struct gw_text bytes) = {
        try_update, try_report, try_batch, try_receipt, try_request, try_reply, try_small_ones,
    };

    if (size > 0) {
        TRIES[data[0] % GW_COUNT(TRIES)]((struct gw_text){(const char *)data + 1, size - 1});
    }
    return 0;
}
