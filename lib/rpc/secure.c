/* SPDX-License-Identifier: MIT */
#include "lib/rpc/secure.h"

#include <errno.h>
#include <stdio.h>

#include "lib/base/check.h"
#include "lib/net/tls.h"

#define PEM_MAX   ((size_t)1024 * 1024)
#define TOKEN_MAX 4096
#define BEARER    "Bearer "

/* ---- Files ------------------------------------------------------------------------------ */

static enum gw_err read_pem(const char *path, struct gw_buf *out, struct gw_fault *fault)
{
    FILE *file = fopen(path, "re");
    enum gw_err err = GW_OK;
    char piece[4096];
    size_t len;

    if (file == NULL) {
        return gw_fail(fault, errno == ENOENT ? GW_E_ABSENT : GW_E_IO,
                       "could not open file \"%s\": %s", path, strerror(errno));
    }
    while (err == GW_OK && (len = fread(piece, 1, sizeof(piece), file)) > 0) {
        err = gw_buf_append(out, (struct gw_text){piece, len});
    }
    if (err != GW_OK) {
        err = gw_fail(fault, err, "file \"%s\" is too large", path);
    } else if (ferror(file)) {
        err = gw_fail(fault, GW_E_IO, "could not read file \"%s\"", path);
    }
    fclose(file);
    return err;
}

static enum gw_err read_ca(const char *path, struct gw_buf *out, struct gw_fault *fault)
{
    const struct gw_text begin = GW_TEXT("-----BEGIN CERTIFICATE-----");

    GW_TRY(read_pem(path, out, fault));
    if (gw_text_find_text(gw_buf_text(out), begin) == out->len) {
        return gw_fail(fault, GW_E_INVALID, "file \"%s\" holds no certificate", path);
    }
    return GW_OK;
}

/* What the three files hold. A file that is not named stays empty. */
struct pems {
    struct gw_buf ca, certificate, key;
};

static void pems_init(struct pems *pems)
{
    gw_buf_init(&pems->ca, PEM_MAX);
    gw_buf_init(&pems->certificate, PEM_MAX);
    gw_buf_init(&pems->key, PEM_MAX);
}

static void pems_fini(struct pems *pems)
{
    if (pems->key.at != NULL) {
        explicit_bzero(pems->key.at, pems->key.len);
    }
    gw_buf_fini(&pems->ca);
    gw_buf_fini(&pems->certificate);
    gw_buf_fini(&pems->key);
}

static enum gw_err read_files(const struct gw_rpc_files *files, struct pems *pems,
                              struct gw_fault *fault)
{
    struct gw_tls_server *tls;

    if (files->ca != NULL) {
        GW_TRY(read_ca(files->ca, &pems->ca, fault));
    }
    if ((files->certificate != NULL) != (files->key != NULL)) {
        return gw_fail(fault, GW_E_INVALID, "certificate and key must come together");
    }
    if (files->certificate == NULL) {
        return GW_OK;
    }
    /* That it opens is the check that certificate and key are such, and belong together. */
    GW_TRY(gw_tls_server_open(files->certificate, files->key, &tls, fault));
    gw_tls_server_close(tls);
    GW_TRY(read_pem(files->certificate, &pems->certificate, fault));
    return read_pem(files->key, &pems->key, fault);
}

static bool is_clear(const struct gw_rpc_files *files)
{
    return files->ca == NULL && files->certificate == NULL && files->key == NULL;
}

enum gw_err gw_rpc_client_credentials(const struct gw_rpc_files *files,
                                      grpc_channel_credentials **ret_credentials,
                                      struct gw_fault *fault)
{
    grpc_ssl_pem_key_cert_pair pair;
    struct pems pems;
    enum gw_err err;

    if (is_clear(files)) {
        *ret_credentials = grpc_insecure_credentials_create();
        return GW_OK;
    }
    pems_init(&pems);
    err = read_files(files, &pems, fault);
    if (err == GW_OK) {
        pair.private_key = pems.key.at;
        pair.cert_chain = pems.certificate.at;
        *ret_credentials = grpc_ssl_credentials_create_ex(
            pems.ca.at, pems.key.at == NULL ? NULL : &pair, NULL, NULL);
    }
    pems_fini(&pems);
    return err;
}

enum gw_err gw_rpc_server_credentials(const struct gw_rpc_files *files,
                                      grpc_server_credentials **ret_credentials,
                                      struct gw_fault *fault)
{
    grpc_ssl_client_certificate_request_type asks =
        files->ca == NULL ? GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE
                          : GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY;
    grpc_ssl_pem_key_cert_pair pair;
    struct pems pems;
    enum gw_err err;

    if (is_clear(files)) {
        *ret_credentials = grpc_insecure_server_credentials_create();
        return GW_OK;
    }
    if (files->certificate == NULL) {
        return gw_fail(fault, GW_E_INVALID, "a server needs a certificate beside the ca");
    }
    pems_init(&pems);
    err = read_files(files, &pems, fault);
    if (err == GW_OK) {
        pair.private_key = pems.key.at;
        pair.cert_chain = pems.certificate.at;
        *ret_credentials = grpc_ssl_server_credentials_create_ex(pems.ca.at, &pair, 1, asks, NULL);
    }
    pems_fini(&pems);
    return err;
}

/* ---- Tokens ----------------------------------------------------------------------------- */

enum gw_err gw_rpc_token_check(const char *token, struct gw_fault *fault)
{
    size_t len = token == NULL ? 1 : strlen(token);

    if (len == 0 || len > TOKEN_MAX) {
        return gw_fail(fault, GW_E_INVALID, "token is empty or too long");
    }
    for (const char *at = token; at != NULL && *at != '\0'; at++) {
        if (*at < 0x21 || *at > 0x7e) {
            return gw_fail(fault, GW_E_INVALID, "token has a character that is not allowed");
        }
    }
    return GW_OK;
}

bool gw_rpc_token_is(struct gw_text shown, const char *token)
{
    struct gw_text ours = gw_text_of(token);
    volatile unsigned char differs = 0;

    if (!gw_text_starts_with(shown, GW_TEXT(BEARER))) {
        return false;
    }
    shown = gw_text_skip(shown, sizeof(BEARER) - 1);
    if (shown.len != ours.len) {
        return false;
    }
    for (size_t i = 0; i < ours.len; i++) {
        differs |= (unsigned char)(shown.at[i] ^ ours.at[i]);
    }
    return differs == 0;
}
