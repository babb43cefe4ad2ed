/* SPDX-License-Identifier: MIT */
/*
 * A session:   millrace_admin_session_v1.<payload>.<signature>
 *
 *     payload    base64url of {"v":1,"typ":"admin-session","iat":ms,"exp":ms,"nonce":"uuid"}
 *     signature  base64url of HMAC-SHA-256 over all before the last dot, under a key made of the
 *                admin token: another admin token ends all sessions
 *
 * The time to live in force counts, not the one a token was made under, unless that was shorter:
 * lowering it ends sessions early, raising it prolongs none.
 *
 * A CSRF token: <bucket>.<signature>, the bucket being the half hour it was made in; the present
 * one and the one before are accepted.
 */
#include "statsd/login/token.h"

#include <inttypes.h>

#include "lib/base/check.h"
#include "lib/codec/digest.h"
#include "lib/codec/random.h"
#include "lib/json/json_in.h"
#include "lib/units/clock.h"

#define SESSION_PREFIX "millrace_admin_session_v1."
#define KEY_PREFIX     "millrace-admin-session-token-v1:"
#define SESSION_MAX    4096
#define SECRET_MAX     4096
#define FUTURE_MAX_MS  (INT64_C(5) * 60 * 1000)
#define BUCKET_US      (INT64_C(1800) * GW_US_PER_SECOND)
#define CREDENTIAL_MAX 8192
#define SIGNATURE_SIZE 43 /* base64url of 32 bytes */

struct token_signer {
    bool has_admin;
    struct gw_digest admin; /* of the token, so that comparing tells not even its length */
    struct gw_hmac *session;
    struct gw_hmac *csrf;
    int64_t ttl_ms;
};

/* ---- Life ------------------------------------------------------------------------------- */

static struct gw_hmac *session_key(struct gw_text admin_token)
{
    struct gw_hmac *hmac;
    struct gw_buf key;

    gw_buf_init(&key, SECRET_MAX + sizeof(KEY_PREFIX));
    gw_buf_append_str(&key, KEY_PREFIX);
    gw_buf_append(&key, admin_token);
    hmac = gw_hmac_new(gw_buf_text(&key));
    gw_wipe(key.at, key.len);
    gw_buf_fini(&key);
    return hmac;
}

struct token_signer *token_signer_new(struct gw_text admin_token, struct gw_text csrf_secret,
                                      int64_t session_ttl_us)
{
    struct token_signer *signer = GW_NEW(struct token_signer);

    GW_CHECK(admin_token.len <= SECRET_MAX);
    signer->has_admin = admin_token.len > 0 && !gw_text_eq(admin_token, GW_TEXT("change-me"));
    gw_sha256(admin_token, &signer->admin);
    signer->session = session_key(admin_token);
    signer->csrf = gw_hmac_new(csrf_secret.len > 0 ? csrf_secret : admin_token);
    signer->ttl_ms = session_ttl_us / GW_US_PER_MS;
    return signer;
}

void token_signer_free(struct token_signer *signer)
{
    if (signer != NULL) {
        gw_hmac_free(signer->session);
        gw_hmac_free(signer->csrf);
        gw_wipe(&signer->admin, sizeof(signer->admin));
        gw_free(signer);
    }
}

bool token_is_admin(const struct token_signer *signer, struct gw_text text)
{
    struct gw_digest digest;

    gw_sha256(text, &digest);
    return gw_digest_eq(&digest, &signer->admin) && signer->has_admin;
}

/* ---- Signatures ------------------------------------------------------------------------- */

static void append_signature(const struct gw_hmac *hmac, struct gw_text what, struct gw_buf *out)
{
    struct gw_digest digest;

    gw_hmac_digest(hmac, what, &digest);
    gw_base64url(gw_digest_text(&digest), out);
}

static bool is_signed(const struct gw_hmac *hmac, struct gw_text what, struct gw_text signature)
{
    struct gw_buf wanted;
    bool is_right;

    gw_buf_init(&wanted, SIGNATURE_SIZE);
    append_signature(hmac, what, &wanted);
    is_right = gw_text_eq_secret(gw_buf_text(&wanted), signature);
    gw_buf_fini(&wanted);
    return is_right;
}

/* ---- Sessions --------------------------------------------------------------------------- */

static void write_payload(int64_t now_us, int64_t ttl_ms, struct gw_buf *payload)
{
    char nonce[GW_UUID_TEXT_SIZE];
    struct gw_json_out out;

    gw_random_uuid7(now_us, nonce);
    gw_json_out_init(&out, payload);
    gw_json_open_object(&out);
    gw_json_put_int(&out, "v", 1);
    gw_json_put_str(&out, "typ", "admin-session");
    gw_json_put_int(&out, "iat", now_us / GW_US_PER_MS);
    gw_json_put_int(&out, "exp", now_us / GW_US_PER_MS + ttl_ms);
    gw_json_put_str(&out, "nonce", nonce);
    gw_json_close_object(&out);
    GW_CHECK(gw_json_out_end(&out) == GW_OK);
}

struct gw_text token_make_session(const struct token_signer *signer, int64_t now_us,
                                  struct gw_arena *arena)
{
    struct gw_buf payload, token, signature;
    struct gw_text text;

