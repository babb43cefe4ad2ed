/* SPDX-License-Identifier: MIT */
#include "dataplane/dialect/sse.h"

#include <stdio.h>

#include "lib/base/check.h"
#include "tests/support/cmocka_first.h"

/* Events as "name=data|", with line feeds as '/'. */
struct notes {
    struct gw_buf data, text;
};

static void on_data(void *owner, struct gw_text bytes)
{
    struct notes *notes = owner;

    for (size_t i = 0; i < bytes.len; i++) {
        gw_buf_append_byte(&notes->data, bytes.at[i] == '\n' ? '/' : bytes.at[i]);
    }
}

static void on_event(void *owner, struct gw_text name)
{
    struct notes *notes = owner;

    gw_buf_append(&notes->text, name);
    gw_buf_append_byte(&notes->text, '=');
    gw_buf_append(&notes->text, gw_buf_text(&notes->data));
    gw_buf_append_byte(&notes->text, '|');
    gw_buf_clear(&notes->data);
}

static void feed_in_pieces(struct sse *sse, struct gw_text text, size_t piece)
{
    for (size_t at = 0; at < text.len; at += piece) {
        size_t len = text.len - at < piece ? text.len - at : piece;
        char *copy = gw_text_dup((struct gw_text){text.at + at, len});

        sse_feed(sse, (struct gw_text){copy, len});
        gw_free(copy);
    }
}

static void assert_events(const char *stream, const char *expected)
{
    static const struct sse_ops OPS = {on_data, on_event};
    struct gw_text text = gw_text_of(stream);
    struct notes notes;
    struct sse sse;

    gw_buf_init(&notes.data, 4096);
    gw_buf_init(&notes.text, 4096);
    for (size_t piece = 1; piece <= text.len + 1; piece++) {
        gw_buf_clear(&notes.text);
        gw_buf_clear(&notes.data);
        sse_init(&sse, &OPS, &notes);
        feed_in_pieces(&sse, text, piece);
        sse_end(&sse);
        gw_buf_append(&notes.text, GW_TEXT(""));
        assert_string_equal(notes.text.at == NULL ? "" : notes.text.at, expected);
    }
    gw_buf_fini(&notes.data);
    gw_buf_fini(&notes.text);
}

static void events_are_found_however_the_bytes_are_split(void **state)
{
    (void)state;
    assert_events("event: message_start\ndata: {\"a\":1}\n\ndata: [DONE]\n\n",
                  "message_start={\"a\":1}|=[DONE]|");
}

static void all_three_line_ends_are_known_even_mixed(void **state)
{
    (void)state;
    assert_events("data: a\r\n\r\ndata: b\r\rdata: c\n\n", "=a|=b|=c|");
    assert_events("event: x\rdata: a\r\n\ndata: b\n\r\n", "x=a|=b|");
}

static void several_data_lines_are_one_text(void **state)
{
    (void)state;
    assert_events("data: a\ndata:b\ndata:  c\n\n", "=a/b/ c|");
    assert_events("data\ndata\n\n", "=/|");
}

static void comments_and_other_fields_are_passed_over(void **state)
{
    (void)state;
    assert_events(": keep-alive\n\nid: 7\nretry: 100\ndatax: no\ndata: yes\n\n", "=yes|");
    assert_events("event: lonely\n\ndata: x\n\n", "=x|");
}

static void a_byte_order_mark_may_stand_first(void **state)
{
    (void)state;
    assert_events("\xef\xbb\xbf"
                  "data: a\n\n",
                  "=a|");
    assert_events("\xef\xbb"
                  "data: a\ndata: b\n\n",
                  "=b|");
    assert_events("data: a\n\n\xef\xbb\xbf"
                  "data: b\n\ndata: c\n\n",
                  "=a|=c|");
}

static void the_last_event_counts_without_its_blank_line(void **state)
{
    (void)state;
    assert_events("data: a\n\ndata: b", "=a|=b|");
    assert_events("data: a\n", "=a|");
    assert_events("event: x\nda", "");
}

static void a_long_name_is_cut(void **state)
{
    char stream[256], expected[256];

    (void)state;
    snprintf(stream, sizeof(stream), "event: %0*d\ndata: x\n\n", 100, 0);
    snprintf(expected, sizeof(expected), "%0*d=x|", SSE_NAME_MAX, 0);
    assert_events(stream, expected);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(events_are_found_however_the_bytes_are_split),
        cmocka_unit_test(all_three_line_ends_are_known_even_mixed),
        cmocka_unit_test(several_data_lines_are_one_text),
        cmocka_unit_test(comments_and_other_fields_are_passed_over),
        cmocka_unit_test(a_byte_order_mark_may_stand_first),
        cmocka_unit_test(the_last_event_counts_without_its_blank_line),
        cmocka_unit_test(a_long_name_is_cut),
    };

    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    return cmocka_run_group_tests_name("dialect/sse", tests, NULL, NULL);
}
