import Synchronization

/// Whether lines for debugging are written: on as long as anybody wants them.
package final class DebugSwitch: Sendable {
    /// The process's, which all loggers look at.
    package static let process = DebugSwitch()
    private let wishes = Atomic<Int>(0)

    package init() {}

    /// Whether such lines are written.
    package var isOn: Bool { wishes.load(ordering: .relaxed) > 0 }

    /// Somebody wants them, until ``release()``.
    package func hold() {
        wishes.add(1, ordering: .relaxed)
    }

    /// Somebody who has called ``hold()`` wants them no more.
    package func release() {
        wishes.subtract(1, ordering: .relaxed)
    }
}
