import DNSServer
import Glibc
import NIOPosix

/// The C library's way to find the addresses of a name: `/etc/hosts`, `/etc/resolv.conf`, and what else the system knows.
enum SystemResolver {
    private static let patience = Duration.seconds(5)

    /// The addresses of a name, with port 0.
    ///
    /// The library blocks its thread, which is one of those kept for that, and may be given up on.
    static func addresses(of host: String) async throws(NameFailure) -> [SocketAddress] {
        let (results, continuation) = AsyncStream.makeStream(of: Result<[SocketAddress], NameFailure>.self)
        NIOThreadPool.singleton.submit { _ in
            continuation.yield(Result { () throws(NameFailure) in try look(up: host) })
        }
        let timer = Task {
            try await Task.sleep(for: patience)
            continuation.yield(.failure(NameFailure(description: "lookup \(host): i/o timeout")))
        }
        defer { timer.cancel() }
        for await result in results { return try result.get() }
        throw NameFailure(description: "lookup \(host): cancelled")
    }

    private static func look(up host: String) throws(NameFailure) -> [SocketAddress] {
        var hints = unsafe addrinfo()
        // Each address once, not once for each kind of socket.
        unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var first: UnsafeMutablePointer<addrinfo>?
        let status = unsafe getaddrinfo(host, nil, &hints, &first)
        defer { if unsafe first != nil { unsafe freeaddrinfo(first) } }
        guard status == 0 else { throw NameFailure(description: "lookup \(host): \(reason(status))") }
        var addresses: [SocketAddress] = []
        var next = unsafe first
        while let entry = unsafe next {
            if let address = unsafe entry.pointee.ai_addr.flatMap({ unsafe SocketAddress(copying: $0) }),
                !addresses.contains(address)
            {
                addresses.append(address)
            }
            unsafe next = entry.pointee.ai_next
        }
        guard !addresses.isEmpty else { throw NameFailure(description: "no addresses found for \"\(host)\"") }
        return addresses
    }

    /// Go's words where it has some.
    private static func reason(_ status: Int32) -> String {
        switch status {
        case EAI_NONAME: "no such host"
        case EAI_AGAIN: "server misbehaving"
        default: unsafe gai_strerror(status).map { unsafe String(cString: $0).lowercased() } ?? "error \(status)"
        }
    }
}
