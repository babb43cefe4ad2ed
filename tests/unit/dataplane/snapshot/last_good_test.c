/* SPDX-License-Identifier: MIT */
#include "dataplane/snapshot/last_good.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dataplane/snapshot/index.h"
#include "lib/base/check.h"
#include "lib/codec/file.h"
#include "lib/codec/random.h"
#include "tests/support/cmocka_first.h"

#define EPOCH "0193c6f0-0000-7000-8000-000000000001"

struct place {
    char folder[64];
    char path[96];
    struct gw_keyring *ring;
};

static struct gw_keyring *a_ring(void)
{
    struct gw_keyring *ring;
    struct gw_fault fault;
    struct gw_buf text;

    gw_buf_init(&text, 4096);
    gw_keyring_generate(&text);
    assert_int_equal(gw_keyring_parse(gw_buf_text(&text), &ring, &fault), GW_OK);
    gw_buf_fini(&text);
    return ring;
}

static int set_up(void **state)
{
    struct place *place = GW_NEW(struct place);

    snprintf(place->folder, sizeof(place->folder), "/tmp/last_good_test.XXXXXX");
    assert_non_null(mkdtemp(place->folder));
    snprintf(place->path, sizeof(place->path), "%s/snapshot", place->folder);
    place->ring = a_ring();
    *state = place;
    return 0;
}

static int tear_down(void **state)
{
    struct place *place = *state;

    unlink(place->path);
    assert_int_equal(rmdir(place->folder), 0); /* nothing else was left there */
    gw_keyring_free(place->ring);
    gw_free(place);
    return 0;
}

static struct gw_digest digest_of(uint64_t id)
{
    struct gw_digest digest;

    gw_sha256((struct gw_text){(const char *)&id, sizeof(id)}, &digest);
    return digest;
}

/* A snapshot of that version with `keys` keys, numbered from 1. */
static const struct snapshot *a_snapshot(uint64_t number, uint64_t keys)
{
    const struct gw_version version = {EPOCH, number};
    struct gw_update *update = gw_update_new(NULL, &version);
    struct gw_config_settings settings = {.timezone = GW_TEXT("Europe/Berlin")};
    struct index_draft *draft = index_new(NULL, NULL);
    const struct snapshot *snapshot;
    struct gw_fault fault;

    gw_update_set_settings(update, &settings);
    for (uint64_t id = 1; id <= keys; id++) {
        struct gw_config_key key = {.id = id, .user_id = 1, .name = GW_TEXT("needle")};
        struct gw_digest digest = digest_of(id);

        memcpy(key.digest, digest.at, sizeof(key.digest));
        gw_update_put_key(update, &key);
    }
    assert_int_equal(index_add(draft, update, &fault), GW_OK);
    assert_int_equal(index_finish(draft, &snapshot, &fault), GW_OK);
    gw_update_free(update);
    return snapshot;
}

static void write_snapshot(struct place *place, uint64_t number, uint64_t keys)
{
    const struct snapshot *snapshot = a_snapshot(number, keys);
    struct gw_fault fault = {""};

    if (last_good_write(place->path, place->ring, snapshot, &fault) != GW_OK) {
        fail_msg("%s", fault.text);
    }
    snapshot_unref(snapshot);
}

static void read_file(struct place *place, struct gw_buf *bytes)
{
    struct gw_fault fault;

    gw_buf_init(bytes, 64 * 1024 * 1024);
    assert_int_equal(gw_file_read(place->path, bytes, &fault), GW_OK);
}

static enum gw_err read_changed(struct place *place, struct gw_text bytes, struct gw_fault *fault)
{
    const struct snapshot *snapshot;
    enum gw_err err;

    assert_int_equal(gw_file_replace(place->path, bytes, 0600, fault), GW_OK);
    err = last_good_read(place->path, place->ring, &snapshot, fault);
    if (err == GW_OK) {
        snapshot_unref(snapshot);
    }
    return err;
}

