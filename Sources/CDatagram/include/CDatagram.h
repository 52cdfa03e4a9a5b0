/* Batches of datagrams, readiness of sockets, and wake-ups: what Linux offers and Swift's Glibc module leaves out.
 *
 * Every function that can fail gives 0 or a count, or the negated errno. Nothing here allocates after a batch is made.
 */
#ifndef CDATAGRAM_H
#define CDATAGRAM_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

/* An IPv4 or IPv6 socket address. */
typedef struct cdg_address {
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } socket;
} cdg_address;

/* The address a datagram was sent to, as the kernel tells it for a wildcard listener; family 0 when it does not. */
typedef struct cdg_local {
    sa_family_t family;
    int interface_index;
    union {
        struct in_addr v4;
        struct in6_addr v6;
    } address;
} cdg_local;

/* The address that a datagram was sent to. 0 or -EINVAL when the kernel did not tell. */
int cdg_address_of_local(const cdg_local *local, uint16_t port, cdg_address *out);

enum { CDG_BATCH = 32 };

/* One datagram in, or one out. `data` belongs to the caller. */
typedef struct cdg_datagram {
    uint8_t *data;
    uint32_t capacity;
    uint32_t length;
    cdg_address peer;
    cdg_local local;
    bool cut; /* the datagram was longer than `capacity` */
} cdg_datagram;

/* Parses a literal address; a zone (`fe80::1%eth0`) is understood. 0 or -EINVAL. */
int cdg_address_parse(const char *text, uint16_t port, cdg_address *out);
/* Prints the address without its port; `out` needs 64 octets. Gives the length, or 0. */
int cdg_address_print(const cdg_address *address, char *out);
uint16_t cdg_address_port(const cdg_address *address);
void cdg_address_set_port(cdg_address *address, uint16_t port);
bool cdg_address_is_ipv4(const cdg_address *address);
/* The interface of a link-local IPv6 address; 0 for all others. */
uint32_t cdg_address_interface(const cdg_address *address);
bool cdg_address_is_wildcard(const cdg_address *address);
bool cdg_address_equal(const cdg_address *left, const cdg_address *right);
/* Copies the 4 or 16 octets of the address to `out` and gives how many. */
int cdg_address_octets(const cdg_address *address, uint8_t *out);
/* Copies a socket address that came from elsewhere. 0 or -EINVAL. */
int cdg_address_copy(const void *socket_address, cdg_address *out);

/* A non-blocking UDP socket bound to `address`, with SO_REUSEPORT when `shared`, and told destination addresses when the
 * address is a wildcard. IPv6 sockets take IPv6 only, unless `dual`. A file descriptor or the negated errno. */
int cdg_udp_listen(const cdg_address *address, bool shared, bool dual, int receive_buffer);
/* Makes the kernel give the socket no more datagrams, while what it has can still be read and replies still be sent: it is
 * connected to the discard port of the loopback address, from which nothing comes. 0 or the negated errno. */
int cdg_udp_stop_receiving(int fd, bool is_ipv4);
/* A non-blocking UDP socket with a random port, connected to `address`; it sends from `source`, which may be NULL. */
int cdg_udp_connect(const cdg_address *address, const cdg_address *source);
int cdg_socket_local(int fd, cdg_address *out);
/* A TCP socket bound and listening on `address`. */
int cdg_tcp_listen(const cdg_address *address, bool dual, int backlog);
/* Datagrams that the kernel threw away because the socket's queue was full; wraps. 0 or the negated errno. */
int cdg_udp_drops(int fd, uint32_t *out);
void cdg_close(int fd);

/* What the kernel is told of a batch of receive buffers; only what a call has changed is written anew for the next. */
typedef struct cdg_receiver cdg_receiver;
/* With room for CDG_BATCH datagrams, or NULL. `with_local`: whether datagrams come with the address that they were sent to. */
cdg_receiver *cdg_receiver_create(bool with_local);
void cdg_receiver_free(cdg_receiver *receiver);
/* Receives up to `count` (at most CDG_BATCH) datagrams without waiting. From one call to the next only buffers that were
 * received into may be replaced, and `datagrams` and `count` stay the same. */
int cdg_receive(int fd, cdg_receiver *receiver, cdg_datagram *datagrams, int count);
/* Sends up to `count` (at most CDG_BATCH) datagrams, each to its peer and from its local address; gives how many the kernel
 * took from the front. */
int cdg_send(int fd, const cdg_datagram *datagrams, int count);
/* The same on a connected socket for one datagram: octets, or the negated errno. */
int cdg_send_one(int fd, const uint8_t *data, uint32_t length);
int cdg_receive_one(int fd, uint8_t *data, uint32_t capacity);

/* A message that goes out with another ID: `id` takes the place of its first two octets, of which it has more. */
typedef struct cdg_message {
    const uint8_t *data;
    uint32_t length;
    uint8_t id[2];
} cdg_message;

/* Sends up to `count` (at most CDG_BATCH) messages on a connected socket; gives how many the kernel took from the front. */
int cdg_send_messages(int fd, cdg_message *messages, int count);
/* Receives up to `count` (at most CDG_BATCH) datagrams on a connected socket, each into its `capacity` octets of `memory`;
 * longer ones are cut off. */
int cdg_receive_messages(int fd, uint8_t *memory, uint32_t capacity, uint32_t *lengths, int count);

/* Waits at most `milliseconds` until `fd` can be written, and says whether it can. */
bool cdg_wait_writable(int fd, int milliseconds);

typedef struct cdg_event {
    uint64_t token;
    uint32_t readiness;
} cdg_event;

int cdg_poll_create(void);
/* Watches `fd` for reading. */
int cdg_poll_add(int poll, int fd, uint64_t token);
/* Watches `fd` for writing too, or for reading alone again. */
int cdg_poll_change(int poll, int fd, uint64_t token, bool writing);
int cdg_poll_remove(int poll, int fd);
/* Waits at most `milliseconds` (-1: for ever) for up to `count` (at most 64) events. */
int cdg_poll_wait(int poll, cdg_event *events, int count, int milliseconds);

int cdg_wakeup_create(void);
void cdg_wakeup_send(int fd);
void cdg_wakeup_clear(int fd);

/* Names the calling thread, for `top -H` and debuggers; at most 15 octets are used. */
void cdg_name_thread(const char *name);

/* Fills `length` (at most 256) octets at `out` from the kernel's random source; whether it did. */
bool cdg_random(void *out, size_t length);

/* Nanoseconds of the monotonic clock, and of the wall clock since 1970. */
uint64_t cdg_now(void);
uint64_t cdg_wall_now(void);

/* Begins to fetch the cache line at `address`; nothing happens where there is none. */
static inline void cdg_prefetch(const void *address) { __builtin_prefetch(address); }

#endif
