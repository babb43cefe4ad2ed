/* SPDX-License-Identifier: MIT */
#include "lib/wire/config.h"

#include "tests/support/cmocka_first.h"

static void every_type_is_found_by_its_name(void **state)
{
    enum gw_provider_type type;

    (void)state;
    for (int i = GW_PROVIDER_CLAUDE; i <= GW_PROVIDER_GEMINI_CLI; i++) {
        const char *name = gw_provider_type_name((enum gw_provider_type)i);

        assert_true(gw_provider_type_parse(gw_text_of(name), &type));
        assert_int_equal(type, i);
    }
    assert_string_equal(gw_provider_type_name(GW_PROVIDER_OPENAI_COMPATIBLE), "openai-compatible");
}

static void other_names_are_no_types(void **state)
{
    enum gw_provider_type type = GW_PROVIDER_CODEX;

    (void)state;
    assert_false(gw_provider_type_parse(GW_TEXT(""), &type));
    assert_false(gw_provider_type_parse(GW_TEXT("Claude"), &type));
    assert_false(gw_provider_type_parse(GW_TEXT("claude-"), &type));
    assert_false(gw_provider_type_parse(GW_TEXT_NONE, &type));
    assert_int_equal(type, GW_PROVIDER_CODEX);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type_is_found_by_its_name),
        cmocka_unit_test(other_names_are_no_types),
    };

    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    return cmocka_run_group_tests_name("lib/wire/config", tests, NULL, NULL);
}
