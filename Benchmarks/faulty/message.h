/*
 * DNS messages: the end of a query's question, its reply, and what comes in the place of a reply; and the chance that decides.
 */
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { header_length = 12, record_length = 16, longest = 4096, longest_name = 255 };

static uint32_t answer_ttl = 300;
static uint64_t chance = 1;

/* xorshift64*: the same faults in every run with the same seed. */
static uint64_t random_number(void) {
    chance ^= chance >> 12;
    chance ^= chance << 25;
    chance ^= chance >> 27;
    return chance * 0x2545F4914F6CDD1Du;
}

static double random_share(void) { return (double)(random_number() >> 11) / (double)(1ull << 53); }

/* The end of the only question, or 0 when the message is no query with one. */
static size_t question_end(const uint8_t *message, size_t length) {
    size_t at = header_length;
    if (length < header_length || (message[2] & 0x80) || message[4] != 0 || message[5] != 1) return 0;
    while (at < length && message[at] != 0) {
        if (message[at] > 63) return 0;
        at += (size_t)message[at] + 1;
    }
    return at + 5 <= length && at - header_length < longest_name ? at + 5 : 0;
}

/* A reply with the address in place of the query; gives its length. Types other than A have no records. */
static size_t make_reply(uint8_t *message, size_t end, struct in_addr address) {
    bool has_record = message[end - 4] == 0 && message[end - 3] == 1;
    message[2] |= 0x80;
    message[3] = 0x80;
    memset(message + 6, 0, 6);
    if (!has_record) return end;
    message[7] = 1;
    const uint8_t record[12] = {
        0xC0, 0x0C, 0, 1, 0, 1, (uint8_t)(answer_ttl >> 24), (uint8_t)(answer_ttl >> 16), (uint8_t)(answer_ttl >> 8),
        (uint8_t)answer_ttl, 0, 4};
    memcpy(message + end, record, sizeof record);
    memcpy(message + end + sizeof record, &address, 4);
    return end + record_length;
}

static bool is_fault(const char *text) {
    static const char *const known[] = {"id", "question", "garbage", "short", "stub", "empty", "port"};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(known[i], text) == 0) return true;
    return false;
}

/* The reply that comes first and is none, in place of the query; gives its length. `port` is for who sends it. */
static size_t make_wrong_reply(uint8_t *message, size_t end, const char *fault, struct in_addr address) {
    size_t length = make_reply(message, end, address);
    if (strcmp(fault, "id") == 0) {
        message[0] ^= 0x55;
        message[1] ^= 0xAA;
    } else if (strcmp(fault, "question") == 0) {
        /* Another letter in the first label; of the root another type. */
        if (message[header_length] > 0)
            message[header_length + 1] = message[header_length + 1] == 'x' ? 'y' : 'x';
        else
            message[end - 3] ^= 1;
    } else if (strcmp(fault, "garbage") == 0) {
        for (size_t at = 2; at < length; at++) message[at] = (uint8_t)random_number();
        /* A reply with the right ID, all else being noise. */
        message[2] |= 0x80;
    } else if (strcmp(fault, "short") == 0) {
        length = end - 3;
    } else if (strcmp(fault, "stub") == 0) {
        length = 5;
    } else if (strcmp(fault, "empty") == 0) {
        length = 0;
    }
    return length;
}
