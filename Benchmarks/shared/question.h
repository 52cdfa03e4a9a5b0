/* What the bench's clients have in common: the wall clock, which the kernel's time stamps follow, and questions in wire form. */
#ifndef QUESTION_H
#define QUESTION_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

/* Nanoseconds since 1970. */
static inline int64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_REALTIME, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

/* Writes a query of class IN for `name`, which is cut to pieces, into `octets`; gives its length, or 0 when the name is none or has no
   room. */
static inline size_t write_question(char *name, unsigned type, uint8_t *octets, size_t room) {
    uint8_t *at = octets;
    if (room < 12 + 5) return 0;
    memset(at, 0, 12);
    at[2] = 1;
    at[5] = 1;
    at += 12;
    for (char *rest = NULL, *label = strtok_r(name, ".", &rest); label; label = strtok_r(NULL, ".", &rest)) {
        size_t length = strlen(label);
        if (length > 63 || (size_t)(at - octets) + length + 6 > room) return 0;
        *at++ = (uint8_t)length;
        memcpy(at, label, length);
        at += length;
    }
    const uint8_t end[5] = {0, (uint8_t)(type >> 8), (uint8_t)type, 0, 1};
    memcpy(at, end, sizeof end);
    return (size_t)(at - octets) + sizeof end;
}

#endif
