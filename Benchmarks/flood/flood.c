/*
 * Asks a DNS server on 127.0.0.1 more than it can answer, at a steady rate and without waiting for replies, and says what became
 * of it: one line of JSON. A share of the queries is for services of a made-up cluster, the rest for names that were never asked
 * before.
 *
 *     flood -p PORT -s SECONDS [-r QUERIES_A_SECOND] [-n SERVICES] [-f PERCENT_OF_OTHER_NAMES]
 *
 * Without a rate, or with 0, it sends as much as it can.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { sockets = 16, batch = 32, identifiers = 65536, longest = 512, namespaces = 100, buckets = 200000 };
/* A bucket of latency is 10 µs, the last one holds all that is longer. */
enum { bucket_nanoseconds = 10000 };

struct asker {
    int fd;
    uint16_t next;
    uint64_t sent_at[identifiers]; /* 0 when nothing is waited for */
    bool is_local[identifiers];
};

static struct asker askers[sockets];
static uint32_t histogram[buckets];
static uint64_t sent[2], answered[2], refused, failed, longest_latency;
static unsigned services = 1000, other_percent = 50, run;

static uint64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static size_t make_query(uint8_t *message, uint16_t id, bool is_local, uint64_t number) {
    char name[128];
    if (is_local)
        snprintf(name, sizeof name, "service-%u.ns-%u.svc.cluster.local", (unsigned)(number % services),
                 (unsigned)(number % services % namespaces));
    else
        snprintf(name, sizeof name, "n%llu.r%u.example.net", (unsigned long long)number, run);
    const uint8_t header[12] = {(uint8_t)(id >> 8), (uint8_t)id, 1, 0, 0, 1};
    memcpy(message, header, sizeof header);
    size_t at = sizeof header;
    for (char *label = name; *label;) {
        size_t length = strcspn(label, ".");
        message[at++] = (uint8_t)length;
        memcpy(message + at, label, length);
        at += length;
        label += length + (label[length] == '.');
    }
    const uint8_t rest[5] = {0, 0, 1, 0, 1};
    memcpy(message + at, rest, sizeof rest);
    return at + sizeof rest;
}

static void send_batch(struct asker *asker, unsigned count, uint64_t *number) {
    static uint8_t octets[batch][longest];
    struct iovec parts[batch];
    struct mmsghdr messages[batch];
    memset(messages, 0, sizeof messages);
    uint64_t time = now();
    for (unsigned i = 0; i < count; i++) {
        uint16_t id = asker->next++;
        bool is_local = *number % 100 >= other_percent;
        asker->sent_at[id] = time;
        asker->is_local[id] = is_local;
        parts[i] = (struct iovec){octets[i], make_query(octets[i], id, is_local, (*number)++)};
        messages[i].msg_hdr.msg_iov = &parts[i];
        messages[i].msg_hdr.msg_iovlen = 1;
        sent[is_local]++;
    }
    for (unsigned done = 0; done < count;) {
        int result = sendmmsg(asker->fd, messages + done, count - done, 0);
        if (result <= 0) break;
        done += (unsigned)result;
    }
}

static void receive(struct asker *asker) {
    static uint8_t octets[batch][longest];
    struct iovec parts[batch];
    struct mmsghdr messages[batch];
    memset(messages, 0, sizeof messages);
    for (unsigned i = 0; i < batch; i++) {
        parts[i] = (struct iovec){octets[i], longest};
        messages[i].msg_hdr.msg_iov = &parts[i];
        messages[i].msg_hdr.msg_iovlen = 1;
    }
    int count;
    while ((count = recvmmsg(asker->fd, messages, batch, MSG_DONTWAIT, NULL)) > 0) {
        uint64_t time = now();
        for (int i = 0; i < count; i++) {
            uint16_t id = (uint16_t)(octets[i][0] << 8 | octets[i][1]);
            if (asker->sent_at[id] == 0) continue;
            uint64_t latency = time - asker->sent_at[id];
            bool is_local = asker->is_local[id];
            asker->sent_at[id] = 0;
            unsigned code = octets[i][3] & 0xF;
            answered[is_local]++;
            refused += !is_local && code == 5;
            failed += is_local && code != 0;
            if (!is_local) continue;
            if (latency > longest_latency) longest_latency = latency;
            uint64_t bucket = latency / bucket_nanoseconds;
            histogram[bucket < buckets ? bucket : buckets - 1]++;
        }
        if (count < batch) break;
    }
}

static double percentile(double share) {
    uint64_t wanted = (uint64_t)((double)answered[1] * share), seen = 0;
    for (unsigned i = 0; i < buckets; i++) {
        seen += histogram[i];
        if (seen > wanted) return (i + 1) * (bucket_nanoseconds / 1e6);
    }
    return 0;
}

int main(int argc, char **argv) {
    unsigned port = 0;
    double rate = 0, seconds = 1;
    for (int option; (option = getopt(argc, argv, "p:s:r:n:f:")) != -1;) {
        switch (option) {
        case 'p': port = (unsigned)atoi(optarg); break;
        case 's': seconds = atof(optarg); break;
        case 'r': rate = atof(optarg); break;
        case 'n': services = (unsigned)atoi(optarg); break;
        case 'f': other_percent = (unsigned)atoi(optarg); break;
        default: return 2;
        }
    }
    if (port == 0 || services == 0) return 2;
    run = (unsigned)getpid();
    struct sockaddr_in server = {
        .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    for (unsigned i = 0; i < sockets; i++) {
        int size = 4 << 20;
        askers[i].fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        setsockopt(askers[i].fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
        if (askers[i].fd < 0 || connect(askers[i].fd, (struct sockaddr *)&server, sizeof server) != 0) {
            perror("flood: socket");
            return 1;
        }
    }
    uint64_t start = now(), number = 0, time;
    unsigned turn = 0;
    while ((time = now()) < start + (uint64_t)(seconds * 1e9)) {
        uint64_t due = rate > 0 ? (uint64_t)((double)(time - start) * 1e-9 * rate) : number + batch;
        if (due > number) send_batch(&askers[turn], due - number < batch ? (unsigned)(due - number) : batch, &number);
        receive(&askers[turn]);
        turn = (turn + 1) % sockets;
    }
    double lasted = (double)(now() - start) * 1e-9;
    for (uint64_t end = now() + 500000000; now() < end; usleep(1000))
        for (unsigned i = 0; i < sockets; i++) receive(&askers[i]);
    printf("{\"seconds\": %.3f, \"local_sent\": %llu, \"local_answered\": %llu, \"local_failed\": %llu, \"other_sent\": %llu, "
           "\"other_answered\": %llu, \"other_refused\": %llu, \"p50\": %.2f, \"p99\": %.2f, \"p999\": %.2f, \"max\": %.2f}\n",
           lasted, (unsigned long long)sent[1], (unsigned long long)answered[1], (unsigned long long)failed,
           (unsigned long long)sent[0], (unsigned long long)answered[0], (unsigned long long)refused, percentile(0.5),
           percentile(0.99), percentile(0.999), (double)longest_latency / 1e6);
    return 0;
}
