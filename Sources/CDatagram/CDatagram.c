#include "CDatagram.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/sock_diag.h>
#include <net/if.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>
#include <sys/syscall.h>

/* Addresses */

static socklen_t length_of(const cdg_address *address) {
    return address->socket.any.sa_family == AF_INET6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
}

int cdg_address_parse(const char *text, uint16_t port, cdg_address *out) {
    memset(out, 0, sizeof *out);
    if (inet_pton(AF_INET, text, &out->socket.v4.sin_addr) == 1) {
        out->socket.v4.sin_family = AF_INET;
        out->socket.v4.sin_port = htons(port);
        return 0;
    }
    char literal[INET6_ADDRSTRLEN + IF_NAMESIZE + 2];
    size_t length = strlen(text);
    if (length >= sizeof literal) return -EINVAL;
    memcpy(literal, text, length + 1);
    char *zone = strchr(literal, '%');
    if (zone) *zone++ = 0;
    memset(out, 0, sizeof *out);
    if (inet_pton(AF_INET6, literal, &out->socket.v6.sin6_addr) != 1) return -EINVAL;
    out->socket.v6.sin6_family = AF_INET6;
    out->socket.v6.sin6_port = htons(port);
    if (zone) {
        unsigned index = if_nametoindex(zone);
        if (index == 0) index = (unsigned)strtoul(zone, NULL, 10);
        if (index == 0) return -EINVAL;
        out->socket.v6.sin6_scope_id = index;
    }
    return 0;
}

int cdg_address_print(const cdg_address *address, char *out) {
    const void *octets = cdg_address_is_ipv4(address) ? (const void *)&address->socket.v4.sin_addr
                                                      : (const void *)&address->socket.v6.sin6_addr;
    if (!inet_ntop(address->socket.any.sa_family, octets, out, INET6_ADDRSTRLEN)) return 0;
    return (int)strlen(out);
}

uint16_t cdg_address_port(const cdg_address *address) {
    return ntohs(cdg_address_is_ipv4(address) ? address->socket.v4.sin_port : address->socket.v6.sin6_port);
}

void cdg_address_set_port(cdg_address *address, uint16_t port) {
    if (cdg_address_is_ipv4(address))
        address->socket.v4.sin_port = htons(port);
    else
        address->socket.v6.sin6_port = htons(port);
}

bool cdg_address_is_ipv4(const cdg_address *address) { return address->socket.any.sa_family == AF_INET; }

uint32_t cdg_address_interface(const cdg_address *address) {
    return cdg_address_is_ipv4(address) ? 0 : address->socket.v6.sin6_scope_id;
}

bool cdg_address_is_wildcard(const cdg_address *address) {
    if (cdg_address_is_ipv4(address)) return address->socket.v4.sin_addr.s_addr == INADDR_ANY;
    return IN6_IS_ADDR_UNSPECIFIED(&address->socket.v6.sin6_addr);
}

bool cdg_address_equal(const cdg_address *left, const cdg_address *right) {
    uint8_t a[16], b[16];
    int length = cdg_address_octets(left, a);
    return length == cdg_address_octets(right, b) && memcmp(a, b, (size_t)length) == 0 &&
           cdg_address_port(left) == cdg_address_port(right);
}

int cdg_address_octets(const cdg_address *address, uint8_t *out) {
    if (cdg_address_is_ipv4(address)) {
        memcpy(out, &address->socket.v4.sin_addr, 4);
        return 4;
    }
    memcpy(out, &address->socket.v6.sin6_addr, 16);
    return 16;
}

int cdg_address_copy(const void *socket_address, cdg_address *out) {
    const struct sockaddr *any = socket_address;
    memset(out, 0, sizeof *out);
    if (any->sa_family == AF_INET) {
        memcpy(&out->socket.v4, socket_address, sizeof out->socket.v4);
    } else if (any->sa_family == AF_INET6) {
        memcpy(&out->socket.v6, socket_address, sizeof out->socket.v6);
    } else {
        return -EINVAL;
    }
    return 0;
}

int cdg_address_of_local(const cdg_local *local, uint16_t port, cdg_address *out) {
    memset(out, 0, sizeof *out);
    if (local->family == AF_INET) {
        out->socket.v4.sin_addr = local->address.v4;
    } else if (local->family == AF_INET6) {
        out->socket.v6.sin6_addr = local->address.v6;
    } else {
        return -EINVAL;
    }
    out->socket.any.sa_family = local->family;
    cdg_address_set_port(out, port);
    return 0;
}

/* Sockets */

static int set_option(int fd, int level, int name, int value) {
    return setsockopt(fd, level, name, &value, sizeof value);
}

