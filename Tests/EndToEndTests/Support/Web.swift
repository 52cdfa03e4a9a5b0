import TestSupport

/// What a server's HTTP endpoints say.
enum Web {
    /// A reply; nil when nobody listens, or nothing came in time.
    static func get(_ path: String, port: Int) async throws -> (status: Int, body: String)? {
        try await onThread {
            guard let socket = try? LoopbackSocket(.stream, connectedTo: port) else { return nil }
            try socket.send(Array("GET \(path) HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n".utf8))
            var octets: [UInt8] = []
            while let part = try socket.receive(within: .seconds(5)), !part.isEmpty { octets += part }
            let text = String(decoding: octets, as: UTF8.self)
            guard let status = Int(text.prefix(12).suffix(3)), let end = text.firstRange(of: "\r\n\r\n") else {
                return nil
            }
            return (status, String(text[end.upperBound...]))
        }
    }
}
