/* A kernel that is played: what a worker of the server gets from its sockets, its clock and the system's chance comes from a script,
 * so that a program linked with this does the same work in every run. It also counts what the worker's thread allocates.
 *
 * The C library's functions are replaced in the whole program (`recvmmsg`, `sendmmsg`, `send`, `recv`, `epoll_ctl`, `epoll_wait`,
 * `clock_gettime`, `syscall` for chance, `malloc` and its kin), and go on to the real ones for whatever is not played. For benchmarks
 * only: never link it into the server.
 */
#ifndef CREPLAYKERNEL_H
#define CREPLAYKERNEL_H

#include <stdint.h>

/* A query to be delivered. */
typedef struct replay_message {
    const uint8_t *octets;
    uint32_t length;
    /* Where eight letters stand that are another number in every delivery; 0 when all deliveries are alike. */
    uint32_t varying;
    /* What the reply must be: its code, and how many answer records it has at least. */
    uint8_t response_code;
    uint8_t answers;
    /* Whether the reply has TC, since there is more than the asker takes. */
    uint8_t truncated;
} replay_message;

/* What is delivered, again and again from the first to the last message. */
typedef struct replay_script {
    const replay_message *messages;
    uint32_t count;
    /* The listening UDP socket of this port gets them. */
    uint16_t port;
    /* Datagrams that have arrived each time that the worker looks. */
    uint32_t batch;
    /* Queries before the measurement begins, and in it. */
    uint64_t warm_up, measured;
    /* Allocations that are made for each query on purpose, to see that they are counted. */
    uint32_t wasted;
} replay_script;

/* What came of it; all of the measured queries only, but for `lost`. */
typedef struct replay_result {
    uint64_t replies;
    /* Replies that were not what the message wants. */
    uint64_t wrong;
    /* Queries that nothing more would have come of. */
    uint64_t lost;
    /* Octets of all replies together. */
    uint64_t octets;
    /* Calls of malloc and its kin on the worker's thread. */
    uint64_t allocations;
    uint64_t nanoseconds;
    /* Replies to queries that were forwarded. */
    uint64_t upstream;
    uint32_t first_length;
    uint8_t first[1024];
} replay_result;

/* Plays every upstream at this port of 127.0.0.1 from now on: it answers whatever it is asked with one A record. Before the server
 * starts. */
void replay_play_upstream(uint16_t port);

/* Makes the system's chance the same in every run from now on. Before the server is made. */
void replay_fix_chance(void);

/* Takes the script; it begins as soon as the worker that listens at its port wakes up. The messages must stay until the end. 0, or -1
 * when a script is being played already. */
int replay_begin(const replay_script *script);

/* Waits until the script has been played. */
void replay_wait(replay_result *result);

/* Calls of malloc and its kin on the calling thread while `replay_count_allocations` is on. */
uint64_t replay_allocations(void);
void replay_count_allocations(int on);

/* Nanoseconds of the real monotonic clock. */
uint64_t replay_clock(void);

/* Called at the beginning and the end of what is measured, and do nothing: an instrument can find them. */
void replay_measurement_begins(void);
void replay_measurement_ends(void);

#endif
