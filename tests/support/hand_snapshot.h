/* SPDX-License-Identifier: MIT */
/*
 * hand_snapshot - a snapshot from JSON in the test's own text (dataplane/snapshot/by_hand.h).
 */
#ifndef TESTS_SUPPORT_HAND_SNAPSHOT_H
#define TESTS_SUPPORT_HAND_SNAPSHOT_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "dataplane/snapshot/by_hand.h"
#include "tests/support/cmocka_first.h"

/* With single quotes instead of double ones. Give both back. */
static inline const struct snapshot *hand_snapshot(const char *json, struct gw_keyring **ret_ring)
{
    char path[] = "/tmp/hand-snapshot-XXXXXX";
    FILE *file = fdopen(mkstemp(path), "w");
    const struct snapshot *snapshot = NULL;
    struct gw_fault fault = {""};

    assert_non_null(file);
    for (; *json != '\0'; json++) {
        fputc(*json == '\'' ? '"' : *json, file);
    }
    fclose(file);
    if (by_hand_read(path, NULL, ret_ring, &snapshot, &fault) != GW_OK) {
        fail_msg("%s", fault.text);
    }
    unlink(path);
    return snapshot;
}

#endif
