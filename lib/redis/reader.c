/* SPDX-License-Identifier: MIT */
/*
 * hiredis believes what an answer says about itself: "*2000000000" makes room for so many items at
 * once. So arrays are made by us, from a budget that every answer starts anew.
 */
#include "lib/redis/reader.h"

#include <hiredis/hiredis.h>

#include "lib/base/check.h"

#define BYTES_PER_ITEM 4 /* the shortest item there is, ":1\r\n" */

struct gw_redis_reader {
    redisReader *reader;
    redisReplyObjectFunctions functions;
    void *(*create_array)(const redisReadTask *task, int count);
    size_t reply_max;
    size_t items_left; /* of the answer being read */
};

static void *create_array(const redisReadTask *task, int count)
{
    struct gw_redis_reader *reader = task->privdata;

    if (count < 0 || (size_t)count > reader->items_left) {
        return NULL; /* hiredis calls that a lack of memory */
    }
    reader->items_left -= (size_t)count;
    return reader->create_array(task, count);
}

static void renew_budget(struct gw_redis_reader *reader)
{
    reader->items_left = reader->reply_max / BYTES_PER_ITEM;
}

struct gw_redis_reader *gw_redis_reader_new(size_t reply_max)
{
    struct gw_redis_reader *reader = GW_NEW(struct gw_redis_reader);

    reader->reply_max = reply_max;
    reader->reader = redisReaderCreate();
    GW_CHECK(reader->reader != NULL);
    reader->functions = *reader->reader->fn;
    reader->create_array = reader->functions.createArray;
    reader->functions.createArray = create_array;
    reader->reader->fn = &reader->functions;
    reader->reader->privdata = reader;
    renew_budget(reader);
    return reader;
}

void gw_redis_reader_free(struct gw_redis_reader *reader)
{
    if (reader != NULL) {
        redisReaderFree(reader->reader);
        gw_free(reader);
    }
}

enum gw_err gw_redis_reader_feed(struct gw_redis_reader *reader, struct gw_text bytes)
{
    size_t held = reader->reader->len - reader->reader->pos;

    if (held > reader->reply_max || bytes.len > reader->reply_max - held) {
        return GW_E_TOO_LARGE;
    }
    GW_CHECK(redisReaderFeed(reader->reader, bytes.at, bytes.len) == REDIS_OK ||
             reader->reader->err != REDIS_ERR_OOM);
    return GW_OK;
}

enum gw_err gw_redis_reader_next(struct gw_redis_reader *reader, void **ret_reply,
                                 struct gw_fault *fault)
{
    void *reply = NULL;

    if (redisReaderGetReply(reader->reader, &reply) != REDIS_OK) {
        return gw_fail(fault, GW_E_CORRUPT, "answer is too large or no answer at all: %s",
                       reader->reader->errstr);
    }
    if (reply != NULL) {
        renew_budget(reader);
    }
    *ret_reply = reply;
    return GW_OK;
}

void gw_redis_reader_release(void *reply)
{
    freeReplyObject(reply);
}

/* ---- Answers ---------------------------------------------------------------------------- */

struct gw_redis_reply gw_redis_reply_of(const void *reply)
{
    const redisReply *from = reply;

    switch (from->type) {
    case REDIS_REPLY_STRING:
    case REDIS_REPLY_STATUS:
        return (struct gw_redis_reply){.kind = GW_REDIS_TEXT, .text = {from->str, from->len}};
    case REDIS_REPLY_ERROR:
        return (struct gw_redis_reply){.kind = GW_REDIS_ERROR, .text = {from->str, from->len}};
    case REDIS_REPLY_INTEGER:
        return (struct gw_redis_reply){.kind = GW_REDIS_INT, .number = from->integer};
    case REDIS_REPLY_ARRAY:
        return (struct gw_redis_reply){
            .kind = GW_REDIS_ARRAY, .count = from->elements, .items = from->element};
    default:
        return (struct gw_redis_reply){.kind = GW_REDIS_NIL};
    }
}

struct gw_redis_reply gw_redis_item(const struct gw_redis_reply *array, size_t index)
{
    const redisReply *const *items = array->items;

    GW_CHECK(index < array->count);
    return gw_redis_reply_of(items[index]);
}
