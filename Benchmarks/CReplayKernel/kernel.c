#include "CReplayKernel.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* The real functions */

typedef int (*recvmmsg_call)(int, struct mmsghdr *, unsigned, int, struct timespec *);
typedef int (*sendmmsg_call)(int, struct mmsghdr *, unsigned, int);
typedef ssize_t (*send_call)(int, const void *, size_t, int);
typedef ssize_t (*recv_call)(int, void *, size_t, int);
typedef int (*epoll_ctl_call)(int, int, int, struct epoll_event *);
typedef int (*epoll_wait_call)(int, struct epoll_event *, int, int);
typedef int (*clock_gettime_call)(clockid_t, struct timespec *);
typedef long (*syscall_call)(long, long, long, long, long, long, long);

/* The real function of that name, looked up once. */
#define REAL(name)                                                        \
    ({                                                                    \
        static _Atomic(void *) found;                                     \
        void *address = atomic_load_explicit(&found, memory_order_relaxed); \
        if (!address) {                                                   \
            address = dlsym(RTLD_NEXT, #name);                            \
            atomic_store_explicit(&found, address, memory_order_relaxed); \
        }                                                                 \
        (name##_call)address;                                             \
    })

/* The sockets of the worker */

enum { SOCKETS = 1024, REPLIES = 128, REPLY_OCTETS = 576, UPSTREAM_SOCKETS = 16 };

typedef enum { OTHER, LISTENER, UPSTREAM } sort;

/* Replies that wait on an upstream socket, in the order of their queries. */
typedef struct inbox {
    int fd;
    uint32_t first, count;
    struct {
        uint32_t length;
        uint8_t octets[REPLY_OCTETS];
    } replies[REPLIES];
} inbox;

static struct {
    sort sort;
    uint16_t port;
    epoll_data_t data;
    inbox *inbox;
} sockets[SOCKETS];
static inbox inboxes[UPSTREAM_SOCKETS];
static uint16_t upstream_port;

/* The worker: its thread, and the poll that its sockets are in. There is one. */
static int worker_poll = -1;
static _Thread_local bool is_worker;
static uint32_t waiting_replies;

static uint16_t port_of(int fd, int (*name)(int, struct sockaddr *, socklen_t *)) {
    struct sockaddr_in address = {0};
    socklen_t length = sizeof address;
    if (name(fd, (struct sockaddr *)&address, &length) < 0 || address.sin_family != AF_INET) return 0;
    return ntohs(address.sin_port);
}

static bool is_datagram(int fd) {
    int type = 0;
    socklen_t length = sizeof type;
    return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &length) == 0 && type == SOCK_DGRAM;
}

static inbox *free_inbox(int fd) {
    for (int i = 0; i < UPSTREAM_SOCKETS; i++) {
        if (inboxes[i].fd) continue;
        inboxes[i].fd = fd;
        inboxes[i].first = inboxes[i].count = 0;
        return &inboxes[i];
    }
    return NULL;
}

/* Notes what a worker watches: its listening sockets, and those that are connected to the upstream. */
static void watch(int poll, int fd, const struct epoll_event *event) {
    if (fd < 0 || fd >= SOCKETS || !is_datagram(fd)) return;
    uint16_t peer = port_of(fd, getpeername);
    if (!peer) {
        sockets[fd].sort = LISTENER;
        sockets[fd].port = port_of(fd, getsockname);
        worker_poll = poll;
        is_worker = true;
    } else if (poll == worker_poll && peer == upstream_port) {
        sockets[fd].inbox = free_inbox(fd);
        sockets[fd].sort = sockets[fd].inbox ? UPSTREAM : OTHER;
    }
    sockets[fd].data = event->data;
}

static void unwatch(int poll, int fd) {
    if (poll != worker_poll || fd < 0 || fd >= SOCKETS) return;
    if (sockets[fd].inbox) {
        waiting_replies -= sockets[fd].inbox->count;
        sockets[fd].inbox->fd = 0;
        sockets[fd].inbox = NULL;
    }
    sockets[fd].sort = OTHER;
}

int epoll_ctl(int poll, int operation, int fd, struct epoll_event *event) {
    int status = REAL(epoll_ctl)(poll, operation, fd, event);
    if (status == 0 && operation == EPOLL_CTL_ADD) watch(poll, fd, event);
    if (operation == EPOLL_CTL_DEL) unwatch(poll, fd);
    return status;
}

static sort sort_of(int fd) {
    return is_worker && fd >= 0 && fd < SOCKETS ? sockets[fd].sort : OTHER;
}

/* The play */

typedef enum { IDLE, READY, WARMING, MEASURING } phase;

static replay_script script;
static replay_result result;
static sem_t ended;
static _Atomic phase now = IDLE;
static int listener = -1;
/* Of this phase: queries that are to come, have come, and were answered. */
static uint64_t wanted, delivered, completed;
static uint64_t number;
static uint32_t next_message;
/* What the worker may still receive in this turn. */
static uint32_t arrived;
static uint64_t began;
/* The worker's clock stands still but for so much a query, so that what is measured takes a second of its time: each timer that comes
 * back every second does so once. */
static uint64_t played_time, time_per_query;
static const uint64_t measured_time = 1000000000;

void replay_play_upstream(uint16_t port) { upstream_port = port; }

int replay_begin(const replay_script *wanted_script) {
    if (atomic_load(&now) != IDLE) return -1;
    script = *wanted_script;
    time_per_query = measured_time / (script.measured ? script.measured : 1);
    sem_init(&ended, 0, 0);
    atomic_store(&now, READY);
    return 0;
}

void replay_wait(replay_result *out) {
    while (sem_wait(&ended) != 0) {}
    *out = result;
}

__attribute__((noinline)) void replay_measurement_begins(void) { __asm__ volatile(""); }
__attribute__((noinline)) void replay_measurement_ends(void) { __asm__ volatile(""); }

static uint64_t nanoseconds(const struct timespec *time) {
    return (uint64_t)time->tv_sec * 1000000000u + (uint64_t)time->tv_nsec;
}

uint64_t replay_clock(void) {
    struct timespec time;
    REAL(clock_gettime)(CLOCK_MONOTONIC, &time);
    return nanoseconds(&time);
}

static void begin_phase(phase next) {
    atomic_store(&now, next);
    delivered = completed = 0;
    wanted = next == WARMING ? script.warm_up : script.measured;
    if (next != MEASURING) return;
    memset(&result, 0, sizeof result);
    began = replay_clock();
    result.allocations = replay_allocations();
    replay_count_allocations(1);
    replay_measurement_begins();
}

static void end_play(void) {
    replay_measurement_ends();
    replay_count_allocations(0);
    result.nanoseconds = replay_clock() - began;
    result.allocations = replay_allocations() - result.allocations;
    result.lost = delivered - completed;
    atomic_store(&now, IDLE);
    sem_post(&ended);
}

static void find_listener(void) {
    listener = -1;
    for (int fd = 0; fd < SOCKETS; fd++)
        if (sockets[fd].sort == LISTENER && sockets[fd].port == script.port) listener = fd;
}

/* Goes on to the next phase when this one has come to its end. `is_stuck`: nothing is left that could bring it there. */
static void advance(bool is_stuck) {
    phase current = atomic_load(&now);
    if (current == READY) {
        find_listener();
        next_message = 0;
        begin_phase(WARMING);
        current = WARMING;
    }
    bool is_done = delivered >= wanted && (completed >= delivered || is_stuck);
    if (current == WARMING && is_done) begin_phase(MEASURING);
    if (current == MEASURING && is_done) end_play();
}

static int ready_upstreams(struct epoll_event *events, int count) {
    int found = 0;
    for (int i = 0; i < UPSTREAM_SOCKETS && found < count && waiting_replies; i++) {
        if (!inboxes[i].fd || !inboxes[i].count) continue;
        events[found++] = (struct epoll_event){.events = EPOLLIN, .data = sockets[inboxes[i].fd].data};
    }
    return found;
}

int epoll_wait(int poll, struct epoll_event *events, int count, int milliseconds) {
    if (poll != worker_poll || !is_worker) return REAL(epoll_wait)(poll, events, count, milliseconds);
    int found = ready_upstreams(events, count);
    if (atomic_load_explicit(&now, memory_order_acquire) == IDLE)
        return found ? found : REAL(epoll_wait)(poll, events, count, milliseconds);
    advance(found == 0 && milliseconds != 0);
    if (atomic_load(&now) == IDLE) return REAL(epoll_wait)(poll, events, count, 0);
    arrived = 0;
    if (delivered < wanted && listener >= 0 && found < count) {
        uint64_t left = wanted - delivered;
        arrived = left < script.batch ? (uint32_t)left : script.batch;
        events[found++] = (struct epoll_event){.events = EPOLLIN, .data = sockets[listener].data};
        played_time += arrived * time_per_query;
    } else if (listener < 0) {
        /* Nobody listens there: nothing will ever be delivered. */
        wanted = 0;
    }
    return found;
}

/* Queries in, replies out */

static void write_number(uint8_t *place, uint64_t value) {
    for (int i = 7; i >= 0; i--, value >>= 4) place[i] = "abcdefghijklmnop"[value & 15];
}

static void waste(void) {
    for (uint32_t i = 0; i < script.wasted; i++) {
        void *memory = malloc(16);
        __asm__ volatile("" : : "r"(memory) : "memory");
        free(memory);
    }
}

static void deliver(struct mmsghdr *header) {
    const replay_message *message = &script.messages[next_message];
    uint8_t *place = header->msg_hdr.msg_iov[0].iov_base;
    uint32_t length = message->length;
    if (length > header->msg_hdr.msg_iov[0].iov_len) length = (uint32_t)header->msg_hdr.msg_iov[0].iov_len;
    memcpy(place, message->octets, length);
    /* The ID says which message it was. */
    place[0] = (uint8_t)(next_message >> 8);
    place[1] = (uint8_t)next_message;
    if (message->varying) write_number(place + message->varying, number);
    header->msg_len = length;
    struct sockaddr_in peer = {.sin_family = AF_INET, .sin_port = htons((uint16_t)(1024 + (number & 0x7FFF)))};
    peer.sin_addr.s_addr = htonl(0xC0000201);
    memcpy(header->msg_hdr.msg_name, &peer, sizeof peer);
    header->msg_hdr.msg_namelen = sizeof peer;
    header->msg_hdr.msg_controllen = 0;
    header->msg_hdr.msg_flags = 0;
    number++;
    delivered++;
    next_message = next_message + 1 == script.count ? 0 : next_message + 1;
    waste();
}

static void collect(const uint8_t *reply, uint32_t length) {
    completed++;
    if (atomic_load_explicit(&now, memory_order_relaxed) != MEASURING) return;
    result.octets += length;
    if (!result.replies++) {
        result.first_length = length < sizeof result.first ? length : (uint32_t)sizeof result.first;
        memcpy(result.first, reply, result.first_length);
    }
    uint32_t which = length < 12 ? UINT32_MAX : (uint32_t)reply[0] << 8 | reply[1];
    bool is_right = which < script.count && (reply[2] & 0x80)
                    && !(reply[2] & 0x02) == !script.messages[which].truncated
                    && (reply[3] & 15) == script.messages[which].response_code
                    && (reply[6] << 8 | reply[7]) >= script.messages[which].answers;
    if (!is_right) result.wrong++;
}

static bool is_played(int fd) {
    return is_worker && fd == listener && atomic_load_explicit(&now, memory_order_relaxed) > READY;
}

/* The upstream */

/* Keeps the reply to `query`: the question, and one A record of its name that is good for an hour. */
static void answer(inbox *inbox, const uint8_t *query, size_t length) {
    static const uint8_t record[] = {0xC0, 12, 0, 1, 0, 1, 0, 0, 14, 16, 0, 4, 203, 0, 113, 7};
    size_t end = 12;
    while (end < length && query[end]) end += query[end] + 1u;
    end += 5;
    if (end > length || end + sizeof record > REPLY_OCTETS || inbox->count == REPLIES) return;
    uint32_t place = (inbox->first + inbox->count++) % REPLIES;
    uint8_t *reply = inbox->replies[place].octets;
    memcpy(reply, query, end);
    memcpy(reply + end, record, sizeof record);
    reply[2] |= 0x80;
    reply[3] = 0x80;
    static const uint8_t counts[] = {0, 1, 0, 1, 0, 0, 0, 0};
    memcpy(reply + 4, counts, sizeof counts);
    inbox->replies[place].length = (uint32_t)(end + sizeof record);
    waiting_replies++;
    result.upstream++;
}

static ssize_t take_reply(inbox *inbox, void *memory, size_t capacity) {
    if (!inbox->count) {
        errno = EAGAIN;
        return -1;
    }
    uint32_t length = inbox->replies[inbox->first].length;
    if (length > capacity) length = (uint32_t)capacity;
    memcpy(memory, inbox->replies[inbox->first].octets, length);
    inbox->first = (inbox->first + 1) % REPLIES;
    inbox->count--;
    waiting_replies--;
    return (ssize_t)length;
}

ssize_t send(int fd, const void *octets, size_t length, int flags) {
    if (sort_of(fd) != UPSTREAM) return REAL(send)(fd, octets, length, flags);
    answer(sockets[fd].inbox, octets, length);
    return (ssize_t)length;
}

ssize_t recv(int fd, void *octets, size_t capacity, int flags) {
    if (sort_of(fd) != UPSTREAM) return REAL(recv)(fd, octets, capacity, flags);
    return take_reply(sockets[fd].inbox, octets, capacity);
}

/* Batches, of a listener or of an upstream socket */

static int receive_upstream(inbox *inbox, struct mmsghdr *headers, unsigned count) {
    unsigned done = 0;
    while (done < count && inbox->count) {
        struct iovec *place = headers[done].msg_hdr.msg_iov;
        headers[done].msg_len = (unsigned)take_reply(inbox, place->iov_base, place->iov_len);
        headers[done++].msg_hdr.msg_flags = 0;
    }
    if (done) return (int)done;
    errno = EAGAIN;
    return -1;
}

int recvmmsg(int fd, struct mmsghdr *headers, unsigned count, int flags, struct timespec *timeout) {
    if (sort_of(fd) == UPSTREAM) return receive_upstream(sockets[fd].inbox, headers, count);
    if (!is_played(fd)) return REAL(recvmmsg)(fd, headers, count, flags, timeout);
    unsigned done = 0;
    for (; done < count && arrived; arrived--) deliver(&headers[done++]);
    if (done) return (int)done;
    errno = EAGAIN;
    return -1;
}

/* Has the upstream answer a message that comes in pieces. */
static uint32_t ask_upstream(inbox *inbox, const struct msghdr *header) {
    uint8_t octets[REPLY_OCTETS];
    size_t length = 0;
    for (size_t i = 0; i < header->msg_iovlen; i++) {
        const struct iovec *piece = &header->msg_iov[i];
        if (length + piece->iov_len <= sizeof octets) memcpy(octets + length, piece->iov_base, piece->iov_len);
        length += piece->iov_len;
    }
    if (length <= sizeof octets) answer(inbox, octets, length);
    return (uint32_t)length;
}

int sendmmsg(int fd, struct mmsghdr *headers, unsigned count, int flags) {
    bool is_upstream = sort_of(fd) == UPSTREAM;
    if (!is_upstream && !is_played(fd)) return REAL(sendmmsg)(fd, headers, count, flags);
    for (unsigned i = 0; i < count; i++) {
        if (is_upstream) {
            headers[i].msg_len = ask_upstream(sockets[fd].inbox, &headers[i].msg_hdr);
        } else {
            const struct iovec *reply = &headers[i].msg_hdr.msg_iov[0];
            headers[i].msg_len = (unsigned)reply->iov_len;
            collect(reply->iov_base, (uint32_t)reply->iov_len);
        }
    }
    return (int)count;
}

/* Time and chance */

int clock_gettime(clockid_t clock, struct timespec *time) {
    int status = REAL(clock_gettime)(clock, time);
    if (status != 0 || !is_worker || clock != CLOCK_MONOTONIC) return status;
    /* Never backwards: the played time goes on from the real one, and the real one from the played. */
    if (atomic_load_explicit(&now, memory_order_relaxed) <= READY) {
        uint64_t real = nanoseconds(time);
        if (real > played_time) played_time = real;
    }
    time->tv_sec = (time_t)(played_time / 1000000000u);
    time->tv_nsec = (long)(played_time % 1000000000u);
    return 0;
}

static _Atomic bool is_chance_fixed;

void replay_fix_chance(void) { atomic_store(&is_chance_fixed, true); }

/* What a worker fetches a batch of: seeds are shorter. */
enum { BATCH_OF_CHANCE = 128 };

/* The same octets for whoever asks: in whatever order the threads come, each gets what it got in the last run. Batches are other ones
 * each time, for each thread in one order. */
static void fill(uint8_t *place, size_t length) {
    static _Thread_local uint64_t later = 1;
    uint64_t state = 1;
    if (length >= BATCH_OF_CHANCE) state = later += 0xD1342543DE82EF95u;
    for (size_t i = 0; i < length; i++) {
        uint64_t value = state += 0x9E3779B97F4A7C15u;
        value = (value ^ value >> 30) * 0xBF58476D1CE4E5B9u;
        value = (value ^ value >> 27) * 0x94D049BB133111EBu;
        place[i] = (uint8_t)(value >> 56);
    }
}

/* Swift's own chance comes by way of this: the seeds of hash tables, the random source of a worker. */
long syscall(long call, ...) {
    va_list list;
    va_start(list, call);
    long a = va_arg(list, long), b = va_arg(list, long), c = va_arg(list, long), d = va_arg(list, long);
    long e = va_arg(list, long), f = va_arg(list, long);
    va_end(list);
    if (call != SYS_getrandom || !atomic_load(&is_chance_fixed)) return REAL(syscall)(call, a, b, c, d, e, f);
    fill((uint8_t *)a, (size_t)b);
    return b;
}
