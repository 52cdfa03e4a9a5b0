/*
 * The least that a DNS server on this kernel can cost: receives UDP datagrams in batches, turns the QR bit on and sends
 * them back in batches. Each thread has a socket of its own with SO_REUSEPORT. With -a the reply is a proper one: the
 * query's header and question, and an A record for it; that is the upstream of the forwarding shapes. With -s it does the
 * same over TCP as well, with as many threads more: what has come is answered with one write.
 *
 *     echo -p PORT [-t THREADS] [-a ADDRESS] [-l TTL] [-s]
 *
 * It ends when its standard input does.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { batch = 32, header_length = 12, record_length = 16, longest = 4096, waiting = 1024 };

static struct in_addr answer_address;
static bool gives_answer;
static uint32_t answer_ttl = 300;

/* The end of the question, or 0 when there is none. */
static size_t question_end(const uint8_t *message, size_t length) {
    size_t at = header_length;
    while (at < length && message[at] != 0) {
        if (message[at] > 63) return 0;
        at += (size_t)message[at] + 1;
    }
    return at + 5 <= length ? at + 5 : 0;
}

/* Makes a reply of the query in place; gives its length, or 0 for silence. */
static size_t reply(uint8_t *message, size_t length) {
    if (length < header_length || (message[2] & 0x80)) return 0;
    message[2] |= 0x80;
    if (!gives_answer) return length;
    size_t end = question_end(message, length);
    if (end == 0 || end + record_length > longest) return 0;
    message[3] = 0x80;
    memset(message + 6, 0, 6);
    message[7] = 1;
    const uint8_t record[12] = {
        0xC0, 0x0C, 0, 1, 0, 1, (uint8_t)(answer_ttl >> 24), (uint8_t)(answer_ttl >> 16), (uint8_t)(answer_ttl >> 8),
        (uint8_t)answer_ttl, 0, 4};
    memcpy(message + end, record, sizeof record);
    memcpy(message + end + sizeof record, &answer_address, 4);
    return end + record_length;
}

static int listener(uint16_t port, int type) {
    int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
    int on = 1, size = 4 << 20;
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) != 0 ||
        bind(fd, (struct sockaddr *)&address, sizeof address) != 0 ||
        (type == SOCK_STREAM && listen(fd, waiting) != 0)) {
        perror("echo: listen");
        exit(1);
    }
    if (type == SOCK_DGRAM) setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    return fd;
}

struct worker {
    int fd;
    uint8_t octets[batch][longest];
    struct sockaddr_storage peers[batch];
    struct iovec parts[batch];
    struct mmsghdr messages[batch];
};

static void send_batch(struct worker *worker, unsigned count) {
    for (unsigned sent = 0; sent < count;) {
        int now = sendmmsg(worker->fd, worker->messages + sent, count - sent, 0);
        if (now > 0)
            sent += (unsigned)now;
        else if (errno != EINTR)
            sent += 1;
    }
}

static void *serve(void *argument) {
    struct worker *worker = argument;
    for (;;) {
        for (unsigned i = 0; i < batch; i++) {
            worker->parts[i] = (struct iovec){worker->octets[i], longest};
            worker->messages[i].msg_hdr = (struct msghdr){
                .msg_name = &worker->peers[i], .msg_namelen = sizeof worker->peers[i], .msg_iov = &worker->parts[i],
                .msg_iovlen = 1};
        }
        int received = recvmmsg(worker->fd, worker->messages, batch, MSG_WAITFORONE, NULL);
        if (received < 0) {
            if (errno == EINTR) continue;
            perror("echo: recvmmsg");
            exit(1);
        }
        unsigned count = 0;
        for (int i = 0; i < received; i++) {
            size_t length = reply(worker->octets[i], worker->messages[i].msg_len);
            if (length == 0) continue;
            worker->parts[i].iov_len = length;
            worker->messages[count] = worker->messages[i];
            worker->messages[count++].msg_hdr.msg_iov = &worker->parts[i];
        }
        send_batch(worker, count);
    }
    return NULL;
}

/* A connection, with what has come of its messages and is not answered yet. */
struct connection {
    int fd;
    size_t length;
    uint8_t octets[1 << 16];
};