static void what_was_written_is_read_again(void **state)
{
    struct place *place = *state;
    const struct snapshot *snapshot;
    struct gw_fault fault;
    struct stat info;

    write_snapshot(place, 7, 20000); /* several pieces */
    assert_int_equal(stat(place->path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    assert_int_equal(last_good_read(place->path, place->ring, &snapshot, &fault), GW_OK);
    assert_int_equal(snapshot_version(snapshot).number, 7);
    assert_string_equal(snapshot_version(snapshot).epoch, EPOCH);
    assert_int_equal(snapshot_count_keys(snapshot), 20000);
    assert_true(gw_text_eq(snapshot_settings(snapshot)->timezone, GW_TEXT("Europe/Berlin")));
    for (uint64_t id = 1; id <= 20000; id++) {
        struct gw_digest digest = digest_of(id);

        assert_int_equal(snapshot_key(snapshot, digest.at)->id, id);
    }
    snapshot_unref(snapshot);
}

static void nothing_stands_in_the_file_in_clear(void **state)
{
    struct place *place = *state;
    struct gw_buf bytes;

    write_snapshot(place, 7, 1);
    read_file(place, &bytes);
    assert_int_equal(gw_text_find_text(gw_buf_text(&bytes), GW_TEXT("needle")), bytes.len);
    assert_int_equal(gw_text_find_text(gw_buf_text(&bytes), GW_TEXT("Europe")), bytes.len);
    gw_buf_fini(&bytes);
}

static void a_row_as_long_as_a_row_may_be_fits(void **state)
{
    struct place *place = *state;
    const struct gw_version version = {EPOCH, 3};
    struct gw_update *update = gw_update_new(NULL, &version);
    struct index_draft *draft = index_new(NULL, NULL);
    struct gw_config_provider provider = {.id = 1,
                                          .name = GW_TEXT("p"),
                                          .type = GW_PROVIDER_CLAUDE,
                                          .url = GW_TEXT("http://127.0.0.1:9"),
                                          .weight = 1,
                                          .cost_multiplier = GW_TEXT("1")};
    const struct snapshot *snapshot, *again;
    struct gw_fault fault;
    char *sealed = gw_must_alloc(1024 * 1024);

    gw_random_bytes(sealed, 1024 * 1024); /* cannot be compressed */
    provider.sealed_key = (struct gw_text){sealed, 1024 * 1024};
    gw_update_put_provider(update, &provider);
    assert_int_equal(index_add(draft, update, &fault), GW_OK);
    assert_int_equal(index_finish(draft, &snapshot, &fault), GW_OK);
    gw_update_free(update);
    assert_int_equal(last_good_write(place->path, place->ring, snapshot, &fault), GW_OK);
    assert_int_equal(last_good_read(place->path, place->ring, &again, &fault), GW_OK);
    assert_true(gw_text_eq(snapshot_provider(again, 1)->sealed_key, provider.sealed_key));
    snapshot_unref(snapshot);
    snapshot_unref(again);
    gw_free(sealed);
}

static void no_file_is_no_damage(void **state)
{
    struct place *place = *state;
    const struct snapshot *snapshot;
    struct gw_fault fault;

    assert_int_equal(last_good_read(place->path, place->ring, &snapshot, &fault), GW_E_ABSENT);
}

static void a_file_changed_anywhere_is_refused(void **state)
{
    struct place *place = *state;
    struct gw_fault fault;
    struct gw_buf bytes;

    write_snapshot(place, 7, 3);
    read_file(place, &bytes);
    for (size_t at = 0; at < bytes.len; at += 7) {
        bytes.at[at] ^= 0x20;
        assert_int_equal(read_changed(place, gw_buf_text(&bytes), &fault), GW_E_CORRUPT);
        bytes.at[at] ^= 0x20;
    }
    assert_non_null(strstr(fault.text, place->path));
    assert_int_equal(read_changed(place, gw_buf_text(&bytes), &fault), GW_OK);
    for (size_t len = 0; len < bytes.len; len += 5) {
        assert_int_equal(read_changed(place, (struct gw_text){bytes.at, len}, &fault),
                         GW_E_CORRUPT);
    }
    gw_buf_fini(&bytes);
}

/* Somebody who can compute SHA-256, but has no key, changes the pieces. */
static enum gw_err read_forged(struct place *place, struct gw_text pieces, struct gw_fault *fault)
{
    struct gw_digest digest;
    struct gw_buf file;
    enum gw_err err;

    gw_buf_init(&file, 64 * 1024 * 1024);
    gw_sha256(pieces, &digest);
    gw_buf_append_str(&file, "MRS1");
    gw_buf_append(&file, gw_digest_text(&digest));
    gw_buf_append(&file, pieces);
    err = read_changed(place, gw_buf_text(&file), fault);
    gw_buf_fini(&file);
    return err;
}

static void pieces_cannot_be_left_out_repeated_or_swapped(void **state)
{
    struct place *place = *state;
    struct gw_text pieces, first;
    struct gw_fault fault;
    struct gw_buf bytes, changed;
    const unsigned char *at;

    write_snapshot(place, 7, 20000);
    read_file(place, &bytes);
    pieces = gw_text_skip(gw_buf_text(&bytes), 36);
    at = (const unsigned char *)pieces.at;
    first = (struct gw_text){pieces.at, 4 + ((size_t)at[1] << 16 | (size_t)at[2] << 8 | at[3])};
    assert_true(first.len < pieces.len);
    assert_int_equal(read_forged(place, pieces, &fault), GW_OK);
    assert_int_equal(read_forged(place, first, &fault), GW_E_CORRUPT);
    assert_int_equal(read_forged(place, gw_text_skip(pieces, first.len), &fault), GW_E_CORRUPT);
    assert_int_equal(read_forged(place, GW_TEXT(""), &fault), GW_E_CORRUPT);
    gw_buf_init(&changed, 64 * 1024 * 1024);
    gw_buf_append(&changed, pieces);
    gw_buf_append(&changed, first);
    assert_int_equal(read_forged(place, gw_buf_text(&changed), &fault), GW_E_CORRUPT);
    gw_buf_clear(&changed);
    gw_buf_append(&changed, gw_text_skip(pieces, first.len));
    gw_buf_append(&changed, first);
    assert_int_equal(read_forged(place, gw_buf_text(&changed), &fault), GW_E_CORRUPT);
    gw_buf_fini(&changed);
    gw_buf_fini(&bytes);
}

static void another_installations_keyring_does_not_open_it(void **state)
{
    struct place *place = *state;
    struct gw_keyring *other = a_ring();
    const struct snapshot *snapshot;
    struct gw_fault fault;

    write_snapshot(place, 7, 1);
    assert_int_equal(last_good_read(place->path, other, &snapshot, &fault), GW_E_CORRUPT);
    gw_keyring_free(other);
}

/* ---- The keeper ------------------------------------------------------------------------- */

struct told {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    int count;
    enum gw_err last;
};

static void on_told(void *owner, enum gw_err err, const char *text)
{
    struct told *told = owner;

    (void)text;
    pthread_mutex_lock(&told->mutex);
    told->count++;
    told->last = err;
    pthread_cond_signal(&told->changed);
    pthread_mutex_unlock(&told->mutex);
}

static void keep(struct last_good *keeper, uint64_t number)
{
    const struct snapshot *snapshot = a_snapshot(number, 10);

    last_good_keep(keeper, snapshot);
    snapshot_unref(snapshot);
}

static void the_keeper_passes_over_what_was_replaced_and_writes_the_newest(void **state)
{
    struct place *place = *state;
    struct told told = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0, GW_E_INTERNAL};
    struct last_good *keeper = last_good_new(place->path, place->ring, on_told, &told);
    const struct snapshot *snapshot;
    struct gw_fault fault;

    keep(keeper, 1);
    pthread_mutex_lock(&told.mutex);
    while (told.count == 0) {
        pthread_cond_wait(&told.changed, &told.mutex);
    }
    pthread_mutex_unlock(&told.mutex);
    for (uint64_t number = 2; number <= 200; number++) {
        keep(keeper, number);
    }
    last_good_free(keeper);
    assert_int_equal(told.last, GW_OK);
    assert_true(told.count < 100);
    assert_int_equal(last_good_read(place->path, place->ring, &snapshot, &fault), GW_OK);
    assert_int_equal(snapshot_version(snapshot).number, 200);
    snapshot_unref(snapshot);
}

static void a_folder_that_is_gone_is_told(void **state)
{
    struct told told = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0, GW_OK};
    struct place *place = *state;
    struct last_good *keeper = last_good_new("/nonexistent/folder/snapshot", place->ring, on_told,
                                             &told);

    keep(keeper, 1);
    last_good_free(keeper);
    assert_int_equal(told.count, 1);
    assert_int_not_equal(told.last, GW_OK);
}

#define IN_PLACE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        IN_PLACE(what_was_written_is_read_again),
        IN_PLACE(nothing_stands_in_the_file_in_clear),
        IN_PLACE(a_row_as_long_as_a_row_may_be_fits),
        IN_PLACE(no_file_is_no_damage),
        IN_PLACE(a_file_changed_anywhere_is_refused),
        IN_PLACE(pieces_cannot_be_left_out_repeated_or_swapped),
        IN_PLACE(another_installations_keyring_does_not_open_it),
        IN_PLACE(the_keeper_passes_over_what_was_replaced_and_writes_the_newest),
        IN_PLACE(a_folder_that_is_gone_is_told),
    };

    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    return cmocka_run_group_tests_name("dataplane/snapshot/last_good", tests, NULL, NULL);
}
