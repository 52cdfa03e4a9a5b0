/*
 * An upstream with faults: a DNS server over UDP and TCP that gives every A query one address, unless it is told to do worse.
 * It counts what it got and did.
 *
 *     faulty -p PORT [-b ADDRESS] [-a ADDRESS] [-l TTL] [FAULTS]
 *
 *     -n            answers nothing: reads queries and forgets them
 *     -x PERCENT    forgets so many of the queries, at random, the same ones with the same -s SEED
 *     -d MS, -j MS  answers so late, and up to so much earlier or later than that
 *     -f FAULT      before each reply sends a wrong one, with an address that nobody should be given: `id` has another ID,
 *                   `question` another question, `garbage` is noise of the reply's length, `short` ends within the question,
 *                   `stub` within the header, `empty` has no octet at all, `port` comes from another port (over UDP only)
 *     -g MS         the good reply comes so much later than the wrong one
 *     -2            sends each reply twice
 *
 * It says `listening` when it does. At SIGUSR1 it prints its counters as a line of JSON, at SIGTERM as well before it ends; it
 * ends too when its standard input does. Queries for the root are probes: they meet the same faults, and are counted apart.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "message.h"
#include "waiting.h"

enum { batch = 64, connections = 1024, letters = 26 };

struct connection {
    int fd; /* -1 when there is none */
    uint64_t generation;
    size_t length;
    uint8_t octets[2 + longest];
};

static struct {
    uint64_t udp, tcp, opened, probes, dropped, faults, answered, late, overflows, malformed, by_letter[letters];
} counts;

static struct in_addr answer_address, wrong_address;
static bool is_silent, is_twice;
static const char *fault;
static double drop_percent;
static int64_t delay, jitter, gap;
static int udp = -1, other_port = -1, listening = -1, poll_fd = -1;
static struct connection streams[connections];

static _Noreturn void fail(const char *what) {
    fprintf(stderr, "faulty: %s: %s\n", what, strerror(errno));
    exit(1);
}

static int64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

/* Connections */

static void close_stream(struct connection *stream) {
    close(stream->fd);
    stream->fd = -1;
    stream->generation++;
    stream->length = 0;
}

static void send_stream(const struct asker *asker, const uint8_t *octets, size_t length) {
    struct connection *stream = &streams[asker->connection];
    if (stream->fd < 0 || stream->generation != asker->generation) return;
    uint8_t message[2 + longest] = {(uint8_t)(length >> 8), (uint8_t)length};
    memcpy(message + 2, octets, length);
    /* Who does not read what it asked for is cut off. */
    if (send(stream->fd, message, length + 2, MSG_NOSIGNAL | MSG_DONTWAIT) != (ssize_t)length + 2) close_stream(stream);
}

static void deliver(const struct asker *asker, const uint8_t *octets, size_t length, bool from_other_port) {
    if (asker->connection >= 0) return send_stream(asker, octets, length);
    sendto(from_other_port ? other_port : udp, octets, length, 0, (const struct sockaddr *)&asker->address,
           sizeof asker->address);
}

static void deliver_later(
    const struct asker *asker, const uint8_t *octets, size_t length, int64_t after, bool from_other_port) {
    if (after <= 0) return deliver(asker, octets, length, from_other_port);
    uint8_t *copy = malloc(length + 1);
    if (copy == NULL) fail("memory");
    memcpy(copy, octets, length);
    counts.overflows += !push((struct waiting){now() + after, *asker, from_other_port, length, copy});
}

/* Queries */

static void count(const uint8_t *message, bool over_tcp) {
    uint8_t letter = message[header_length + 1] | 0x20;
    if (over_tcp)
        counts.tcp++;
    else
        counts.udp++;
    if (letter >= 'a' && letter <= 'z') counts.by_letter[letter - 'a']++;
}

