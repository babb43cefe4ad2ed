/* SPDX-License-Identifier: MIT */
/*
 * system - what a daemon asks of the kernel and of its service manager. Not for others.
 */
#ifndef LIB_DAEMON_SYSTEM_H
#define LIB_DAEMON_SYSTEM_H

#include <signal.h>

#include "lib/base/err.h"

enum gw_core_dumps {
    GW_CORE_DUMPS_OFF,
    GW_CORE_DUMPS_ON,
};

/* Files for us and our group only, as many open ones as we may have, no core file with secrets. */
void gw_system_settle_in(enum gw_core_dumps dumps);

/* Blocks the signals a daemon listens to, for this thread and all that it starts. */
void gw_system_block_signals(sigset_t *ret_signals);

/*
 * Gives back what only the start needed: freed memory, and pages of code, symbol and relocation
 * tables that were read once. What is needed after all comes back from the page cache.
 */
void gw_system_forget_start(void);

/*
 * Tells systemd, if it is there: "READY=1". Without NOTIFY_SOCKET nothing happens, and nobody
 * minds if it fails.
 */
void gw_system_notify(const char *state);

#endif
