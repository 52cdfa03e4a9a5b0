/// Why a query over TCP was not answered.
enum TCPFailure: Error, Equatable, Sendable {
    case noConnection(String)
    case disconnected

    var forwardFailure: ForwardFailure {
        switch self {
        case .noConnection(let reason): .noConnection(reason)
        case .disconnected: .disconnected
        }
    }
}

/// One query that goes to an upstream over TCP.
///
/// Unchecked Sendable: the message and the closure are constants; the rest is touched on the upstream's event loop only.
final class TCPRequest: @unchecked Sendable {
    /// The query; its ID is replaced.
    let message: [UInt8]
    private let completion: @Sendable (Result<[UInt8], TCPFailure>) -> Void
    /// Whether it was sent again already because a connection that had been used before was closed.
    var wasResent = false
    private(set) var isDone = false
    /// Where it waits.
    weak var connection: TCPUpstreamConnection?
    var id: UInt16 = 0
    /// How many replies had come over the connection when it was sent.
    var repliesBefore = 0

    /// - Parameter completion: called at most once, on the event loop.
    init(_ message: [UInt8], completion: @escaping @Sendable (Result<[UInt8], TCPFailure>) -> Void) {
        self.message = message
        self.completion = completion
    }

    func complete(_ result: Result<[UInt8], TCPFailure>) {
        guard !isDone else { return }
        isDone = true
        completion(result)
    }

    /// Nobody waits for the reply any more.
    func cancel() {
        isDone = true
    }
}
