import NIOCore
import Synchronization

/// The body of a reply that is taken where it arrives: on the event loop, while the connection is being read.
///
/// The HTTP library hands bodies over as asynchronous sequences, and each piece of one costs several jobs and timers, more than an event of
/// a watch costs otherwise. Of such a body it sees the end, what goes wrong, and now and then a piece without octets; the pieces themselves
/// go to the receiver.
///
/// It may only be used on ``ClusterLoop``.
final class DirectBody: Sendable {
    /// Takes a piece.
    ///
    /// - Returns: whether whoever waits for the body's end is to look up.
    typealias Receiver = @Sendable (ByteBuffer) -> Bool

    private struct State {
        var receiver: Receiver?
        /// What arrived before there was a receiver: as much as one look at the socket brings, since no more is read then.
        var waiting: [ByteBuffer] = []
        /// Reads on.
        var resume: (@Sendable () -> Void)?
    }

    private let state = Mutex(State())

    /// Hands over what has arrived, then each piece as it arrives.
    func receive(_ receiver: @escaping Receiver) {
        let (waiting, resume) = state.withLock { state in
            defer { (state.waiting, state.resume) = ([], nil) }
            state.receiver = receiver
            return (state.waiting, state.resume)
        }
        for piece in waiting { _ = receiver(piece) }
        resume?()
    }

    /// Takes a piece that has arrived.
    ///
    /// - Returns: whether whoever waits for the body's end is to look up.
    func take(_ piece: ByteBuffer) -> Bool {
        let receiver = state.withLock { state in
            if state.receiver == nil { state.waiting.append(piece) }
            return state.receiver
        }
        return receiver?(piece) ?? false
    }

    /// Whether more may be read.
    ///
    /// - Parameter resume: called when that becomes so.
    func mayRead(_ resume: @escaping @Sendable () -> Void) -> Bool {
        state.withLock { state in
            guard state.receiver == nil, !state.waiting.isEmpty else { return true }
            state.resume = resume
            return false
        }
    }
}

/// The direct bodies of one client's requests that are under way.
///
/// A request names its body in a header that ``DirectBodyHandler`` takes out again, since nothing else leads from a request to its
/// connection.
final class DirectBodies: Sendable {
    /// The name of that header.
    static let header = "Needletail-Direct-Body"

    private struct State {
        var last = 0
        var bodies: [String: DirectBody] = [:]
    }

    private let state = Mutex(State())

    /// Adds a body, until it is taken out again.
    ///
    /// - Returns: the header's value.
    func add(_ body: DirectBody) -> String {
        state.withLock { state in
            state.last &+= 1
            let name = String(state.last)
            state.bodies[name] = body
            return name
        }
    }

    /// Takes a body out.
    @discardableResult
    func remove(_ name: String) -> DirectBody? { state.withLock { $0.bodies.removeValue(forKey: name) } }
}
