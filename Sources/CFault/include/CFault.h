/* The last words of a process that a fault of its own ends.
 *
 * Everything here that runs in a signal handler uses only what is safe there: no allocation, no lock, no library that does.
 */
#ifndef CFAULT_H
#define CFAULT_H

/* From now on SIGILL, SIGTRAP, SIGSEGV, SIGBUS, SIGFPE and SIGABRT write one line to standard error and then end the process at once, as
 * they would have ended it without this. The line has the signal, the address, and where in the program the thread was, as offsets
 * into the program's file. `name` stands in the line and must stay valid. */
void cfault_install(const char *name);

#endif
