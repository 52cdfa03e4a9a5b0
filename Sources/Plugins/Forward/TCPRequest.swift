import DNSServer
import Synchronization

/// Why a query over a connection was not answered.
enum TCPFailure: Error, Equatable, Sendable {
    case noConnection(String)
    case disconnected
    /// The upstream answered with something that is no DNS message, as over HTTPS it can.
    case refused(String)

    var forwardFailure: ForwardFailure {
        switch self {
        case .noConnection(let reason): .noConnection(reason)
        case .disconnected: .disconnected
        case .refused(let reason): .refused(reason)
        }
    }
}

/// One query that goes to an upstream over a connection.
///
/// Unchecked Sendable: the message and the closure are constants; the rest is touched on the upstream's event loop only.
final class TCPRequest: UpstreamWay, @unchecked Sendable {
    /// The query; its ID is replaced.
    let message: [UInt8]
    /// Whether it only asks whether the upstream is there, and is not counted.
    let isProbe: Bool
    /// The room that it takes: until nobody waits for its reply and the upstream has taken it.
    let reservation: OctetReservation?
    private let completion: @Sendable (Result<[UInt8], TCPFailure>) -> Void
    /// Whether it was sent again already because a connection that had been used before was closed.
    var wasResent = false
    private(set) var isDone = false
    /// Where it was sent from, for the worker that asks.
    private let local = Mutex<String?>(nil)
    /// What lets go of it where it waits.
    var abandon: (() -> Void)?

    /// - Parameter completion: called at most once, on the event loop.
    init(
        _ message: [UInt8], isProbe: Bool = false, reservation: OctetReservation? = nil,
        completion: @escaping @Sendable (Result<[UInt8], TCPFailure>) -> Void
    ) {
        self.message = message
        self.isProbe = isProbe
        self.reservation = reservation
        self.completion = completion
    }

    var localText: String? { local.withLock { $0 } }

    /// Notes that it goes out over the connection from this address.
    func leaves(from local: String?) {
        self.local.withLock { $0 = local }
    }

    func complete(_ result: Result<[UInt8], TCPFailure>) {
        guard !isDone else { return }
        isDone = true
        abandon = nil
        completion(result)
    }

    /// Nobody waits for the reply any more.
    func cancel() {
        guard !isDone else { return }
        isDone = true
        let abandon = abandon
        self.abandon = nil
        abandon?()
    }
}
