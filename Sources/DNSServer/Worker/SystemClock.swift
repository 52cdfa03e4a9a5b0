import CDatagram

/// The machine's clocks.
///
/// The wall clock may stand anywhere and jump both ways: in 1970 on a machine without a battery, in the far future, and back when the
/// mistake is noticed. Moments that come from it, or from a file or the network, are compared and subtracted with
/// ``time(from:to:)``, which no order of them can end the process with.
package enum SystemClock {
    /// Nanoseconds of the monotonic clock.
    package static var monotonic: UInt64 { cdg_now() }
    /// Nanoseconds since 1970; 0 before.
    package static var wall: UInt64 { cdg_wall_now() }

    /// The time from one moment to another; 0 when the second is the earlier one.
    ///
    /// Units: those of the moments.
    package static func time(from start: UInt64, to end: UInt64) -> UInt64 {
        end > start ? end - start : 0
    }
}
