/* SPDX-License-Identifier: MIT */
/*
 * The families every Prometheus client gives about its own process, read from the kernel when the
 * page is asked for. What the kernel does not tell is left out.
 */
#include <dirent.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "lib/report/inside.h"

struct page {
    enum gw_metrics_format format;
    struct gw_buf *out;
};

static void print_one(const struct page *page, const char *name, const char *kind, const char *help,
                      double value)
{
    gw_metrics_print_head(name, kind, help, page->format, page->out);
    gw_buf_appendf(page->out, "%s %.17g\n", name, value);
}

static void print_build(const struct page *page, const char *service)
{
    gw_metrics_print_head("millrace_build_info", "gauge", "what runs here; always 1", page->format,
                          page->out);
    gw_buf_appendf(page->out, "millrace_build_info{service=\"%s\",version=\"%s\"} 1\n", service,
                   GW_VERSION);
}

static void print_cpu(const struct page *page)
{
    struct rusage usage;

    if (getrusage(RUSAGE_SELF, &usage) == 0) {
        print_one(page, "process_cpu_seconds_total", "counter",
                  "processor time used, by the user and the system",
                  (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
                      (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6);
    }
}

static void print_memory(const struct page *page)
{
    FILE *file = fopen("/proc/self/statm", "re");
    uint64_t pages, resident;
    double page_size = (double)sysconf(_SC_PAGESIZE);

    if (file == NULL) {
        return;
    }
    if (fscanf(file, "%" SCNu64 " %" SCNu64, &pages, &resident) == 2) {
        print_one(page, "process_virtual_memory_bytes", "gauge", "address space",
                  (double)pages * page_size);
        print_one(page, "process_resident_memory_bytes", "gauge", "memory in use",
                  (double)resident * page_size);
    }
    fclose(file);
}

static void print_files(const struct page *page)
{
    DIR *folder = opendir("/proc/self/fd");
    struct rlimit limit;
    int count = -3; /* ".", ".." and the folder itself */

    if (folder != NULL) {
        while (readdir(folder) != NULL) {
            count++;
        }
        closedir(folder);
        print_one(page, "process_open_fds", "gauge", "open file descriptors", count);
    }
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        print_one(page, "process_max_fds", "gauge", "how many file descriptors may be open",
                  (double)limit.rlim_cur);
    }
}

/* Field 22 of /proc/self/stat, in ticks since the machine started. */
static bool read_start_ticks(uint64_t *ret_ticks)
{
    FILE *file = fopen("/proc/self/stat", "re");
    char line[2048];
    const char *at = NULL;
    int field;

    if (file == NULL) {
        return false;
    }
    if (fgets(line, sizeof(line), file) != NULL) {
        at = strrchr(line, ')'); /* the end of field 2, which may hold anything */
    }
    fclose(file);
    for (field = 2; at != NULL && field < 22; field++) {
        at = strchr(at + 1, ' ');
    }
    if (at == NULL) {
        return false;
    }
    *ret_ticks = strtoull(at, NULL, 10);
    return true;
}

static double seconds_of(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void print_start(const struct page *page)
{
    uint64_t ticks;

    if (read_start_ticks(&ticks)) {
        print_one(page, "process_start_time_seconds", "gauge", "when it started, since 1970",
                  seconds_of(CLOCK_REALTIME) - seconds_of(CLOCK_BOOTTIME) +
                      (double)ticks / (double)sysconf(_SC_CLK_TCK));
    }
}

void gw_metrics_print_process(const char *service, enum gw_metrics_format format,
                              struct gw_buf *out)
{
    struct page page = {format, out};

    print_build(&page, service);
    print_cpu(&page);
    print_memory(&page);
    print_files(&page);
    print_start(&page);
}
