/* SPDX-License-Identifier: MIT */
/* cmocka.h wants these before it. */
#ifndef TESTS_SUPPORT_CMOCKA_FIRST_H
#define TESTS_SUPPORT_CMOCKA_FIRST_H

/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#endif
