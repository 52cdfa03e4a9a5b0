#include "CFault.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

/* The program in memory, as linkers name its ends. */
extern const char __executable_start[] __attribute__((weak));
extern const char _end[] __attribute__((weak));

enum { LINE = 1024, FRAMES = 16, PATIENCE = 100 };

static const struct {
    int number;
    const char *name;
} faults[] = {{SIGILL, "SIGILL"}, {SIGTRAP, "SIGTRAP"}, {SIGSEGV, "SIGSEGV"},
              {SIGBUS, "SIGBUS"}, {SIGFPE, "SIGFPE"},   {SIGABRT, "SIGABRT"}};
enum { FAULTS = sizeof faults / sizeof faults[0] };

static const char *program = "";
static atomic_flag is_told = ATOMIC_FLAG_INIT;
/* For a handler on the main thread, should its own stack be used up; other threads' overflows end the process without a line. */
static char alternate_stack[32768];

typedef struct {
    char text[LINE];
    size_t length;
} line;

static void put(line *line, const char *text) {
    while (*text != 0 && line->length < LINE - 1) line->text[line->length++] = *text++;
}

static void put_number(line *line, uint64_t number, unsigned base) {
    char digits[24];
    size_t count = 0;
    do digits[count++] = "0123456789abcdef"[number % base];
    while ((number /= base) != 0);
    while (count > 0 && line->length < LINE - 1) line->text[line->length++] = digits[--count];
}

/* An offset into the program's file, for `llvm-symbolizer --obj=needletail`; an address elsewhere as it is. */
static void put_place(line *line, uintptr_t address) {
    uintptr_t start = (uintptr_t)__executable_start;
    bool is_own = start != 0 && address >= start && address < (uintptr_t)_end;
    put(line, is_own ? " +0x" : " 0x");
    put_number(line, is_own ? address - start : address, 16);
}

/* Whether 16 octets at `address` can be read: the kernel looks at the set before it looks at what is to be done with it. */
static bool is_readable(uintptr_t address) {
    if (address % 8 != 0 || address < 4096) return false;
    for (unsigned word = 0; word < 2; word++) {
        if (syscall(SYS_rt_sigprocmask, ~0, address + 8 * word, NULL, 8) != -1 || errno == EFAULT) return false;
    }
    return true;
}

/* Where the thread was, and from where it had come there, by the chain of frame pointers that Swift code has. */
static void put_frames(line *line, const ucontext_t *context) {
#if defined(__x86_64__)
    uintptr_t place = (uintptr_t)context->uc_mcontext.gregs[REG_RIP];
    uintptr_t frame = (uintptr_t)context->uc_mcontext.gregs[REG_RBP];
#elif defined(__aarch64__)
    uintptr_t place = (uintptr_t)context->uc_mcontext.pc;
    uintptr_t frame = (uintptr_t)context->uc_mcontext.regs[29];
#else
    uintptr_t place = 0, frame = 0;
    (void)context;
#endif
    put_place(line, place);
    for (unsigned count = 0; count < FRAMES && is_readable(frame); count++) {
        const uintptr_t *words = (const uintptr_t *)frame;
        if (words[1] == 0) break;
        put_place(line, words[1]);
        /* Frames lie one above the other. A frame of an asynchronous function has a mark in its highest bits. */
        uintptr_t next = words[0] & ~((uintptr_t)1 << 60);
        if (next <= frame) break;
        frame = next;
    }
}

static const char *name_of(int number) {
    for (unsigned index = 0; index < FAULTS; index++) {
        if (faults[index].number == number) return faults[index].name;
    }
    return "signal";
}

static void tell(int number, const siginfo_t *info, const ucontext_t *context) {
    line line = {.length = 0};
    put(&line, "[FATAL] ");
    put(&line, program);
    put(&line, " has ended by ");
    put(&line, name_of(number));
    if (info->si_code > 0 && number != SIGABRT) {
        put(&line, ", address 0x");
        put_number(&line, (uintptr_t)info->si_addr, 16);
    } else if (info->si_pid != 0 && info->si_pid != getpid()) {
        put(&line, ", sent by process ");
        put_number(&line, (uint64_t)info->si_pid, 10);
    }
    put(&line, "; at");
    put_frames(&line, context);
    line.text[line.length++] = '\n';
    /* Nobody may be reading. A pipe that can be written takes a page. */
    struct pollfd item = {.fd = STDERR_FILENO, .events = POLLOUT};
    if (poll(&item, 1, PATIENCE) > 0) (void)!write(STDERR_FILENO, line.text, line.length);
}

static void reset(int number) {
    struct sigaction action = {.sa_handler = SIG_DFL};
    sigaction(number, &action, NULL);
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, number);
    sigprocmask(SIG_UNBLOCK, &set, NULL);
}

static void handle(int number, siginfo_t *info, void *context) {
    /* Others that fail meanwhile wait for the end. */
    if (atomic_flag_test_and_set(&is_told)) {
        for (;;) pause();
    }
    /* Should this hang after all. */
    reset(SIGALRM);
    alarm(1);
    tell(number, info, context);
    for (unsigned index = 0; index < FAULTS; index++) reset(faults[index].number);
    /* The instruction fails once more, and the process ends with the status that it would have had. A trap's may be over already. */
    if (info->si_code > 0 && number != SIGTRAP && number != SIGABRT) return;
    raise(number);
    /* The first process of a container does not end by signals that are only sent to it. */
    __builtin_trap();
}

void cfault_install(const char *name) {
    program = name;
    stack_t stack = {.ss_sp = alternate_stack, .ss_size = sizeof alternate_stack};
    sigaltstack(&stack, NULL);
    struct sigaction action = {.sa_sigaction = handle, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};
    sigemptyset(&action.sa_mask);
    for (unsigned index = 0; index < FAULTS; index++) sigaction(faults[index].number, &action, NULL);
}
