/// A fast random source of one worker, seeded by the system: shuffles, and choices among equals.
///
/// The generator is xoshiro256**, seeded anew from the system every 4,096 draws. Who sees its numbers can foretell the next ones; what
/// must not be foretold comes from a ``SecretSource``.
package struct RandomSource: RandomNumberGenerator {
    private var state: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
    private var remaining = 0

    package init() {
        reseed()
    }

    private mutating func reseed() {
        var system = SystemRandomNumberGenerator()
        state = (system.next(), system.next(), system.next(), system.next() | 1)
        remaining = 4_096
    }

    /// 64 random bits.
    package mutating func next() -> UInt64 {
        if remaining == 0 { reseed() }
        remaining &-= 1
        let product = state.1 &* 5
        let result = (product << 7 | product >> 57) &* 9
        let shifted = state.1 << 17
        state.2 ^= state.0
        state.3 ^= state.1
        state.1 ^= state.2
        state.0 ^= state.3
        state.2 ^= shifted
        state.3 = state.3 << 45 | state.3 >> 19
        return result
    }

    /// A random number below `bound`, which is at least 1.
    package mutating func next(below bound: Int) -> Int {
        Int(truncatingIfNeeded: next().multipliedFullWidth(by: UInt64(bound)).high)
    }
}
