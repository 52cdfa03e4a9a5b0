import DNSServer
import DNSWire
import Glibc

/// One question of the server's own over UDP, from a socket, a port and an ID that nothing else uses.
final class LoneDatagram: ReadinessTarget {
    enum Event {
        /// A message with the right ID that says it is a response.
        case reply([UInt8])
        /// The system says that it cannot be sent, or that nobody listens.
        case refused(Int32)
    }

    private let socket: DatagramSocket
    private let id: UInt16
    private let whenHeard: (Event) -> Void
    private static let longest = 4_096

    /// Sends `message` to `upstream`.
    ///
    /// - Parameters:
    ///   - message: a query that was encoded, whose ID its reply must have.
    ///   - whenHeard: called for every event until ``close(_:)``, on the worker's thread.
    /// - Throws: the failed system call.
    init(
        _ message: [UInt8], to upstream: Upstream, _ worker: Worker, whenHeard: @escaping (Event) -> Void
    ) throws(SocketError) {
        socket = try DatagramSocket(connectedTo: upstream.address, from: upstream.source)
        id = message.span.uint16(at: 0)
        self.whenHeard = whenHeard
        let sent = socket.send(message.span)
        guard sent >= 0 else { throw SocketError(operation: "send", code: -sent) }
        try worker.watch(socket.fd, self)
    }

    func becameReady(_ worker: Worker) {
        var buffer = [UInt8](repeating: 0, count: Self.longest)
        var memory = buffer.mutableSpan
        let length = socket.receive(into: &memory)
        // A datagram whose checksum is wrong wakes, and is not there.
        guard length != -EAGAIN, length != -EINTR else { return }
        guard length >= 0 else { return whenHeard(.refused(-length)) }
        let message = Array(buffer.prefix(Int(length)))
        guard let header = MessageHeader(decoding: message.span), header.id == id, header.flags.isResponse else {
            return
        }
        whenHeard(.reply(message))
    }

    /// Hears no more.
    func close(_ worker: Worker) {
        worker.unwatch(socket.fd)
    }
}
