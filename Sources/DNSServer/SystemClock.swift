import CDatagram

/// The machine's clocks.
package enum SystemClock {
    /// Nanoseconds of the monotonic clock.
    package static var monotonic: UInt64 { cdg_now() }
    /// Nanoseconds since 1970.
    package static var wall: UInt64 { cdg_wall_now() }
}