/* Does with a query what it was told to do. */
static void take(const uint8_t *query, size_t length, const struct asker *asker) {
    uint8_t reply[longest + record_length], wrong[longest + record_length];
    size_t end = question_end(query, length);
    if (end == 0) {
        counts.malformed++;
        return;
    }
    bool is_probe = query[header_length] == 0;
    if (is_probe)
        counts.probes++;
    else
        count(query, asker->connection >= 0);
    if (is_silent || (drop_percent > 0 && random_share() * 100 < drop_percent)) {
        counts.dropped += !is_probe;
        return;
    }
    int64_t after = delay + (jitter > 0 ? (int64_t)((random_share() * 2 - 1) * (double)jitter) : 0);
    if (fault != NULL) {
        bool from_other_port = strcmp(fault, "port") == 0;
        memcpy(wrong, query, end);
        deliver_later(asker, wrong, make_wrong_reply(wrong, end, fault, wrong_address), after, from_other_port);
        counts.faults += !is_probe;
        after += gap;
    }
    memcpy(reply, query, end);
    size_t reply_length = make_reply(reply, end, answer_address);
    for (int times = is_twice ? 2 : 1; times > 0; times--) deliver_later(asker, reply, reply_length, after, false);
    counts.answered += !is_probe;
    counts.late += !is_probe && after > 0;
}

/* Sockets */

static int open_socket(struct in_addr address, uint16_t port, int type) {
    int fd = socket(AF_INET, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), on = 1, size = 4 << 20;
    struct sockaddr_in name = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr = address};
    if (fd < 0) fail("socket");
    /* So that one that was killed can be started again at once. */
    if (type == SOCK_STREAM) setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, (struct sockaddr *)&name, sizeof name) != 0) fail("bind");
    if (type == SOCK_STREAM && listen(fd, connections) != 0) fail("listen");
    if (type == SOCK_DGRAM) setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    return fd;
}

static void watch(int fd, uint64_t key) {
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = key};
    if (epoll_ctl(poll_fd, EPOLL_CTL_ADD, fd, &event) != 0) fail("epoll");
}

static void receive_datagrams(void) {
    static uint8_t octets[batch][longest];
    struct sockaddr_in peers[batch];
    struct iovec parts[batch];
    struct mmsghdr messages[batch];
    for (int received = batch; received == batch;) {
        for (int i = 0; i < batch; i++) {
            parts[i] = (struct iovec){octets[i], longest};
            messages[i].msg_hdr = (struct msghdr){
                .msg_name = &peers[i], .msg_namelen = sizeof peers[i], .msg_iov = &parts[i], .msg_iovlen = 1};
        }
        received = recvmmsg(udp, messages, batch, MSG_DONTWAIT, NULL);
        for (int i = 0; i < received; i++)
            take(octets[i], messages[i].msg_len, &(struct asker){.address = peers[i], .connection = -1});
    }
}

static void accept_stream(void) {
    int on = 1, fd = accept4(listening, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0) return;
    for (int place = 0; place < connections; place++) {
        if (streams[place].fd >= 0) continue;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        streams[place].fd = fd;
        watch(fd, (uint64_t)place);
        counts.opened++;
        return;
    }
    close(fd);
}

