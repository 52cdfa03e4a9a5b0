import Synchronization

/// An upstream that keeps what it is asked until it is told to answer.
final class QuestionGate: Sendable {
    let held = Mutex<[[UInt8]]>([])
    private let ports = Mutex<[UInt16]>([])
    private let isOpen = Mutex(false)

    func take(_ query: [UInt8], _ port: UInt16 = 0) -> [[UInt8]] {
        // Probes ask for the root.
        guard query[12] != 0 else { return [] }
        held.withLock { $0.append(query) }
        ports.withLock { $0.append(port) }
        return isOpen.withLock(\.self) ? [ScriptedReply.answer(query)] : []
    }

    var count: Int { held.withLock(\.count) }

    /// Answers from now on, and what was asked before: it may not be sent again (RFC 9520 §3.1).
    func open(_ upstream: ScriptedDatagrams? = nil) {
        isOpen.withLock { $0 = true }
        guard let upstream else { return }
        let (queries, ports) = (held.withLock(\.self), ports.withLock(\.self))
        for (query, port) in zip(queries, ports) { upstream.send(ScriptedReply.answer(query), to: port) }
    }
}
