/* SPDX-License-Identifier: MIT */
#include "lib/base/list.h"

#include <string.h>

#include "tests/support/cmocka_first.h"

struct item {
    char letter;
    struct gw_list link;
};

static struct item item_of(char letter)
{
    return (struct item){.letter = letter};
}

/* The letters in order. */
static const char *letters(struct gw_list *list)
{
    static char text[16];
    size_t len = 0;

    GW_LIST_EACH (list, node) {
        text[len++] = GW_CONTAINER(node, struct item, link)->letter;
    }
    text[len] = '\0';
    return text;
}

struct fixture {
    struct gw_list list;
    struct item a, b, c;
};

static void prepare(struct fixture *fixture)
{
    gw_list_init(&fixture->list);
    fixture->a = item_of('a');
    fixture->b = item_of('b');
    fixture->c = item_of('c');
    gw_list_init(&fixture->a.link);
    gw_list_init(&fixture->b.link);
    gw_list_init(&fixture->c.link);
}

static void items_stand_in_the_order_they_were_put(void **state)
{
    struct fixture f;

    (void)state;
    prepare(&f);
    assert_true(gw_list_is_empty(&f.list));
    assert_string_equal(letters(&f.list), "");
    gw_list_push_back(&f.list, &f.b.link);
    gw_list_push_front(&f.list, &f.a.link);
    gw_list_push_back(&f.list, &f.c.link);
    assert_string_equal(letters(&f.list), "abc");
    assert_false(gw_list_is_empty(&f.list));
}

static void unlinking_twice_is_harmless(void **state)
{
    struct fixture f;

    (void)state;
    prepare(&f);
    gw_list_push_back(&f.list, &f.a.link);
    gw_list_push_back(&f.list, &f.b.link);
    assert_true(gw_list_is_linked(&f.a.link));
    gw_list_unlink(&f.a.link);
    gw_list_unlink(&f.a.link);
    assert_false(gw_list_is_linked(&f.a.link));
    assert_string_equal(letters(&f.list), "b");
    gw_list_push_back(&f.list, &f.a.link);
    assert_string_equal(letters(&f.list), "ba");
}

static void the_front_is_popped_until_nothing_is_left(void **state)
{
    struct fixture f;

    (void)state;
    prepare(&f);
    gw_list_push_back(&f.list, &f.a.link);
    gw_list_push_back(&f.list, &f.b.link);
    assert_ptr_equal(gw_list_pop_front(&f.list), &f.a.link);
    assert_ptr_equal(gw_list_pop_front(&f.list), &f.b.link);
    assert_null(gw_list_pop_front(&f.list));
    assert_false(gw_list_is_linked(&f.a.link));
}

static void items_go_before_others(void **state)
{
    struct fixture f;

    (void)state;
    prepare(&f);
    gw_list_push_back(&f.list, &f.a.link);
    gw_list_push_back(&f.list, &f.c.link);
    gw_list_insert_before(&f.c.link, &f.b.link);
    assert_string_equal(letters(&f.list), "abc");
}

static void the_one_in_hand_may_be_unlinked_while_walking(void **state)
{
    struct fixture f;

    (void)state;
    prepare(&f);
    gw_list_push_back(&f.list, &f.a.link);
    gw_list_push_back(&f.list, &f.b.link);
    gw_list_push_back(&f.list, &f.c.link);
    GW_LIST_EACH (&f.list, node) {
        if (GW_CONTAINER(node, struct item, link)->letter != 'b') {
            gw_list_unlink(node);
        }
    }
    assert_string_equal(letters(&f.list), "b");
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(items_stand_in_the_order_they_were_put),
        cmocka_unit_test(unlinking_twice_is_harmless),
        cmocka_unit_test(the_front_is_popped_until_nothing_is_left),
        cmocka_unit_test(items_go_before_others),
        cmocka_unit_test(the_one_in_hand_may_be_unlinked_while_walking),
    };

    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    return cmocka_run_group_tests_name("lib/base/list", tests, NULL, NULL);
}
