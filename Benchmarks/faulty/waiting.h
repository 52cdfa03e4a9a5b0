/*
 * Replies that are to leave later, the earliest first: a heap. It has a bound; what is beyond it is not sent.
 */
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

enum { most_waiting = 1 << 17 };

/* Where a reply goes: to an address, or down a connection if it is still the one that asked. */
struct asker {
    struct sockaddr_in address;
    int connection; /* -1 over UDP */
    uint64_t generation;
};

/* A reply that is to leave later. */
struct waiting {
    int64_t due;
    struct asker asker;
    bool from_other_port;
    size_t length;
    uint8_t *octets;
};

static struct waiting *heap;
static size_t heap_length, heap_room;

static void swap(size_t one, size_t other) {
    struct waiting kept = heap[one];
    heap[one] = heap[other];
    heap[other] = kept;
}

/* Takes a reply, and the memory of its octets; false when there is no room. */
static bool push(struct waiting entry) {
    if (heap_length == heap_room && heap_room < most_waiting) {
        size_t room = heap_room == 0 ? 1024 : heap_room * 2;
        struct waiting *larger = realloc(heap, room * sizeof *heap);
        if (larger != NULL) heap = larger, heap_room = room;
    }
    if (heap_length == heap_room) {
        free(entry.octets);
        return false;
    }
    size_t at = heap_length++;
    heap[at] = entry;
    for (; at > 0 && heap[(at - 1) / 2].due > heap[at].due; at = (at - 1) / 2) swap(at, (at - 1) / 2);
    return true;
}

/* The earliest; there must be one. */
static struct waiting pop(void) {
    struct waiting first = heap[0];
    heap[0] = heap[--heap_length];
    for (size_t at = 0;;) {
        size_t least = at;
        for (size_t child = 2 * at + 1; child <= 2 * at + 2 && child < heap_length; child++)
            if (heap[child].due < heap[least].due) least = child;
        if (least == at) return first;
        swap(at, least);
        at = least;
    }
}
