package import DNSWire

/// A client of a DNS server on 127.0.0.1.
///
/// Calls block their thread: run them in ``onThread(_:)``.
package enum Asking {
    /// Sends a datagram and waits for one with the same ID.
    ///
    /// - Returns: nil when none came in time.
    package static func datagram(
        _ octets: [UInt8], port: Int, within time: Duration = .seconds(3)
    ) throws -> [UInt8]? {
        let socket = try LoopbackSocket(.datagram, connectedTo: port)
        try socket.send(octets)
        let end = ContinuousClock.now + time
        while let reply = try socket.receive(within: end - .now) {
            if reply.prefix(2) == octets.prefix(2) { return reply }
        }
        return nil
    }

    /// Sends a message over a connection of its own and waits for the reply.
    package static func stream(_ octets: [UInt8], port: Int, within time: Duration = .seconds(3)) throws -> [UInt8]? {
        let conversation = try Conversation(port: port)
        try conversation.send(octets)
        return try conversation.receive(within: time)
    }

    /// Asks, and decodes the reply.
    package static func message(
        _ query: Message, port: Int, overTCP: Bool = false, within time: Duration = .seconds(3)
    ) throws -> Message? {
        let octets = query.encoded()
        let reply =
            overTCP ? try stream(octets, port: port, within: time) : try datagram(octets, port: port, within: time)
        guard let reply else { return nil }
        return try Message(decoding: reply.span)
    }
}

/// A TCP connection to a DNS server: messages with their length before them.
package final class Conversation {
    private let socket: LoopbackSocket
    private var received: [UInt8] = []
    /// Whether the server has ended the connection.
    package private(set) var isAtEnd = false

    /// Connects to a port.
    package init(port: Int) throws {
        socket = try LoopbackSocket(.stream, connectedTo: port)
    }

    /// A message as it goes over a stream.
    package static func framed(_ message: [UInt8]) -> [UInt8] {
        [UInt8(message.count >> 8), UInt8(message.count & 0xFF)] + message
    }

    /// Sends a message.
    package func send(_ message: [UInt8]) throws {
        try socket.send(Self.framed(message))
    }

    /// Sends octets as they are.
    package func sendRaw(_ octets: [UInt8]) throws {
        try socket.send(octets)
    }

    /// Tells the server that nothing more will come.
    package func finishSending() {
        socket.finishSending()
    }

    /// The next message; nil when none came in time or the server has ended the connection.
    package func receive(within time: Duration = .seconds(3)) throws -> [UInt8]? {
        let end = ContinuousClock.now + time
        while true {
            if received.count >= 2 {
                let length = Int(received[0]) << 8 | Int(received[1])
                if received.count >= 2 + length {
                    defer { received.removeFirst(2 + length) }
                    return Array(received[2..<(2 + length)])
                }
            }
            guard !isAtEnd, let part = try socket.receive(within: end - .now) else { return nil }
            if part.isEmpty { isAtEnd = true }
            received += part
        }
    }
}