static int fail_closing(int fd) {
    int error = errno;
    close(fd);
    return -error;
}

int cdg_udp_listen(const cdg_address *address, bool shared, bool dual, int receive_buffer) {
    int family = address->socket.any.sa_family;
    int fd = socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return -errno;
    if (shared && set_option(fd, SOL_SOCKET, SO_REUSEPORT, 1) < 0) return fail_closing(fd);
    if (family == AF_INET6 && set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, dual ? 0 : 1) < 0) return fail_closing(fd);
    if (cdg_address_is_wildcard(address)) {
        if (family == AF_INET && set_option(fd, IPPROTO_IP, IP_PKTINFO, 1) < 0) return fail_closing(fd);
        if (family == AF_INET6 && set_option(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1) < 0) return fail_closing(fd);
    }
    /* A larger queue is a wish: a refusal by the kernel changes nothing else. */
    if (receive_buffer > 0) (void)set_option(fd, SOL_SOCKET, SO_RCVBUF, receive_buffer);
    if (bind(fd, &address->socket.any, length_of(address)) < 0) return fail_closing(fd);
    return fd;
}

int cdg_udp_connect(const cdg_address *address, const cdg_address *source) {
    int fd = socket(address->socket.any.sa_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return -errno;
    if (source && bind(fd, &source->socket.any, length_of(source)) < 0) return fail_closing(fd);
    if (connect(fd, &address->socket.any, length_of(address)) < 0) return fail_closing(fd);
    return fd;
}

int cdg_udp_stop_receiving(int fd, bool is_ipv4) {
    cdg_address discard;
    int status = cdg_address_parse(is_ipv4 ? "127.0.0.1" : "::1", 9, &discard);
    if (status < 0) return status;
    return connect(fd, &discard.socket.any, length_of(&discard)) < 0 ? -errno : 0;
}

int cdg_socket_local(int fd, cdg_address *out) {
    socklen_t length = sizeof out->socket;
    memset(out, 0, sizeof *out);
    return getsockname(fd, &out->socket.any, &length) < 0 ? -errno : 0;
}

int cdg_tcp_listen(const cdg_address *address, bool dual, int backlog) {
    int family = address->socket.any.sa_family;
    int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return -errno;
    if (set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1) < 0) return fail_closing(fd);
    if (family == AF_INET6 && set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, dual ? 0 : 1) < 0) return fail_closing(fd);
    if (bind(fd, &address->socket.any, length_of(address)) < 0) return fail_closing(fd);
    if (listen(fd, backlog) < 0) return fail_closing(fd);
    return fd;
}

int cdg_udp_drops(int fd, uint32_t *out) {
    uint32_t figures[SK_MEMINFO_VARS] = {0};
    socklen_t length = sizeof figures;
    if (getsockopt(fd, SOL_SOCKET, SO_MEMINFO, figures, &length) < 0) return -errno;
    /* Kernels before 4.6 tell less. */
    if (length <= SK_MEMINFO_DROPS * sizeof *figures) return -ENOSYS;
    *out = figures[SK_MEMINFO_DROPS];
    return 0;
}

void cdg_close(int fd) { close(fd); }

/* Datagrams */

typedef union control {
    struct cmsghdr header;
    char octets[CMSG_SPACE(sizeof(struct in6_pktinfo))];
} control;

static void read_local(struct msghdr *message, cdg_local *local) {
    local->family = AF_UNSPEC;
    for (struct cmsghdr *item = CMSG_FIRSTHDR(message); item; item = CMSG_NXTHDR(message, item)) {
        if (item->cmsg_level == IPPROTO_IP && item->cmsg_type == IP_PKTINFO) {
            struct in_pktinfo info;
            memcpy(&info, CMSG_DATA(item), sizeof info);
            local->family = AF_INET;
            local->interface_index = info.ipi_ifindex;
            local->address.v4 = info.ipi_spec_dst;
        } else if (item->cmsg_level == IPPROTO_IPV6 && item->cmsg_type == IPV6_PKTINFO) {
            struct in6_pktinfo info;
            memcpy(&info, CMSG_DATA(item), sizeof info);
            local->family = AF_INET6;
            local->interface_index = (int)info.ipi6_ifindex;
            local->address.v6 = info.ipi6_addr;
        }
    }
}

