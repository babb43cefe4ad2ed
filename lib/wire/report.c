/* SPDX-License-Identifier: MIT */
/*
 * Reports, the way back from a data plane: lib/wire/update.h declares them.
 */
#include "lib/wire/update.h"

#include "lib/wire/update_check.h"

#define NODE_MAX     128
#define INSTANCE_MAX 64
#define BUILD_MAX    64
#define REFUSAL_MAX  512

/* Texts of one report, cleaned; it lives while the report is packed. */
struct texts {
    char node[NODE_MAX + 1], instance[INSTANCE_MAX + 1], build[BUILD_MAX + 1];
    char refusal[REFUSAL_MAX + 1];
};

static void version_message(const struct gw_version *version, Millrace__Snapshot__V1__Version *out)
{
    millrace__snapshot__v1__version__init(out);
    out->epoch = (char *)version->epoch; /* lent: packing only reads */
    out->number = version->number;
}

enum gw_err gw_report_pack(const struct gw_report *report, struct gw_buf *out)
{
    Millrace__Snapshot__V1__Report message = MILLRACE__SNAPSHOT__V1__REPORT__INIT;
    Millrace__Snapshot__V1__Hello hello = MILLRACE__SNAPSHOT__V1__HELLO__INIT;
    Millrace__Snapshot__V1__Version running, refused;
    struct texts texts;

    if (report->has_hello) {
        gw_border_clean(report->node, NODE_MAX, texts.node);
        gw_border_clean(report->instance, INSTANCE_MAX, texts.instance);
        gw_border_clean(report->build, BUILD_MAX, texts.build);
        hello.node = texts.node;
        hello.instance = texts.instance;
        hello.build = texts.build;
        hello.started_us = report->started_us;
        message.hello = &hello;
    }
    version_message(&report->running, &running);
    message.running = &running;
    version_message(&report->refused, &refused);
    if (report->refused.number > 0) {
        message.refused = &refused;
    }
    gw_border_clean(report->refusal, REFUSAL_MAX, texts.refusal);
    message.refusal = texts.refusal;
    message.draining = report->draining;
    message.open_requests = report->open_requests;
    return gw_border_pack(&message.base, out);
}

static enum gw_err check_report(const Millrace__Snapshot__V1__Report *message,
                                struct gw_fault *fault)
{
    const Millrace__Snapshot__V1__Hello *hello = message->hello;

    GW_TRY(gw_version_check(message->running, fault));
    GW_TRY(gw_version_check(message->refused, fault));
    if (!gw_border_is_text(message->refusal, REFUSAL_MAX)) {
        return gw_fail(fault, GW_E_INVALID, "report: refusal is too long or not UTF-8");
    }
    if (hello == NULL) {
        return GW_OK;
    }
    if (hello->node[0] == '\0' || !gw_border_is_text(hello->node, NODE_MAX)) {
        return gw_fail(fault, GW_E_INVALID, "hello: node is empty, too long or not UTF-8");
    }
    if (hello->instance[0] == '\0' || !gw_border_is_text(hello->instance, INSTANCE_MAX)) {
        return gw_fail(fault, GW_E_INVALID, "hello: instance is empty, too long or not UTF-8");
    }
    if (!gw_border_is_text(hello->build, BUILD_MAX)) {
        return gw_fail(fault, GW_E_INVALID, "hello: build is too long or not UTF-8");
    }
    return GW_OK;
}

static struct gw_version version_of(const Millrace__Snapshot__V1__Version *message)
{
    struct gw_version version = {.number = 0};

    if (message != NULL) {
        version.number = message->number;
        memcpy(version.epoch, message->epoch, strlen(message->epoch) + 1);
    }
    return version;
}

/* Copies `text` to *at, which moves on. */
static struct gw_text stored(char **at, const char *zero_terminated)
{
    struct gw_text text = gw_border_text(zero_terminated);
    char *copy = *at;

    memcpy(copy, text.at, text.len);
    *at += text.len;
    return (struct gw_text){copy, text.len};
}

/* All texts at once, so that the buffer cannot move under the first while it takes the last. */
static enum gw_err store_texts(const Millrace__Snapshot__V1__Report *message, struct gw_buf *store,
                               struct gw_report *report)
{
    const Millrace__Snapshot__V1__Hello *hello = message->hello;
    size_t size = strlen(message->refusal);
    void *room;
    char *at;

    if (hello != NULL) {
        size += strlen(hello->node) + strlen(hello->instance) + strlen(hello->build);
    }
    GW_TRY(gw_buf_reserve(store, size, &room));
    store->len += size;
    at = room;
    report->refusal = stored(&at, message->refusal);
    if (hello != NULL) {
        report->node = stored(&at, hello->node);
        report->instance = stored(&at, hello->instance);
        report->build = stored(&at, hello->build);
    }
    store->at[store->len] = '\0';
    return GW_OK;
}

enum gw_err gw_report_unpack(struct gw_text bytes, struct gw_buf *store,
                             struct gw_report *ret_report, struct gw_fault *fault)
{
    Millrace__Snapshot__V1__Report *message;
    struct gw_report report = {.draining = false};
    struct gw_arena arena;
    enum gw_err err;

    gw_arena_init(&arena, gw_border_memory_max(bytes.len));
    message = gw_border_unpack(&millrace__snapshot__v1__report__descriptor, bytes, &arena);
    if (message == NULL) {
        err = gw_fail(fault, GW_E_CORRUPT, "report: %zu bytes that cannot be unpacked", bytes.len);
        goto out;
    }
    err = check_report(message, fault);
    if (err != GW_OK) {
        goto out;
    }
    err = store_texts(message, store, &report);
    if (err != GW_OK) {
        (void)gw_fail(fault, err, "report: %s", gw_err_text(err));
        goto out;
    }
    report.has_hello = message->hello != NULL;
    report.started_us = report.has_hello ? message->hello->started_us : 0;
    report.running = version_of(message->running);
    report.refused = version_of(message->refused);
    report.draining = message->draining;
    report.open_requests = message->open_requests;
    *ret_report = report;

out:
    gw_arena_fini(&arena);
    return err;
}
