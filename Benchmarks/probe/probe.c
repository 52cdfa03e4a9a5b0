/*
 * How long single answers take beside another load: asks a server a fixed number of questions a second, whatever it answers,
 * and prints the nanoseconds from each query to its reply, one a line; then `lost N`.
 *
 *     probe -p PORT -d FILE [-r QUERIES-A-SECOND] [-s SECONDS] [-t]
 *
 * FILE has a question a line, NAME TYPE; they are asked in turn, from the beginning again at the end. With -t over one TCP
 * connection, which is opened again when the server ends it. The kernel says when a reply came, so that it does not count
 * how long this process waits for a core.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "../shared/question.h"

enum { longest_query = 300, most_queries = 65536, last_wait = 1000000000 };

struct question {
    size_t length;
    uint8_t octets[longest_query];
};

static struct question *questions;
static size_t question_count;
static uint16_t port;
static bool over_tcp;
static int fd = -1;
/* When each query left, by its ID; 0 when none is under way. */
static int64_t departures[most_queries];
static size_t under_way;
static uint8_t stream[1 << 17];
static size_t stream_length;

static _Noreturn void fail(const char *what) {
    fprintf(stderr, "probe: %s: %s\n", what, strerror(errno));
    exit(1);
}

static unsigned record_type(const char *text) {
    static const struct { const char *text; unsigned code; } types[] = {
        {"A", 1}, {"PTR", 12}, {"TXT", 16}, {"AAAA", 28}, {"SRV", 33}};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (strcmp(types[i].text, text) == 0) return types[i].code;
    return 0;
}

/* A query in wire form; false when the line is no question. */
static bool make_question(char *name, unsigned type, struct question *question) {
    question->length = write_question(name, type, question->octets, longest_query);
    return question->length > 0 && type != 0;
}

static void read_questions(const char *path) {
    char name[longest_query], type[16];
    size_t room = 0;
    FILE *file = fopen(path, "r");
    if (file == NULL) fail(path);
    while (fscanf(file, "%299s %15s", name, type) == 2) {
        if (question_count == room) {
            room = room == 0 ? 1024 : room * 2;
            questions = realloc(questions, room * sizeof *questions);
            if (questions == NULL) fail("memory");
        }
        if (make_question(name, record_type(type), questions + question_count)) question_count++;
    }
    fclose(file);
    errno = EINVAL;
    if (question_count == 0) fail(path);
}

static void open_socket(void) {
    int on = 1;
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (fd >= 0) close(fd);
    fd = socket(AF_INET, (over_tcp ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) != 0) fail("connect");
    setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
    if (over_tcp) setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    stream_length = 0;
}

static void ask(uint16_t identifier) {
    uint8_t message[2 + longest_query];
    const struct question *question = questions + (identifier % question_count);
    memcpy(message + 2, question->octets, question->length);
    message[0] = (uint8_t)(question->length >> 8);
    message[1] = (uint8_t)question->length;
    message[2] = (uint8_t)(identifier >> 8);
    message[3] = (uint8_t)identifier;
    size_t skipped = over_tcp ? 0 : 2;
    departures[identifier] = now();
    under_way++;
    if (send(fd, message + skipped, question->length + 2 - skipped, MSG_NOSIGNAL) < 0 && over_tcp) open_socket();
}

static void take_reply(const uint8_t *message, size_t length, int64_t arrival) {
    if (length < 12) return;
    size_t identifier = (size_t)message[0] << 8 | message[1];
    if (departures[identifier] == 0) return;
    printf("%lld\n", (long long)(arrival - departures[identifier]));
    departures[identifier] = 0;
    under_way--;
}

static void take_stream(int64_t arrival) {
    size_t at = 0;
    while (stream_length - at >= 2) {
        size_t length = (size_t)stream[at] << 8 | stream[at + 1];
        if (stream_length - at - 2 < length) break;
        take_reply(stream + at + 2, length, arrival);
        at += 2 + length;
    }
    memmove(stream, stream + at, stream_length - at);
    stream_length -= at;
}

static void receive(void) {
    union {
        struct cmsghdr header;
        uint8_t octets[256];
    } control;
    struct iovec part = {stream + stream_length, sizeof stream - stream_length};
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
    ssize_t length = recvmsg(fd, &message, MSG_DONTWAIT);
    if (length < 0 && (errno == EAGAIN || errno == EINTR || errno == ECONNREFUSED)) return;
    if (length <= 0) return open_socket();
    int64_t arrival = now();
    for (struct cmsghdr *entry = CMSG_FIRSTHDR(&message); entry; entry = CMSG_NXTHDR(&message, entry)) {
        if (entry->cmsg_level != SOL_SOCKET || entry->cmsg_type != SCM_TIMESTAMPNS) continue;
        struct timespec time;
        memcpy(&time, CMSG_DATA(entry), sizeof time);
        arrival = (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
    }
    if (!over_tcp) return take_reply(stream, (size_t)length, arrival);
    stream_length += (size_t)length;
    take_stream(arrival);
}

/* Takes replies until the moment `end`, or, when only the last ones are waited for, until all are there. */
static void receive_until(int64_t end, bool are_last) {
    for (int64_t left = end - now(); left > 0 && !(are_last && under_way == 0); left = end - now()) {
        struct pollfd entry = {.fd = fd, .events = POLLIN};
        struct timespec wait = {left / 1000000000, left % 1000000000};
        if (ppoll(&entry, 1, &wait, NULL) > 0) receive();
    }
}

int main(int count, char **arguments) {
    int option;
    double rate = 500, seconds = 2;
    const char *path = NULL;
    while ((option = getopt(count, arguments, "p:d:r:s:t")) != -1) {
        switch (option) {
        case 'p': port = (uint16_t)strtoul(optarg, NULL, 10); break;
        case 'd': path = optarg; break;
        case 'r': rate = strtod(optarg, NULL); break;
        case 's': seconds = strtod(optarg, NULL); break;
        case 't': over_tcp = true; break;
        default: return 2;
        }
    }
    if (path == NULL || port == 0 || rate <= 0 || rate * seconds >= most_queries) return 2;
    read_questions(path);
    open_socket();
    /* So that queries leave when they should, where that is allowed. */
    struct sched_param priority = {.sched_priority = 1};
    sched_setscheduler(0, SCHED_FIFO, &priority);
    int64_t start = now(), total = (int64_t)(rate * seconds);
    for (int64_t number = 0; number < total; number++) {
        receive_until(start + (int64_t)((double)number * 1e9 / rate), false);
        ask((uint16_t)number);
    }
    receive_until(now() + last_wait, true);
    printf("lost %zu\n", under_way);
    return 0;
}