static void write_local(struct msghdr *message, const cdg_local *local, control *space) {
    if (local->family == AF_UNSPEC) return;
    memset(space, 0, sizeof *space);
    message->msg_control = space;
    bool is_ipv4 = local->family == AF_INET;
    message->msg_controllen =
        is_ipv4 ? CMSG_SPACE(sizeof(struct in_pktinfo)) : CMSG_SPACE(sizeof(struct in6_pktinfo));
    struct cmsghdr *item = CMSG_FIRSTHDR(message);
    if (is_ipv4) {
        struct in_pktinfo info = {.ipi_spec_dst = local->address.v4};
        item->cmsg_level = IPPROTO_IP;
        item->cmsg_type = IP_PKTINFO;
        item->cmsg_len = CMSG_LEN(sizeof info);
        memcpy(CMSG_DATA(item), &info, sizeof info);
    } else {
        struct in6_pktinfo info = {.ipi6_addr = local->address.v6};
        /* A link-local source is only meaningful on its own link. */
        if (IN6_IS_ADDR_LINKLOCAL(&info.ipi6_addr)) info.ipi6_ifindex = (unsigned)local->interface_index;
        item->cmsg_level = IPPROTO_IPV6;
        item->cmsg_type = IPV6_PKTINFO;
        item->cmsg_len = CMSG_LEN(sizeof info);
        memcpy(CMSG_DATA(item), &info, sizeof info);
    }
}

struct cdg_receiver {
    bool with_local;
    int stale; /* headers from the front that are to be written */
    struct mmsghdr headers[CDG_BATCH];
    struct iovec vectors[CDG_BATCH];
    control controls[CDG_BATCH];
};

cdg_receiver *cdg_receiver_create(bool with_local) {
    cdg_receiver *receiver = calloc(1, sizeof *receiver);
    if (!receiver) return NULL;
    receiver->with_local = with_local;
    receiver->stale = CDG_BATCH;
    return receiver;
}

void cdg_receiver_free(cdg_receiver *receiver) { free(receiver); }

int cdg_receive(int fd, cdg_receiver *receiver, cdg_datagram *datagrams, int count) {
    if (count > CDG_BATCH) count = CDG_BATCH;
    bool with_local = receiver->with_local;
    for (int i = 0; i < receiver->stale && i < count; i++) {
        cdg_datagram *datagram = &datagrams[i];
        receiver->vectors[i] = (struct iovec){.iov_base = datagram->data, .iov_len = datagram->capacity};
        receiver->headers[i].msg_hdr = (struct msghdr){
            .msg_name = &datagram->peer.socket,
            .msg_namelen = sizeof datagram->peer.socket,
            .msg_iov = &receiver->vectors[i],
            .msg_iovlen = 1,
            .msg_control = with_local ? &receiver->controls[i] : NULL,
            .msg_controllen = with_local ? sizeof receiver->controls[i] : 0,
        };
    }
    int received;
    do {
        received = recvmmsg(fd, receiver->headers, (unsigned)count, MSG_DONTWAIT, NULL);
    } while (received < 0 && errno == EINTR);
    receiver->stale = received > 0 ? received : 0;
    if (received < 0) return -errno;
    for (int i = 0; i < received; i++) {
        struct mmsghdr *header = &receiver->headers[i];
        datagrams[i].length = header->msg_len;
        datagrams[i].cut = (header->msg_hdr.msg_flags & MSG_TRUNC) != 0;
        datagrams[i].local.family = AF_UNSPEC;
        if (with_local) read_local(&header->msg_hdr, &datagrams[i].local);
    }
    return received;
}

int cdg_send(int fd, const cdg_datagram *datagrams, int count) {
    struct mmsghdr headers[CDG_BATCH];
    struct iovec vectors[CDG_BATCH];
    control controls[CDG_BATCH];
    if (count > CDG_BATCH) count = CDG_BATCH;
    for (int i = 0; i < count; i++) {
        const cdg_datagram *datagram = &datagrams[i];
        vectors[i] = (struct iovec){.iov_base = datagram->data, .iov_len = datagram->length};
        headers[i].msg_hdr = (struct msghdr){
            .msg_name = (void *)&datagram->peer.socket,
            .msg_namelen = length_of(&datagram->peer),
            .msg_iov = &vectors[i],
            .msg_iovlen = 1,
        };
        write_local(&headers[i].msg_hdr, &datagram->local, &controls[i]);
    }
    int sent;
    do {
        sent = sendmmsg(fd, headers, (unsigned)count, MSG_DONTWAIT);
    } while (sent < 0 && errno == EINTR);
    return sent < 0 ? -errno : sent;
}

int cdg_send_one(int fd, const uint8_t *data, uint32_t length) {
    ssize_t sent = send(fd, data, length, MSG_DONTWAIT | MSG_NOSIGNAL);
    return sent < 0 ? -errno : (int)sent;
}

