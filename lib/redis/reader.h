/* SPDX-License-Identifier: MIT */
/*
 * reader - from bytes to answers: hiredis with a ceiling. Not for others.
 */
#ifndef LIB_REDIS_READER_H
#define LIB_REDIS_READER_H

#include "lib/redis/redis.h"

struct gw_redis_reader;

/* `reply_max` bounds the bytes of one answer, and by that what it is made of. */
struct gw_redis_reader *gw_redis_reader_new(size_t reply_max);
void gw_redis_reader_free(struct gw_redis_reader *reader); /* NULL is fine */

/* GW_E_TOO_LARGE: more than reply_max bytes and still no whole answer among them. */
enum gw_err gw_redis_reader_feed(struct gw_redis_reader *reader, struct gw_text bytes) GW_MUST_USE;

/*
 * The next whole answer: *ret_reply is NULL when there is none yet. Release it with
 * gw_redis_reader_release(). GW_E_CORRUPT: what came is no answer, or one too large; the connection
 * is of no more use, `fault` says why.
 */
enum gw_err gw_redis_reader_next(struct gw_redis_reader *reader, void **ret_reply,
                                 struct gw_fault *fault) GW_MUST_USE;
void gw_redis_reader_release(void *reply);

/* Borrows from the answer. */
struct gw_redis_reply gw_redis_reply_of(const void *reply);

#endif
