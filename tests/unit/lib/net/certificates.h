/* SPDX-License-Identifier: MIT */
/*
 * certificates - an authority, another that nobody knows, and a server's certificate, in files.
 */
#ifndef TESTS_UNIT_LIB_NET_CERTIFICATES_H
#define TESTS_UNIT_LIB_NET_CERTIFICATES_H

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "tests/unit/lib/net/scene.h"

struct files {
    char ca[64], other_ca[64], certificate[64], key[64];
};

static UNUSED X509 *new_certificate(EVP_PKEY *key, const char *name, const char *alternatives,
                                    X509 *issuer, EVP_PKEY *issuer_key)
{
    X509 *certificate = X509_new();
    X509_NAME *subject = X509_get_subject_name(certificate);
    X509_EXTENSION *extension;

    X509_set_version(certificate, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1 + (long)rand());
    X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
    X509_set_pubkey(certificate, key);
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *)name, -1, -1, 0);
    X509_set_issuer_name(certificate, issuer == NULL ? subject : X509_get_subject_name(issuer));
    extension = alternatives == NULL
                    ? X509V3_EXT_conf_nid(NULL, NULL, NID_basic_constraints, "critical,CA:TRUE")
                    : X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, alternatives);
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
    assert_true(X509_sign(certificate, issuer_key, EVP_sha256()) > 0);
    return certificate;
}

static UNUSED void write_pem(const char *path, X509 *certificate, EVP_PKEY *key)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    if (certificate != NULL) {
        PEM_write_X509(file, certificate);
    } else {
        PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL);
    }
    fclose(file);
}

/* A certificate for `alternatives`, signed by files->ca, which other_ca has nothing to do with. */
static UNUSED void make_files(struct files *files, const char *alternatives)
{
    EVP_PKEY *ca_key = EVP_EC_gen("P-256"), *key = EVP_EC_gen("P-256");
    X509 *ca = new_certificate(ca_key, "Test CA", NULL, NULL, ca_key);
    X509 *other = new_certificate(key, "Other CA", NULL, NULL, key);
    X509 *certificate = new_certificate(key, "server", alternatives, ca, ca_key);
    int id = (int)getpid();

    snprintf(files->ca, sizeof(files->ca), "/tmp/gw-tls-%d-ca.pem", id);
    snprintf(files->other_ca, sizeof(files->other_ca), "/tmp/gw-tls-%d-other.pem", id);
    snprintf(files->certificate, sizeof(files->certificate), "/tmp/gw-tls-%d.pem", id);
    snprintf(files->key, sizeof(files->key), "/tmp/gw-tls-%d.key", id);
    write_pem(files->ca, ca, NULL);
    write_pem(files->other_ca, other, NULL);
    write_pem(files->certificate, certificate, NULL);
    write_pem(files->key, NULL, key);
    X509_free(ca);
    X509_free(other);
    X509_free(certificate);
    EVP_PKEY_free(ca_key);
    EVP_PKEY_free(key);
}

static UNUSED void remove_files(struct files *files)
{
    unlink(files->ca);
    unlink(files->other_ca);
    unlink(files->certificate);
    unlink(files->key);
}

#endif
