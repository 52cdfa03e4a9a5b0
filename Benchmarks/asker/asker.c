/*
 * Asks a DNS server over UDP at a steady rate, whatever comes back, and says of every single query what became of it.
 *
 *     asker -p PORT -d FILE -n COUNT [-s ADDRESS] [-r QUERIES_A_SECOND] [-t SECONDS] [-c SOCKETS]
 *
 * FILE has a line for each question, NAME ADDRESS; the A records are asked for in turn, from the beginning again at the end, and
 * ADDRESS is what the answer should be, or `-` for anything. Without a rate, or with 0, all queries leave at once. A query without
 * a reply is lost after the time of -t. At SIGTERM it asks no more and waits for what is under way.
 *
 * A line of output for each query that was sent, in order: SENT LATENCY OUTCOME. SENT is in nanoseconds since 1970; LATENCY in
 * nanoseconds, the kernel's time stamp of the reply ending it; OUTCOME is the response code as a number, `empty` for NOERROR without
 * an A record, `wrong` for another question or address than those expected, or `lost`, with latency -1. Then `refused N`: how often
 * nobody listened at the port; and `unasked N`: replies that no query waited for.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "../shared/question.h"

enum { longest_query = 300, longest_reply = 4096, identifiers = 65536, most_sockets = 64, most_at_once = 32 };
enum { lost = 256, empty, wrong };
enum { after_the_last = 100000000 };

struct question {
    size_t length;
    uint8_t octets[longest_query];
    bool has_address;
    struct in_addr address;
};

struct record {
    int64_t sent, latency;
    uint16_t outcome, identifier;
};

/* A socket and the number of the query that each of its IDs waits for, plus one; 0 for none. */
struct asker {
    int fd;
    uint16_t next;
    uint32_t waiting[identifiers];
};

static struct question *questions;
static size_t question_count;
static struct asker *askers;
static struct pollfd polls[most_sockets];
static unsigned sockets = 16;
static struct record *records;
static size_t sent, under_way;
static uint64_t refused, unasked;
static int64_t timeout;
static volatile sig_atomic_t is_stopped;

static _Noreturn void fail(const char *what) {
    fprintf(stderr, "asker: %s: %s\n", what, strerror(errno));
    exit(1);
}

static void stop(int signal) {
    (void)signal;
    is_stopped = 1;
}

/* A query in wire form; false when the name is none. */
static bool make_question(char *name, const char *address, struct question *question) {
    question->length = write_question(name, 1, question->octets, longest_query);
    if (question->length == 0) return false;
    question->has_address = strcmp(address, "-") != 0;
    return !question->has_address || inet_pton(AF_INET, address, &question->address) == 1;
}

static void read_questions(const char *path) {
    char name[longest_query], address[32];
    size_t room = 0;
    FILE *file = fopen(path, "r");
    if (file == NULL) fail(path);
    while (fscanf(file, "%299s %31s", name, address) == 2) {
        if (question_count == room) {
            room = room == 0 ? 1024 : room * 2;
            questions = realloc(questions, room * sizeof *questions);
            if (questions == NULL) fail("memory");
        }
        if (!make_question(name, address, questions + question_count++)) {
            fprintf(stderr, "asker: %s: line %zu is no question\n", path, question_count);
            exit(2);
        }
    }
    fclose(file);
    errno = EINVAL;
    if (question_count == 0) fail(path);
}

static void open_sockets(struct in_addr address, uint16_t port) {
    struct sockaddr_in server = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr = address};
    int on = 1, size = 4 << 20;
    askers = calloc(sockets, sizeof *askers);
    if (askers == NULL) fail("memory");
    for (unsigned i = 0; i < sockets; i++) {
        int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (fd < 0 || connect(fd, (struct sockaddr *)&server, sizeof server) != 0) fail("connect");
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
        setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
        askers[i].fd = fd;
        /* So that IDs differ between sockets and runs. */
        askers[i].next = (uint16_t)((unsigned)getpid() * 7919u + i * 4099u);
        polls[i] = (struct pollfd){.fd = fd, .events = POLLIN};
    }
}

