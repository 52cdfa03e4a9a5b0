import Synchronization

/// An upstream that keeps what it is asked until it is told to answer.
final class QuestionGate: Sendable {
    let held = Mutex<[[UInt8]]>([])
    private let isOpen = Mutex(false)

    func take(_ query: [UInt8]) -> [[UInt8]] {
        // Probes ask for the root.
        guard query[12] != 0 else { return [] }
        held.withLock { $0.append(query) }
        return isOpen.withLock(\.self) ? [ScriptedReply.answer(query)] : []
    }

    var count: Int { held.withLock(\.count) }
    func open() { isOpen.withLock { $0 = true } }
}