    gw_buf_init(&payload, SESSION_MAX);
    gw_buf_init(&token, SESSION_MAX);
    gw_buf_init(&signature, SIGNATURE_SIZE);
    write_payload(now_us, signer->ttl_ms, &payload);
    gw_buf_append_str(&token, SESSION_PREFIX);
    gw_base64url(gw_buf_text(&payload), &token);
    append_signature(signer->session, gw_buf_text(&token), &signature);
    gw_buf_append_byte(&token, '.');
    gw_buf_append(&token, gw_buf_text(&signature));
    text = gw_arena_text(arena, gw_buf_text(&token));
    gw_buf_fini(&signature);
    gw_buf_fini(&token);
    gw_buf_fini(&payload);
    return text;
}

/* The signature was right, so this is what write_payload() wrote, perhaps of another version. */
static bool is_in_force(const struct token_signer *signer, struct gw_text json, int64_t now_ms)
{
    struct gw_json_problems problems;
    struct gw_json_doc *doc = NULL;
    struct gw_arena arena;
    struct gw_json_in in;
    struct gw_text type = GW_TEXT_NONE, nonce;
    int64_t version = 0, issued = 0, expires = 0, ends;
    bool is_good;

    if (gw_json_parse(json, SESSION_MAX, &doc, NULL) != GW_OK) {
        return false;
    }
    gw_arena_init(&arena, 64 * 1024);
    gw_json_problems_init(&problems, &arena);
    gw_json_in_root(&in, doc, &problems);
    gw_json_in_int(&in, "v", GW_JSON_REQUIRED, 1, 1, &version);
    gw_json_in_text(&in, "typ", GW_JSON_REQUIRED, 1, 64, &type);
    gw_json_in_int(&in, "iat", GW_JSON_REQUIRED, 0, INT64_MAX / 2, &issued);
    gw_json_in_int(&in, "exp", GW_JSON_REQUIRED, 0, INT64_MAX / 2, &expires);
    gw_json_in_text(&in, "nonce", GW_JSON_REQUIRED, 1, 64, &nonce);
    ends = expires < issued + signer->ttl_ms ? expires : issued + signer->ttl_ms;
    is_good = problems.count == 0 && gw_text_eq(type, GW_TEXT("admin-session")) &&
              expires > issued && issued <= now_ms + FUTURE_MAX_MS && ends > now_ms;
    gw_json_doc_free(doc);
    gw_arena_fini(&arena);
    return is_good;
}

bool token_is_session(const struct token_signer *signer, struct gw_text text, int64_t now_us)
{
    struct gw_text rest, payload, signature, extra, before;
    struct gw_buf json;
    bool is_good;

    if (!signer->has_admin || text.len > SESSION_MAX ||
        !gw_text_starts_with(text, GW_TEXT(SESSION_PREFIX))) {
        return false;
    }
    rest = gw_text_skip(text, sizeof(SESSION_PREFIX) - 1);
    if (!gw_text_cut(rest, '.', &payload, &signature) ||
        gw_text_cut(signature, '.', &extra, &extra)) {
        return false;
    }
    before = (struct gw_text){text.at, text.len - signature.len - 1};
    if (!is_signed(signer->session, before, signature)) {
        return false;
    }
    gw_buf_init(&json, SESSION_MAX);
    is_good = gw_unbase64url(payload, &json) == GW_OK &&
              is_in_force(signer, gw_buf_text(&json), now_us / GW_US_PER_MS);
    gw_buf_fini(&json);
    return is_good;
}

/* ---- Against forged requests ------------------------------------------------------------ */

static bool append_bound(struct gw_buf *buf, struct gw_text credential, int64_t user_id,
                         int64_t bucket)
{
    gw_buf_append(buf, credential);
    return gw_buf_appendf(buf, ":%" PRId64 ":%" PRId64, user_id, bucket) == GW_OK;
}

struct gw_text token_make_csrf(const struct token_signer *signer, struct gw_text credential,
                               int64_t user_id, int64_t now_us, struct gw_arena *arena)
{
    int64_t bucket = now_us / BUCKET_US;
    struct gw_buf bound, token;
    struct gw_text text;

    gw_buf_init(&bound, CREDENTIAL_MAX);
    gw_buf_init(&token, 128);
    append_bound(&bound, credential, user_id, bucket);
    gw_buf_appendf(&token, "%" PRId64 ".", bucket);
    append_signature(signer->csrf, gw_buf_text(&bound), &token);
    text = gw_arena_text(arena, gw_buf_text(&token));
    gw_buf_fini(&token);
    gw_buf_fini(&bound);
    return text;
}

bool token_is_csrf(const struct token_signer *signer, struct gw_text text,
                   struct gw_text credential, int64_t user_id, int64_t now_us)
{
    struct gw_text bucket_text, signature;
    struct gw_buf bound;
    int64_t bucket;
    bool is_good;

    if (!gw_text_cut(text, '.', &bucket_text, &signature) ||
        gw_text_to_i64(bucket_text, &bucket) != GW_OK ||
        (bucket != now_us / BUCKET_US && bucket != now_us / BUCKET_US - 1)) {
        return false;
    }
    gw_buf_init(&bound, CREDENTIAL_MAX);
    is_good = append_bound(&bound, credential, user_id, bucket) &&
              is_signed(signer->csrf, gw_buf_text(&bound), signature);
    gw_buf_fini(&bound);
    return is_good;
}
