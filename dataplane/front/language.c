/* SPDX-License-Identifier: MIT */
#include "dataplane/front/language.h"

#include <stdbool.h>

#define TEXT(literal)                                                                              \
    {                                                                                              \
        literal, sizeof(literal) - 1                                                               \
    } /* GW_TEXT, for static tables */

static const struct {
    struct gw_text tag;
    enum language language;
} TAGS[] = {
    {TEXT("zh-CN"), LANGUAGE_ZH_CN}, {TEXT("zh-TW"), LANGUAGE_ZH_TW},
    {TEXT("zh-HK"), LANGUAGE_ZH_TW}, {TEXT("zh-Hant"), LANGUAGE_ZH_TW},
    {TEXT("zh"), LANGUAGE_ZH_CN},    {TEXT("en"), LANGUAGE_EN},
    {TEXT("ru"), LANGUAGE_RU},       {TEXT("ja"), LANGUAGE_JA},
};

/* Also by the first part: "en-GB" is "en". */
static bool by_tag(struct gw_text tag, enum language *ret_language)
{
    for (size_t i = 0; i < sizeof(TAGS) / sizeof(TAGS[0]); i++) {
        size_t len = TAGS[i].tag.len;

        if (gw_text_starts_with_nocase(tag, TAGS[i].tag) &&
            (tag.len == len || tag.at[len] == '-' || tag.at[len] == '_')) {
            *ret_language = TAGS[i].language;
            return true;
        }
    }
    return false;
}

static bool by_cookie(struct gw_text cookies, enum language *ret_language)
{
    struct gw_text name = GW_TEXT("NEXT_LOCALE=");

    while (cookies.len > 0) {
        struct gw_text cookie = cookies, rest = GW_TEXT_NONE;

        (void)gw_text_cut(cookies, ';', &cookie, &rest);
        cookie = gw_text_trim(cookie);
        if (gw_text_starts_with(cookie, name)) {
            return by_tag(gw_text_skip(cookie, name.len), ret_language);
        }
        cookies = rest;
    }
    return false;
}

/* The weight in thousandths: "0.8" is 800. What cannot be read weighs 1, as if it were not there.
 */
static int weight_of(struct gw_text parameters)
{
    size_t at = gw_text_find_text(parameters, GW_TEXT("q="));
    int weight = 0, place = 1000;

    if (at == parameters.len) {
        return 1000;
    }
    for (at += 2; at < parameters.len && place > 0; at++) {
        char byte = parameters.at[at];

        if (byte >= '0' && byte <= '9') {
            weight += (byte - '0') * place;
            place /= 10;
        } else if (byte != '.') {
            break;
        }
    }
    return place == 1000 ? 1000 : weight;
}

static bool by_list(struct gw_text list, enum language *ret_language)
{
    int best = 0;

    while (list.len > 0) {
        struct gw_text item = list, rest = GW_TEXT_NONE, tag, parameters = GW_TEXT_NONE;
        enum language language;

        (void)gw_text_cut(list, ',', &item, &rest);
        tag = item;
        (void)gw_text_cut(item, ';', &tag, &parameters);
        if (weight_of(parameters) > best && by_tag(gw_text_trim(tag), &language)) {
            best = weight_of(parameters);
            *ret_language = language;
        }
        list = rest;
    }
    return best > 0;
}

enum language language_of(struct gw_http_headers headers)
{
    enum language language = LANGUAGE_ZH_CN;

    if (!by_cookie(gw_http_find(headers, GW_TEXT("cookie")), &language)) {
        (void)by_list(gw_http_find(headers, GW_TEXT("accept-language")), &language);
    }
    return language;
}
