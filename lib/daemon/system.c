/* SPDX-License-Identifier: MIT */
#include "lib/daemon/system.h"

#include <link.h>
#include <malloc.h>
#include <pthread.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/base/check.h"

#define UMASK     0027
#define HEAP_STEP (1024 * 1024)

static void raise_open_files(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit); /* what we had is what we have then */
    }
}

static void forbid_core_files(void)
{
    struct rlimit none = {0, 0};

    (void)setrlimit(RLIMIT_CORE, &none);
#ifndef GW_SANITIZED /* the leak checker reads its own process the way a debugger does */
    (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
}

void gw_system_settle_in(enum gw_core_dumps dumps)
{
#ifndef GW_SANITIZED
    (void)mallopt(M_TOP_PAD, HEAP_STEP); /* or a growing heap asks the kernel at every turn */
#endif
    umask(UMASK);
    raise_open_files();
    if (dumps == GW_CORE_DUMPS_OFF) {
        forbid_core_files();
    }
}

#ifndef GW_SANITIZED /* their allocator has no such thing, and they read their own image */
/* Segments that may not be written hold what is in the file, unless relocated: those are written.
 */
static int forget_segments(struct dl_phdr_info *info, size_t size, void *owner)
{
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);

    (void)size, (void)owner;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
        uintptr_t from = info->dlpi_addr + segment->p_vaddr, to = from + segment->p_filesz;

        from &= ~(page - 1);
        if (segment->p_type == PT_LOAD && (segment->p_flags & PF_W) == 0 && to > from) {
            (void)madvise((void *)from, to - from, MADV_DONTNEED); /* the vdso refuses, rightly */
        }
    }
    return 0;
}
#endif

void gw_system_forget_start(void)
{
#ifndef GW_SANITIZED
    malloc_trim(0);
    (void)dl_iterate_phdr(forget_segments, NULL);
#endif
}

void gw_system_block_signals(sigset_t *ret_signals)
{
    static const int SIGNALS[] = {SIGTERM, SIGINT, SIGQUIT, SIGHUP};
    size_t i;

    sigemptyset(ret_signals);
    for (i = 0; i < GW_COUNT(SIGNALS); i++) {
        sigaddset(ret_signals, SIGNALS[i]);
    }
    GW_CHECK(pthread_sigmask(SIG_BLOCK, ret_signals, NULL) == 0);
    signal(SIGPIPE, SIG_IGN);
}

void gw_system_notify(const char *state)
{
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t len = path == NULL ? 0 : strlen(path);
    int fd;

    if (len == 0 || len >= sizeof(address.sun_path)) {
        return;
    }
    memcpy(address.sun_path, path, len);
    if (path[0] == '@') {
        address.sun_path[0] = '\0'; /* a name that is not in the file system */
    }
    fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return;
    }
    (void)sendto(fd, state, strlen(state), MSG_NOSIGNAL | MSG_DONTWAIT,
                 (const struct sockaddr *)&address,
                 (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len));
    close(fd);
}
