/* SPDX-License-Identifier: MIT */
#include "dataplane/snapshot/holder.h"

#include <pthread.h>
#include <stdatomic.h>

#include "dataplane/snapshot/index.h"
#include "tests/support/cmocka_first.h"

static const struct snapshot *numbered(uint64_t number)
{
    const struct gw_version version = {"0193c6f0-0000-7000-8000-000000000001", number};
    struct gw_update *update = gw_update_new(NULL, &version);
    struct index_draft *draft = index_new(NULL, NULL);
    const struct snapshot *snapshot;
    struct gw_fault fault;

    assert_int_equal(index_add(draft, update, &fault), GW_OK);
    assert_int_equal(index_finish(draft, &snapshot, &fault), GW_OK);
    gw_update_free(update);
    return snapshot;
}

static void an_empty_holder_gives_nothing(void **state)
{
    struct holder *holder = holder_new();

    (void)state;
    assert_null(holder_get(holder));
    holder_free(holder);
}

static void a_request_keeps_the_snapshot_it_began_with(void **state)
{
    struct holder *holder = holder_new();
    const struct snapshot *early, *late;

    (void)state;
    holder_put(holder, numbered(1));
    early = holder_get(holder);
    holder_put(holder, numbered(2));
    late = holder_get(holder);
    assert_int_equal(snapshot_version(early).number, 1);
    assert_int_equal(snapshot_version(late).number, 2);
    assert_int_equal(holder_sweep(holder), 1);
    snapshot_unref(early); /* never the last reference: that is the holder's */
    assert_int_equal(holder_sweep(holder), 0);
    snapshot_unref(late);
    holder_free(holder);
}

struct readers {
    struct holder *holder;
    atomic_bool is_over;
    atomic_ulong taken;
};

static void *read_on(void *arg)
{
    struct readers *readers = arg;
    uint64_t last = 0;

    while (!atomic_load(&readers->is_over)) {
        const struct snapshot *snapshot = holder_get(readers->holder);
        uint64_t number = snapshot_version(snapshot).number;

        if (number < last) {
            return arg; /* went back */
        }
        last = number;
        snapshot_unref(snapshot);
        atomic_fetch_add(&readers->taken, 1);
    }
    return NULL;
}

static void readers_on_other_threads_see_every_swap_whole(void **state)
{
    struct readers readers = {.holder = holder_new()};
    pthread_t threads[3];
    void *complaint;

    (void)state;
    holder_put(readers.holder, numbered(1));
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, read_on, &readers), 0);
    }
    for (uint64_t number = 2; number < 500 || atomic_load(&readers.taken) < 500; number++) {
        holder_put(readers.holder, numbered(number));
    }
    atomic_store(&readers.is_over, true);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(pthread_join(threads[i], &complaint), 0);
        assert_null(complaint);
    }
    assert_int_equal(holder_sweep(readers.holder), 0);
    holder_free(readers.holder);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_holder_gives_nothing),
        cmocka_unit_test(a_request_keeps_the_snapshot_it_began_with),
        cmocka_unit_test(readers_on_other_threads_see_every_swap_whole),
    };

    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    return cmocka_run_group_tests_name("dataplane/snapshot/holder", tests, NULL, NULL);
}
