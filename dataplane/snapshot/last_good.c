/* SPDX-License-Identifier: MIT */
/*
 * The last snapshot that worked, kept on disk so that a data plane can start while the control
 * plane is away. The file is ours alone and replaced whole by rename(), so damage means a bad
 * disk; we then say so and start empty rather than route by half a truth.
 *
 *     4 bytes   "MRS1"
 *    32 bytes   SHA-256 of all that follows
 *     pieces:   4 bytes length, big endian, then a sealed piece (lib/codec/seal.h)
 *
 * What the pieces hold, put together:
 *
 *     parts:    4 bytes length, big endian, then one part of an update from nothing
 *               (proto/snapshot.proto), packed, zstd
 *
 * Pieces are sealed in the place "last_good:<index>", the last one in "last_good:<index>:end", so
 * that none can be left out, moved or cut off. Inside, credentials are sealed once more and keys
 * are digests; the outer seal is for names, addresses and who has keys at all.
 */
#include "dataplane/snapshot/last_good.h"

#include <pthread.h>
#include <stdio.h>
#include <time.h>

#include "dataplane/snapshot/index.h"
#include "lib/base/check.h"
#include "lib/codec/compress.h"
#include "lib/codec/file.h"
#include "lib/codec/seal.h"

#define MAGIC        GW_TEXT("MRS1")
#define HEADER_SIZE  (4 + GW_DIGEST_SIZE)
#define LENGTH_SIZE  4
#define FILE_MAX     ((size_t)2 * 1024 * 1024 * 1024)
#define PIECE_SIZE   ((size_t)512 * 1024)
#define PART_SIZE    ((size_t)512 * 1024)
#define PART_MAX     ((size_t)4 * 1024 * 1024) /* PART_SIZE and one row, whose credential is long */
#define REST_SECONDS 1

static struct gw_text place_of(size_t index, const char *end, char ret_place[40])
{
    int len = snprintf(ret_place, 40, "last_good:%zu%s", index, end);

    return (struct gw_text){ret_place, (size_t)len};
}

/* ---- Writing ---------------------------------------------------------------------------- */

struct writing {
    const struct gw_keyring *ring;
    struct gw_buf file;
    struct gw_buf packed; /* a part */
    struct gw_buf parts;  /* what is not in a piece yet */
    size_t pieces;
};

static void set_length(struct gw_buf *buf, size_t at, size_t len)
{
    for (size_t i = 0; i < LENGTH_SIZE; i++) {
        buf->at[at + i] = (char)(len >> (24 - 8 * i));
    }
}

static enum gw_err write_piece(struct writing *writing, size_t size, const char *end)
{
    size_t head = writing->file.len;
    char place[40];

    GW_TRY(gw_buf_append(&writing->file, GW_TEXT("\0\0\0\0")));
    GW_TRY(gw_seal(writing->ring, place_of(writing->pieces++, end, place),
                   (struct gw_text){writing->parts.at, size}, &writing->file));
    set_length(&writing->file, head, writing->file.len - head - LENGTH_SIZE);
    gw_buf_consume(&writing->parts, size);
    return GW_OK;
}

static enum gw_err write_part(const struct gw_update *part, void *arg)
{
    struct writing *writing = arg;
    size_t head = writing->parts.len;

    gw_buf_clear(&writing->packed);
    GW_TRY(gw_update_pack(part, &writing->packed));
    GW_TRY(gw_buf_append(&writing->parts, GW_TEXT("\0\0\0\0")));
    GW_TRY(gw_compress(gw_buf_text(&writing->packed), &writing->parts));
    set_length(&writing->parts, head, writing->parts.len - head - LENGTH_SIZE);
    while (writing->parts.len > PIECE_SIZE) {
        GW_TRY(write_piece(writing, PIECE_SIZE, ""));
    }
    return GW_OK;
}

static enum gw_err write_all(const char *path, struct writing *writing,
                             const struct snapshot *snapshot, struct gw_fault *fault)
{
    struct gw_digest digest = {{0}};
    enum gw_err err;

    gw_buf_append(&writing->file, MAGIC);
    gw_buf_append(&writing->file, gw_digest_text(&digest));
    err = index_parts(snapshot, PART_SIZE, write_part, writing);
    if (err == GW_OK) {
        err = write_piece(writing, writing->parts.len, ":end");
    }
    if (err != GW_OK) {
        return gw_fail(fault, err, "could not pack the snapshot: %s", gw_err_text(err));
    }
    gw_sha256(gw_text_skip(gw_buf_text(&writing->file), HEADER_SIZE), &digest);
    memcpy(writing->file.at + MAGIC.len, digest.at, GW_DIGEST_SIZE);
    return gw_file_replace(path, gw_buf_text(&writing->file), 0600, fault);
}