static void ask(void) {
    struct asker *asker = &askers[sent % sockets];
    const struct question *question = questions + sent % question_count;
    uint8_t message[longest_query];
    uint16_t identifier = asker->next++;
    memcpy(message, question->octets, question->length);
    message[0] = (uint8_t)(identifier >> 8);
    message[1] = (uint8_t)identifier;
    asker->waiting[identifier] = (uint32_t)sent + 1;
    records[sent] = (struct record){.sent = now(), .latency = -1, .outcome = lost, .identifier = identifier};
    sent++;
    under_way++;
    /* A call may tell what became of an earlier query, that nobody listened, and send nothing. */
    for (int tries = 0; tries < 3; tries++) {
        if (send(asker->fd, message, question->length, MSG_NOSIGNAL) >= 0) return;
        refused += errno == ECONNREFUSED;
        if (errno != ECONNREFUSED) return;
    }
}

/* Whether a reply with this question brings the address: an A record anywhere among the answers. */
static uint16_t judge(const struct question *question, const uint8_t *reply, size_t length) {
    size_t at = question->length;
    if (length < at || reply[4] != 0 || reply[5] != 1) return wrong;
    for (size_t i = 12; i < at; i++) {
        /* Length octets are no letters, so that both may be compared alike. */
        if (reply[i] != question->octets[i] && (reply[i] | 0x20) != (question->octets[i] | 0x20)) return wrong;
    }
    if ((reply[3] & 0xF) != 0) return reply[3] & 0xF;
    uint16_t found = empty;
    for (unsigned left = (unsigned)reply[6] << 8 | reply[7]; left > 0; left--) {
        while (at < length && reply[at] != 0 && reply[at] < 0xC0) at += (size_t)reply[at] + 1;
        at += at < length && reply[at] >= 0xC0 ? 2 : 1;
        if (at + 10 > length) return wrong;
        size_t data = (size_t)reply[at + 8] << 8 | reply[at + 9];
        bool is_address = reply[at] == 0 && reply[at + 1] == 1 && data == 4;
        at += 10;
        if (at + data > length) return wrong;
        if (is_address) {
            if (question->has_address && memcmp(reply + at, &question->address, 4) != 0) return wrong;
            found = 0;
        }
        at += data;
    }
    return found;
}

static void take_reply(struct asker *asker, const uint8_t *reply, size_t length, int64_t arrival) {
    uint16_t identifier = (uint16_t)(reply[0] << 8 | reply[1]);
    size_t number = length < 12 || !(reply[2] & 0x80) ? 0 : asker->waiting[identifier];
    if (number == 0) {
        unasked++;
        return;
    }
    struct record *record = &records[number - 1];
    asker->waiting[identifier] = 0;
    under_way--;
    if (arrival - record->sent > timeout) return;
    record->latency = arrival - record->sent;
    record->outcome = judge(questions + (number - 1) % question_count, reply, length);
}