static void read_stream(int place) {
    struct connection *stream = &streams[place];
    if (stream->fd < 0) return;
    ssize_t received = recv(stream->fd, stream->octets + stream->length, sizeof stream->octets - stream->length, 0);
    if (received < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (received <= 0) return close_stream(stream);
    stream->length += (size_t)received;
    uint64_t generation = stream->generation;
    while (stream->length >= 2) {
        size_t length = (size_t)stream->octets[0] << 8 | stream->octets[1];
        if (length > longest) return close_stream(stream);
        if (stream->length - 2 < length) return;
        take(stream->octets + 2, length, &(struct asker){.connection = place, .generation = generation});
        /* The answer may have found the connection's end. */
        if (stream->generation != generation) return;
        stream->length -= 2 + length;
        memmove(stream->octets, stream->octets + 2 + length, stream->length);
    }
}

/* Counters and the end */

static void print_counts(void) {
    receive_datagrams();
    printf("{\"udp\": %llu, \"tcp\": %llu, \"connections\": %llu, \"probes\": %llu, \"dropped\": %llu, \"faults\": %llu, "
           "\"answered\": %llu, \"late\": %llu, \"overflows\": %llu, \"malformed\": %llu, \"by_letter\": {",
           (unsigned long long)counts.udp, (unsigned long long)counts.tcp, (unsigned long long)counts.opened,
           (unsigned long long)counts.probes, (unsigned long long)counts.dropped, (unsigned long long)counts.faults,
           (unsigned long long)counts.answered, (unsigned long long)counts.late, (unsigned long long)counts.overflows,
           (unsigned long long)counts.malformed);
    const char *separator = "";
    for (int i = 0; i < letters; i++) {
        if (counts.by_letter[i] == 0) continue;
        printf("%s\"%c\": %llu", separator, 'a' + i, (unsigned long long)counts.by_letter[i]);
        separator = ", ";
    }
    printf("}}\n");
    fflush(stdout);
}

static void take_signal(int fd) {
    struct signalfd_siginfo signal;
    if (read(fd, &signal, sizeof signal) != sizeof signal) return;
    print_counts();
    if (signal.ssi_signo != SIGUSR1) exit(0);
}

static void take_input(void) {
    char octets[64];
    if (read(STDIN_FILENO, octets, sizeof octets) <= 0) exit(0);
}

static int milliseconds_to_next(void) {
    if (heap_length == 0) return -1;
    int64_t left = heap[0].due - now();
    return left <= 0 ? 0 : (int)((left + 999999) / 1000000);
}

static void send_what_is_due(void) {
    while (heap_length > 0 && heap[0].due <= now()) {
        struct waiting entry = pop();
        deliver(&entry.asker, entry.octets, entry.length, entry.from_other_port);
        free(entry.octets);
    }
}

/* Keys of what is watched besides connections. */
enum { key_udp = connections, key_listening, key_signal, key_input };

static _Noreturn void serve(int signals) {
    struct epoll_event events[batch];
    poll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (poll_fd < 0) fail("epoll");
    watch(udp, key_udp);
    watch(listening, key_listening);
    watch(signals, key_signal);
    watch(STDIN_FILENO, key_input);
    printf("listening\n");
    fflush(stdout);
    for (;;) {
        int ready = epoll_wait(poll_fd, events, batch, milliseconds_to_next());
        for (int i = 0; i < ready; i++) {
            switch (events[i].data.u64) {
            case key_udp: receive_datagrams(); break;
            case key_listening: accept_stream(); break;
            case key_signal: take_signal(signals); break;
            case key_input: take_input(); break;
            default: read_stream((int)events[i].data.u64);
            }
        }
        send_what_is_due();
    }
}

static struct in_addr parse_address(const char *text) {
    struct in_addr address;
    if (inet_pton(AF_INET, text, &address) == 1) return address;
    fprintf(stderr, "faulty: %s is no IPv4 address\n", text);
    exit(2);
}

static int64_t milliseconds(const char *text) { return (int64_t)(strtod(text, NULL) * 1e6); }

int main(int argument_count, char **arguments) {
    struct in_addr bound = {htonl(INADDR_LOOPBACK)};
    uint16_t port = 0;
    answer_address = parse_address("203.0.113.7");
    wrong_address = parse_address("198.51.100.66");
    for (int option; (option = getopt(argument_count, arguments, "p:b:a:l:nx:s:d:j:f:g:2")) != -1;) {
        switch (option) {
        case 'p': port = (uint16_t)strtoul(optarg, NULL, 10); break;
        case 'b': bound = parse_address(optarg); break;
        case 'a': answer_address = parse_address(optarg); break;
        case 'l': answer_ttl = (uint32_t)strtoul(optarg, NULL, 10); break;
        case 'n': is_silent = true; break;
        case 'x': drop_percent = strtod(optarg, NULL); break;
        case 's': chance = strtoull(optarg, NULL, 10) * 2 + 1; break;
        case 'd': delay = milliseconds(optarg); break;
        case 'j': jitter = milliseconds(optarg); break;
        case 'g': gap = milliseconds(optarg); break;
        case '2': is_twice = true; break;
        case 'f':
            if (is_fault(optarg)) {
                fault = optarg;
                break;
            }
            fprintf(stderr, "faulty: there is no fault '%s'\n", optarg);
            return 2;
        default: return 2;
        }
    }
    if (port == 0) return 2;
    sigset_t set;
    sigemptyset(&set);
    for (int i = 0; i < 3; i++) sigaddset(&set, (const int[]){SIGUSR1, SIGTERM, SIGINT}[i]);
    sigprocmask(SIG_BLOCK, &set, NULL);
    int signals = signalfd(-1, &set, SFD_CLOEXEC);
    if (signals < 0) fail("signalfd");
    for (int place = 0; place < connections; place++) streams[place].fd = -1;
    udp = open_socket(bound, port, SOCK_DGRAM);
    other_port = open_socket(bound, 0, SOCK_DGRAM);
    listening = open_socket(bound, port, SOCK_STREAM);
    serve(signals);
}