/* Answers the whole messages that have come with one write; the rest waits for its end. False when nobody listens. */
static bool answer_stream(struct connection *connection) {
    static _Thread_local uint8_t replies[(1 << 16) * 2];
    size_t at = 0, filled = 0;
    while (connection->length - at >= 2) {
        size_t length = (size_t)connection->octets[at] << 8 | connection->octets[at + 1];
        if (length + record_length > longest) return false;
        if (connection->length - at - 2 < length) break;
        if (filled + 2 + longest > sizeof replies) break;
        uint8_t *message = replies + filled + 2;
        memcpy(message, connection->octets + at + 2, length);
        at += 2 + length;
        length = reply(message, length);
        if (length == 0) continue;
        replies[filled] = (uint8_t)(length >> 8);
        replies[filled + 1] = (uint8_t)length;
        filled += 2 + length;
    }
    memmove(connection->octets, connection->octets + at, connection->length - at);
    connection->length -= at;
    for (size_t sent = 0; sent < filled;) {
        /* A client that does not read holds the thread up: this is no server. */
        ssize_t now = send(connection->fd, replies + sent, filled - sent, MSG_NOSIGNAL);
        if (now <= 0) return false;
        sent += (size_t)now;
    }
    return true;
}

static void take_connection(int poll, int listening) {
    int on = 1, fd = accept4(listening, NULL, NULL, SOCK_CLOEXEC);
    struct connection *connection = fd < 0 ? NULL : calloc(1, sizeof *connection);
    if (connection == NULL) {
        if (fd >= 0) close(fd);
        return;
    }
    connection->fd = fd;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};
    epoll_ctl(poll, EPOLL_CTL_ADD, fd, &event);
}

static void read_connection(struct connection *connection) {
    size_t room = sizeof connection->octets - connection->length;
    ssize_t received = recv(connection->fd, connection->octets + connection->length, room, 0);
    if (received > 0) {
        connection->length += (size_t)received;
        if (answer_stream(connection)) return;
    }
    close(connection->fd);
    free(connection);
}

static void *serve_streams(void *argument) {
    int listening = (int)(intptr_t)argument, poll = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event events[batch], first = {.events = EPOLLIN, .data.ptr = NULL};
    if (poll < 0 || epoll_ctl(poll, EPOLL_CTL_ADD, listening, &first) != 0) {
        perror("echo: epoll");
        exit(1);
    }
    for (;;) {
        int ready = epoll_wait(poll, events, batch, -1);
        for (int i = 0; i < ready; i++) {
            if (events[i].data.ptr == NULL)
                take_connection(poll, listening);
            else
                read_connection(events[i].data.ptr);
        }
    }
    return NULL;
}

int main(int count, char **arguments) {
    int option, threads = 1;
    bool streams = false;
    uint16_t port = 0;
    while ((option = getopt(count, arguments, "p:t:a:l:s")) != -1) {
        switch (option) {
        case 'p': port = (uint16_t)strtoul(optarg, NULL, 10); break;
        case 't': threads = (int)strtol(optarg, NULL, 10); break;
        case 's': streams = true; break;
        case 'l': answer_ttl = (uint32_t)strtoul(optarg, NULL, 10); break;
        case 'a':
            gives_answer = inet_pton(AF_INET, optarg, &answer_address) == 1;
            if (gives_answer) break;
            fprintf(stderr, "echo: %s is no IPv4 address\n", optarg);
            return 2;
        default: return 2;
        }
    }
    for (int i = 0; i < threads; i++) {
        struct worker *worker = calloc(1, sizeof *worker);
        pthread_t thread;
        if (worker == NULL) return 1;
        worker->fd = listener(port, SOCK_DGRAM);
        if (pthread_create(&thread, NULL, serve, worker) != 0) return 1;
        if (!streams) continue;
        void *listening = (void *)(intptr_t)listener(port, SOCK_STREAM);
        if (pthread_create(&thread, NULL, serve_streams, listening) != 0) return 1;
    }
    char octet;
    while (read(STDIN_FILENO, &octet, 1) > 0) continue;
    return 0;
}
