import Glibc

/// The clock that other processes on the machine read as well.
enum MonotonicClock {
    /// Nanoseconds since some moment before the start of the machine's processes.
    static var now: UInt64 {
        var time = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}