enum gw_err last_good_write(const char *path, const struct gw_keyring *ring,
                            const struct snapshot *snapshot, struct gw_fault *fault)
{
    struct writing writing = {.ring = ring};
    enum gw_err err;

    gw_buf_init(&writing.file, FILE_MAX);
    gw_buf_init(&writing.packed, PART_MAX);
    gw_buf_init(&writing.parts, PIECE_SIZE + PART_MAX);
    err = write_all(path, &writing, snapshot, fault);
    gw_buf_fini(&writing.file);
    gw_buf_fini(&writing.packed);
    gw_buf_fini(&writing.parts);
    return err;
}

/* ---- Reading ---------------------------------------------------------------------------- */

struct reading {
    const struct gw_keyring *ring;
    struct gw_text rest; /* of the file */
    struct gw_buf parts; /* what the pieces held and is not read yet */
    struct gw_buf packed;
    struct index_draft *draft;
    size_t pieces;
    bool is_complete;
};

/* Cuts what a length stands in front of off the head of *text; false if it is not all there. */
static bool cut_counted(struct gw_text *text, struct gw_text *ret_bytes)
{
    const unsigned char *at = (const unsigned char *)text->at;
    size_t len;

    if (text->len < LENGTH_SIZE) {
        return false;
    }
    len = (size_t)at[0] << 24 | (size_t)at[1] << 16 | (size_t)at[2] << 8 | at[3];
    if (len > text->len - LENGTH_SIZE) {
        return false;
    }
    *ret_bytes = (struct gw_text){text->at + LENGTH_SIZE, len};
    *text = gw_text_skip(*text, LENGTH_SIZE + len);
    return true;
}

static enum gw_err open_piece(struct reading *reading, struct gw_fault *fault)
{
    struct gw_text piece;
    char place[40];
    enum gw_err err;

    if (!cut_counted(&reading->rest, &piece)) {
        return gw_fail(fault, GW_E_CORRUPT, "its pieces do not add up");
    }
    err = gw_unseal(reading->ring,
                    place_of(reading->pieces++, reading->rest.len == 0 ? ":end" : "", place), piece,
                    &reading->parts);
    if (err == GW_E_ABSENT) {
        return gw_fail(fault, GW_E_INVALID, "it was sealed with a key that is not in the keyring");
    }
    if (err != GW_OK) {
        return gw_fail(fault, GW_E_CORRUPT, "could not open its seal: %s", gw_err_text(err));
    }
    return GW_OK;
}

static enum gw_err read_part(struct reading *reading, struct gw_text small, struct gw_fault *fault)
{
    struct gw_update *part;
    enum gw_err err;

    gw_buf_clear(&reading->packed);
    if (reading->is_complete || gw_decompress(small, &reading->packed) != GW_OK ||
        gw_update_unpack(gw_buf_text(&reading->packed), &part, NULL) != GW_OK) {
        return gw_fail(fault, GW_E_CORRUPT, "it holds something else than parts of a snapshot");
    }
    reading->is_complete = gw_update_is_last(part);
    err = index_add(reading->draft, part, fault);
    gw_update_free(part);
    return err;
}

static enum gw_err read_parts(struct reading *reading, struct gw_fault *fault)
{
    while (reading->rest.len > 0) {
        struct gw_text parts, small;

        GW_TRY(open_piece(reading, fault));
        parts = gw_buf_text(&reading->parts);
        while (cut_counted(&parts, &small)) {
            GW_TRY(read_part(reading, small, fault));
        }
        gw_buf_consume(&reading->parts, reading->parts.len - parts.len);
    }
    if (!reading->is_complete || reading->parts.len > 0) {
        return gw_fail(fault, GW_E_CORRUPT, "its last part is missing");
    }
    return GW_OK;
}

/* The pieces in `file`; false if it is not such a file or damaged. */
static bool open_envelope(struct gw_text file, struct gw_text *ret_pieces)
{
    struct gw_digest digest;

    if (file.len < HEADER_SIZE || !gw_text_starts_with(file, MAGIC)) {
        return false;
    }
    gw_sha256(gw_text_skip(file, HEADER_SIZE), &digest);
    if (memcmp(file.at + MAGIC.len, digest.at, GW_DIGEST_SIZE) != 0) {
        return false;
    }
    *ret_pieces = gw_text_skip(file, HEADER_SIZE);
    return true;
}