static void receive(struct asker *asker) {
    union {
        struct cmsghdr header;
        uint8_t octets[256];
    } control;
    uint8_t reply[longest_reply];
    for (;;) {
        struct iovec part = {reply, sizeof reply};
        struct msghdr message = {
            .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
        ssize_t length = recvmsg(asker->fd, &message, 0);
        if (length < 0 && errno == ECONNREFUSED) {
            refused++;
            continue;
        }
        if (length < 0) return;
        int64_t arrival = now();
        for (struct cmsghdr *entry = CMSG_FIRSTHDR(&message); entry; entry = CMSG_NXTHDR(&message, entry)) {
            if (entry->cmsg_level != SOL_SOCKET || entry->cmsg_type != SCM_TIMESTAMPNS) continue;
            struct timespec time;
            memcpy(&time, CMSG_DATA(entry), sizeof time);
            arrival = (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
        }
        take_reply(asker, reply, (size_t)length, arrival);
    }
}

static bool was_told_to_stop(void) { return is_stopped; }
static bool are_all_there(void) { return under_way == 0; }
static bool never(void) { return false; }

/* Takes replies until the moment `end`, or until it is enough. */
static void receive_until(int64_t end, bool (*is_enough)(void)) {
    for (int64_t left = end - now(); left > 0 && !is_enough(); left = end - now()) {
        struct timespec wait = {left / 1000000000, left % 1000000000};
        int ready = ppoll(polls, sockets, &wait, NULL);
        for (unsigned i = 0; i < sockets && ready > 0; i++)
            if (polls[i].revents != 0) receive(&askers[i]);
    }
}

static void ask_all(size_t count, double rate) {
    int64_t start = now();
    while (sent < count && !is_stopped) {
        size_t due = rate > 0 ? (size_t)((double)(now() - start) * 1e-9 * rate) + 1 : count;
        for (unsigned burst = 0; sent < due && sent < count && burst < most_at_once; burst++) ask();
        if (sent < due) {
            for (unsigned i = 0; i < sockets; i++) receive(&askers[i]);
        } else if (sent < count) {
            receive_until(start + (int64_t)((double)sent * 1e9 / rate), was_told_to_stop);
        }
    }
}

static void print_records(void) {
    for (size_t i = 0; i < sent; i++) {
        const struct record *record = &records[i];
        printf("%lld %lld ", (long long)record->sent, (long long)record->latency);
        if (record->outcome < lost)
            printf("%u\n", record->outcome);
        else
            puts(record->outcome == empty ? "empty" : record->outcome == wrong ? "wrong" : "lost");
    }
    printf("refused %llu\nunasked %llu\n", (unsigned long long)refused, (unsigned long long)unasked);
}

int main(int argument_count, char **arguments) {
    struct in_addr address = {htonl(INADDR_LOOPBACK)};
    uint16_t port = 0;
    size_t count = 0;
    double rate = 0, seconds = 5;
    const char *path = NULL;
    for (int option; (option = getopt(argument_count, arguments, "p:d:n:s:r:t:c:")) != -1;) {
        switch (option) {
        case 'p': port = (uint16_t)strtoul(optarg, NULL, 10); break;
        case 'd': path = optarg; break;
        case 'n': count = strtoul(optarg, NULL, 10); break;
        case 's':
            if (inet_pton(AF_INET, optarg, &address) != 1) return 2;
            break;
        case 'r': rate = strtod(optarg, NULL); break;
        case 't': seconds = strtod(optarg, NULL); break;
        case 'c': sockets = (unsigned)strtoul(optarg, NULL, 10); break;
        default: return 2;
        }
    }
    if (port == 0 || path == NULL || count == 0 || count >= UINT32_MAX || seconds <= 0 || rate < 0) return 2;
    if (sockets == 0 || sockets > most_sockets) return 2;
    /* An ID must not come again while it is waited for. */
    if ((rate > 0 ? rate * seconds : (double)count) / sockets >= identifiers) {
        fprintf(stderr, "asker: more queries under way than %u sockets have IDs\n", sockets);
        return 2;
    }
    timeout = (int64_t)(seconds * 1e9);
    struct sigaction action = {.sa_handler = stop};
    sigaction(SIGTERM, &action, NULL);
    read_questions(path);
    open_sockets(address, port);
    records = calloc(count, sizeof *records);
    if (records == NULL) fail("memory");
    /* So that queries leave when they should, where that is allowed. */
    struct sched_param priority = {.sched_priority = 1};
    if (rate > 0) sched_setscheduler(0, SCHED_FIFO, &priority);
    ask_all(count, rate);
    receive_until(now() + timeout, are_all_there);
    /* What comes after all have their reply is told too. */
    receive_until(now() + after_the_last, never);
    print_records();
    return 0;
}