int cdg_receive_one(int fd, uint8_t *data, uint32_t capacity) {
    ssize_t received = recv(fd, data, capacity, MSG_DONTWAIT);
    return received < 0 ? -errno : (int)received;
}

int cdg_send_messages(int fd, cdg_message *messages, int count) {
    struct mmsghdr headers[CDG_BATCH];
    struct iovec vectors[CDG_BATCH][2];
    if (count > CDG_BATCH) count = CDG_BATCH;
    for (int i = 0; i < count; i++) {
        vectors[i][0] = (struct iovec){.iov_base = messages[i].id, .iov_len = sizeof messages[i].id};
        vectors[i][1] = (struct iovec){
            .iov_base = (void *)(messages[i].data + sizeof messages[i].id),
            .iov_len = messages[i].length - sizeof messages[i].id};
        headers[i].msg_hdr = (struct msghdr){.msg_iov = vectors[i], .msg_iovlen = 2};
    }
    int sent;
    do {
        sent = sendmmsg(fd, headers, (unsigned)count, MSG_DONTWAIT | MSG_NOSIGNAL);
    } while (sent < 0 && errno == EINTR);
    return sent < 0 ? -errno : sent;
}

int cdg_receive_messages(int fd, uint8_t *memory, uint32_t capacity, uint32_t *lengths, int count) {
    struct mmsghdr headers[CDG_BATCH];
    struct iovec vectors[CDG_BATCH];
    if (count > CDG_BATCH) count = CDG_BATCH;
    for (int i = 0; i < count; i++) {
        vectors[i] = (struct iovec){.iov_base = memory + (size_t)i * capacity, .iov_len = capacity};
        headers[i].msg_hdr = (struct msghdr){.msg_iov = &vectors[i], .msg_iovlen = 1};
    }
    int received;
    do {
        received = recvmmsg(fd, headers, (unsigned)count, MSG_DONTWAIT, NULL);
    } while (received < 0 && errno == EINTR);
    if (received < 0) return -errno;
    for (int i = 0; i < received; i++) lengths[i] = headers[i].msg_len;
    return received;
}

/* Readiness and wake-ups */

bool cdg_wait_writable(int fd, int milliseconds) {
    struct pollfd item = {.fd = fd, .events = POLLOUT};
    return poll(&item, 1, milliseconds) > 0;
}

int cdg_poll_create(void) {
    int fd = epoll_create1(EPOLL_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

int cdg_poll_add(int poll, int fd, uint64_t token) {
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = token};
    return epoll_ctl(poll, EPOLL_CTL_ADD, fd, &event) < 0 ? -errno : 0;
}

int cdg_poll_change(int poll, int fd, uint64_t token, bool writing) {
    struct epoll_event event = {.events = EPOLLIN | (writing ? EPOLLOUT : 0), .data.u64 = token};
    return epoll_ctl(poll, EPOLL_CTL_MOD, fd, &event) < 0 ? -errno : 0;
}

int cdg_poll_remove(int poll, int fd) {
    return epoll_ctl(poll, EPOLL_CTL_DEL, fd, NULL) < 0 ? -errno : 0;
}

int cdg_poll_wait(int poll, cdg_event *events, int count, int milliseconds) {
    struct epoll_event ready[64];
    if (count > 64) count = 64;
    int number = epoll_wait(poll, ready, count, milliseconds);
    if (number < 0) return errno == EINTR ? 0 : -errno;
    for (int i = 0; i < number; i++)
        events[i] = (cdg_event){.token = ready[i].data.u64, .readiness = ready[i].events};
    return number;
}

int cdg_wakeup_create(void) {
    int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

void cdg_wakeup_send(int fd) {
    uint64_t one = 1;
    /* A full counter means that a wake-up is already on its way. */
    (void)!write(fd, &one, sizeof one);
}

void cdg_wakeup_clear(int fd) {
    uint64_t count;
    (void)!read(fd, &count, sizeof count);
}

bool cdg_random(void *out, size_t length) {
    return syscall(SYS_getrandom, out, length, 0) == (long)length;
}

void cdg_name_thread(const char *name) {
    char short_name[16];
    strncpy(short_name, name, sizeof short_name - 1);
    short_name[sizeof short_name - 1] = 0;
    (void)pthread_setname_np(pthread_self(), short_name);
}

static uint64_t read_clock(clockid_t clock) {
    struct timespec time;
    // A time before 1970, or none, is the beginning of 1970.
    if (clock_gettime(clock, &time) != 0 || time.tv_sec < 0) return 0;
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

uint64_t cdg_now(void) { return read_clock(CLOCK_MONOTONIC); }
uint64_t cdg_wall_now(void) { return read_clock(CLOCK_REALTIME); }
