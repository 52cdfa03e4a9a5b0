import Synchronization

/// A value that rises and falls, set from any thread; the last write wins.
package struct Gauge: Sendable {
    private let storage = Storage()

    private final class Storage: Sendable {
        let bits = Atomic<UInt64>(Double.zero.bitPattern)
    }

    init() {}

    /// The value that a scrape would see now.
    package var value: Double {
        Double(bitPattern: storage.bits.load(ordering: .relaxed))
    }

    /// Sets the value.
    package func set(_ value: Double) {
        storage.bits.store(value.bitPattern, ordering: .relaxed)
    }

    /// Sets the value.
    package func set(_ value: Int) {
        set(Double(value))
    }

    /// Adds to the value, which may be negative; no addition is lost to a concurrent one.
    package func add(_ amount: Double) {
        var old = storage.bits.load(ordering: .relaxed)
        while true {
            let new = (Double(bitPattern: old) + amount).bitPattern
            let (exchanged, original) = storage.bits.weakCompareExchange(
                expected: old, desired: new, ordering: .relaxed)
            if exchanged { return }
            old = original
        }
    }
}
