/* SPDX-License-Identifier: MIT */
/*
 * In the order of spec 01 §5.5. The limiter comes first, but its scopes are digests and cost half
 * a microsecond each, so as long as nobody fails it is not even asked. Only what looks like
 * guessing feeds it: no key, different keys, an unknown key. A key that is disabled or has
 * expired was a good one once, and its owner should not be locked out.
 */
#include "dataplane/admit/admit.h"

#include "dataplane/admit/credential.h"

struct scopes {
    struct gw_digest address;
    struct gw_digest key;
    bool has_key;
};

static void name_address(const struct admit_with *with, struct scopes *scopes)
{
    gw_keyring_digest(with->keyring,
                      gw_text_of(with->client_ip[0] == '\0' ? "unknown" : with->client_ip),
                      &scopes->address);
}

static bool is_locked(const struct admit_with *with, const struct scopes *scopes,
                      int64_t *ret_left_us)
{
    int64_t left_us = 0, other_us = 0;
    bool is = abuse_is_locked(with->abuse, &scopes->address, with->now_us, &left_us);

    if (scopes->has_key && abuse_is_locked(with->abuse, &scopes->key, with->now_us, &other_us)) {
        is = true;
    }
    *ret_left_us = left_us > other_us ? left_us : other_us;
    return is;
}

static void failed(const struct admit_with *with, struct scopes *scopes)
{
    name_address(with, scopes);
    abuse_failed(with->abuse, &scopes->address, with->now_us);
    if (scopes->has_key) {
        abuse_failed(with->abuse, &scopes->key, with->now_us);
    }
}

static void passed(const struct admit_with *with, const struct scopes *scopes)
{
    abuse_passed(with->abuse, &scopes->address);
    abuse_passed(with->abuse, &scopes->key);
}

static bool has_expired(int64_t expires_at_us, int64_t wall_us)
{
    return expires_at_us != 0 && expires_at_us <= wall_us;
}

static enum refusal judge(const struct caller *caller, int64_t wall_us)
{
    if (!caller->key->enabled) {
        return REFUSAL_KEY_DISABLED;
    }
    if (has_expired(caller->key->expires_at_us, wall_us)) {
        return REFUSAL_KEY_EXPIRED;
    }
    if (!caller->user->enabled) {
        return REFUSAL_USER_DISABLED;
    }
    return has_expired(caller->user->expires_at_us, wall_us) ? REFUSAL_USER_EXPIRED : REFUSAL_NONE;
}

/* False if no such key exists, or its owner does not. */
static bool look_up(const struct admit_with *with, const struct gw_digest *digest,
                    struct caller *ret_caller)
{
    const struct gw_config_key *key = snapshot_key(with->snapshot, digest->at);
    const struct gw_config_user *user = key == NULL ? NULL
                                                    : snapshot_user(with->snapshot, key->user_id);

    if (user == NULL) {
        return false;
    }
    *ret_caller = (struct caller){key, user};
    return true;
}

enum refusal admit_check(const struct ask *ask, const struct admit_with *with,
                         struct admit_result *ret_result)
{
    struct gw_text key = GW_TEXT_NONE;
    enum credential_is is = credential_find(ask->request.headers, ask->query, &key);
    bool is_quiet = abuse_is_quiet(with->abuse);
    struct scopes scopes = {.has_key = is == CREDENTIAL_GIVEN};
    struct known_tag tag = {{0, 0}};
    bool is_known = false;
    enum refusal refusal;

    if (scopes.has_key) {
        tag = known_tag(with->known, key);
        is_known = known_find(with->known, tag, &scopes.key);
        if (!is_known) {
            gw_keyring_digest(with->keyring, key, &scopes.key);
        }
    }
    if (!is_quiet) {
        name_address(with, &scopes);
        if (is_locked(with, &scopes, &ret_result->retry_after_us)) {
            return REFUSAL_LOCKED;
        }
    }
    if (is == CREDENTIAL_GIVEN && look_up(with, &scopes.key, &ret_result->caller)) {
        refusal = judge(&ret_result->caller, with->wall_us);
        if (!is_known) {
            known_keep(with->known, tag, &scopes.key);
        }
        if (refusal == REFUSAL_NONE && !is_quiet) {
            passed(with, &scopes);
        }
        return refusal;
    }
    failed(with, &scopes);
    return is == CREDENTIAL_GIVEN    ? REFUSAL_KEY_UNKNOWN
           : is == CREDENTIAL_ABSENT ? REFUSAL_NO_KEY
                                     : REFUSAL_KEYS_DIFFER;
}