static enum gw_err read_file(struct gw_text file, const struct gw_keyring *ring,
                             const struct snapshot **ret_snapshot, struct gw_fault *fault)
{
    struct reading reading = {.ring = ring};
    enum gw_err err;

    if (!open_envelope(file, &reading.rest)) {
        return gw_fail(fault, GW_E_CORRUPT, "it is damaged, or another kind of file");
    }
    gw_buf_init(&reading.parts, PIECE_SIZE + PART_MAX);
    gw_buf_init(&reading.packed, PART_MAX);
    reading.draft = index_new(NULL, ring);
    err = read_parts(&reading, fault);
    if (err == GW_OK) {
        err = index_finish(reading.draft, ret_snapshot, fault);
    } else {
        index_free(reading.draft);
    }
    gw_buf_fini(&reading.parts);
    gw_buf_fini(&reading.packed);
    return err;
}

enum gw_err last_good_read(const char *path, const struct gw_keyring *ring,
                           const struct snapshot **ret_snapshot, struct gw_fault *fault)
{
    struct gw_fault why = {""};
    struct gw_buf file;
    enum gw_err err;

    gw_buf_init(&file, FILE_MAX);
    err = gw_file_read(path, &file, fault);
    if (err == GW_OK) {
        err = read_file(gw_buf_text(&file), ring, ret_snapshot, &why);
        if (err != GW_OK) {
            err = gw_fail(fault, err == GW_E_INVALID ? err : GW_E_CORRUPT,
                          "cannot use file \"%s\": %.180s", path, why.text);
        }
    }
    gw_buf_fini(&file);
    return err;
}

/* ---- The keeper ------------------------------------------------------------------------- */

struct last_good {
    char *path;
    const struct gw_keyring *ring;
    last_good_told told;
    void *owner;
    pthread_t thread;

    pthread_mutex_t mutex; /* guards the two below */
    const struct snapshot *waiting;
    bool is_ending;
    pthread_cond_t changed;
};

static void write_one(struct last_good *keeper, const struct snapshot *own_snapshot)
{
    struct gw_fault fault = {""};
    enum gw_err err = last_good_write(keeper->path, keeper->ring, own_snapshot, &fault);

    snapshot_unref(own_snapshot);
    if (keeper->told != NULL) {
        keeper->told(keeper->owner, err, fault.text);
    }
}

/* Waits for the next snapshot to write; NULL at the end. */
static const struct snapshot *next_to_write(struct last_good *keeper)
{
    const struct snapshot *snapshot;

    pthread_mutex_lock(&keeper->mutex);
    while (keeper->waiting == NULL && !keeper->is_ending) {
        pthread_cond_wait(&keeper->changed, &keeper->mutex);
    }
    snapshot = keeper->waiting;
    keeper->waiting = NULL;
    pthread_mutex_unlock(&keeper->mutex);
    return snapshot;
}

/* Lets more changes gather; the end cuts it short. */
static void rest(struct last_good *keeper)
{
    struct timespec until;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += REST_SECONDS;
    pthread_mutex_lock(&keeper->mutex);
    while (!keeper->is_ending &&
           pthread_cond_timedwait(&keeper->changed, &keeper->mutex, &until) == 0) {
        continue;
    }
    pthread_mutex_unlock(&keeper->mutex);
}

static void *keep(void *arg)
{
    struct last_good *keeper = arg;
    const struct snapshot *snapshot;

    while ((snapshot = next_to_write(keeper)) != NULL) {
        write_one(keeper, snapshot);
        rest(keeper);
    }
    return NULL;
}

struct last_good *last_good_new(const char *path, const struct gw_keyring *ring,
                                last_good_told told, void *owner)
{
    struct last_good *keeper = GW_NEW(struct last_good);
    pthread_condattr_t attr;

    keeper->path = gw_must_strdup(path);
    keeper->ring = ring;
    keeper->told = told;
    keeper->owner = owner;
    pthread_mutex_init(&keeper->mutex, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&keeper->changed, &attr);
    pthread_condattr_destroy(&attr);
    GW_CHECK(pthread_create(&keeper->thread, NULL, keep, keeper) == 0);
    return keeper;
}

void last_good_keep(struct last_good *keeper, const struct snapshot *snapshot)
{
    const struct snapshot *passed_over;

    pthread_mutex_lock(&keeper->mutex);
    passed_over = keeper->waiting;
    keeper->waiting = snapshot_ref(snapshot);
    pthread_cond_signal(&keeper->changed);
    pthread_mutex_unlock(&keeper->mutex);
    snapshot_unref(passed_over);
}

void last_good_free(struct last_good *keeper)
{
    if (keeper == NULL) {
        return;
    }
    pthread_mutex_lock(&keeper->mutex);
    keeper->is_ending = true;
    pthread_cond_signal(&keeper->changed);
    pthread_mutex_unlock(&keeper->mutex);
    GW_CHECK(pthread_join(keeper->thread, NULL) == 0);
    pthread_cond_destroy(&keeper->changed);
    pthread_mutex_destroy(&keeper->mutex);
    gw_free(keeper->path);
    gw_free(keeper);
}
