/* SPDX-License-Identifier: MIT */
#include "lib/daemon/ops.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/support/cmocka_first.h"
#include "tests/unit/lib/daemon/child.h"

/* The whole answer to a request, which asks to close. */
static const char *ask(const struct child *child, const char *method, const char *path,
                       const char *header)
{
    static char answer[65536];
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    size_t len = 0;
    ssize_t size;

    snprintf(address.sun_path, sizeof(address.sun_path), "%s", child->socket);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    dprintf(fd, "%s %s HTTP/1.1\r\nHost: ops\r\nConnection: close\r\n%s\r\n", method, path, header);
    while ((size = read(fd, answer + len, sizeof(answer) - 1 - len)) > 0) {
        len += (size_t)size;
    }
    answer[len] = '\0';
    close(fd);
    return answer;
}

static void expect_answer(const char *answer, const char *status, const char *text)
{
    if (strncmp(answer, "HTTP/1.1 ", 9) != 0 || strncmp(answer + 9, status, 3) != 0 ||
        strstr(answer, text) == NULL) {
        print_error("neither %s nor \"%s\" in:\n%s\n", status, text, answer);
        fail();
    }
}

static void the_ops_listener_answers(void **state)
{
    struct child *child = *state;
    char option[96];

    snprintf(option, sizeof(option), "--ops.listen=%s", child->socket);
    begin(child, (const char *[]){option, "--number=9", NULL});
    await(child, "event=started");
    expect_answer(ask(child, "GET", "/healthz", ""), "200", "{\"status\":\"ok\"}");
    expect_answer(ask(child, "GET", "/health?x=1", ""), "200", "{\"status\":\"ok\"}");
    expect_answer(ask(child, "GET", "/livez", ""), "200", "{\"status\":\"ok\"}");
    expect_answer(ask(child, "GET", "/metrics", ""), "200", "millrace_sample_number 9\n");
    expect_answer(ask(child, "GET", "/metrics", ""), "200", "service=\"sample\"");
    expect_answer(ask(child, "GET", "/metrics", "Accept: application/openmetrics-text\r\n"), "200",
                  "# EOF\n");
    expect_answer(ask(child, "GET", "/nothing", ""), "404", "/readyz");
    expect_answer(ask(child, "POST", "/healthz", ""), "405", "only GET");
    send_signal(child, SIGTERM);
    expect_exit(child, 0);
}

static void readiness_names_its_parts_until_it_stops(void **state)
{
    struct child *child = *state;
    char option[96];

    snprintf(option, sizeof(option), "--ops.listen=%s", child->socket);
    begin(child, (const char *[]){option, "--behaviour=hold", NULL});
    await(child, "event=started");
    while (strstr(ask(child, "GET", "/readyz", ""), "\"ok\":true") == NULL) {
    }
    expect_answer(ask(child, "GET", "/readyz", ""), "200", "{\"status\":\"ready\"");
    send_signal(child, SIGTERM);
    await(child, "event=draining");
    expect_answer(ask(child, "GET", "/readyz", ""), "503", "{\"status\":\"stopping\"");
    expect_answer(ask(child, "GET", "/healthz", ""), "200", "ok");
    send_signal(child, SIGTERM);
    expect_exit(child, 1);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        IN_CHILD(the_ops_listener_answers),
        IN_CHILD(readiness_names_its_parts_until_it_stops),
    };

    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    return cmocka_run_group_tests_name("lib/daemon/ops", tests, NULL, NULL);
}
