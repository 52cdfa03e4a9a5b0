import Glibc

/// A plain socket on 127.0.0.1 that blocks, for the asking side of tests.
///
/// Calls block their thread: run them in ``onThread(_:)``.
package final class LoopbackSocket: Sendable {
    /// The kinds of socket.
    package enum Kind: Sendable {
        case datagram, stream
        /// Datagrams with a UDP header of the sender's own making; only root may.
        case rawDatagram
        /// ICMP messages of the sender's own making; only root may.
        case rawControl

        fileprivate var type: Int32 {
            switch self {
            case .datagram: Int32(SOCK_DGRAM.rawValue)
            case .stream: Int32(SOCK_STREAM.rawValue)
            case .rawDatagram, .rawControl: Int32(SOCK_RAW.rawValue)
            }
        }

        fileprivate var transport: Int32 {
            switch self {
            case .datagram, .stream: 0
            case .rawDatagram: Int32(IPPROTO_UDP)
            case .rawControl: Int32(IPPROTO_ICMP)
            }
        }
    }

    /// A system call that failed.
    package struct Failure: Error, Equatable, CustomStringConvertible {
        package let call: String
        package let code: Int32

        package var description: String { "\(call): \(unsafe String(cString: strerror(code)))" }
        /// Whether nobody listens at the port.
        package var isRefusal: Bool { code == ECONNREFUSED }
    }

    private let fd: Int32

    private init(_ kind: Kind) throws(Failure) {
        fd = socket(AF_INET, kind.type | Int32(SOCK_CLOEXEC.rawValue), kind.transport)
        guard fd >= 0 else { throw Failure(call: "socket", code: errno) }
    }

    deinit {
        close(fd)
    }

    // MARK: Making

    /// A socket that is connected to a port, from 127.0.0.`host`: to a server, each of these addresses is another client.
    package convenience init(_ kind: Kind, connectedTo port: Int, fromHost host: UInt8 = 1) throws(Failure) {
        try self.init(kind)
        if host != 1 { unsafe try apply("bind", to: 0, host: host, bind) }
        if kind == .stream {
            var on: Int32 = 1
            _ = unsafe setsockopt(fd, Int32(IPPROTO_TCP), TCP_NODELAY, &on, 4)
        }
        unsafe try apply("connect", to: port, connect)
    }

    /// A socket that occupies a port, so that no other gets it.
    package convenience init(_ kind: Kind, occupying port: Int) throws(Failure) {
        try self.init(kind)
        unsafe try apply("bind", to: port, bind)
        if kind == .stream, listen(fd, 1) != 0 { throw Failure(call: "listen", code: errno) }
    }

    private func apply(
        _ name: String, to port: Int, host: UInt8 = 1, _ call: (Int32, UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) throws(Failure) {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(clamping: port).bigEndian
        address.sin_addr.s_addr = (UInt32(0x7F00_0000) | UInt32(host)).bigEndian
        let result = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe call(fd, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else { throw Failure(call: name, code: errno) }
    }

    // MARK: Octets

    /// Sends all octets.
    package func send(_ octets: [UInt8]) throws(Failure) {
        var sent = 0
        repeat {
            let count = unsafe octets.withUnsafeBytes { bytes in
                unsafe Glibc.send(
                    fd, bytes.baseAddress.map { unsafe $0 + sent }, bytes.count - sent, Int32(MSG_NOSIGNAL))
            }
            guard count >= 0 else { throw Failure(call: "send", code: errno) }
            sent += count
        } while sent < octets.count
    }

    /// Waits for octets: a datagram, or what a stream has; none at a stream's end, nil when none came in time.
    package func receive(limit: Int = 65_535, within time: Duration = .seconds(3)) throws(Failure) -> [UInt8]? {
        var poll = pollfd(fd: fd, events: Int16(POLLIN), revents: 0)
        let milliseconds = max(0, time / .milliseconds(1)).rounded(.up)
        guard unsafe Glibc.poll(&poll, 1, Int32(milliseconds)) > 0 else { return nil }
        var octets = [UInt8](repeating: 0, count: limit)
        let count = unsafe octets.withUnsafeMutableBytes { bytes in
            unsafe recv(fd, bytes.baseAddress, bytes.count, 0)
        }
        guard count >= 0 else { throw Failure(call: "recv", code: errno) }
        return Array(octets.prefix(count))
    }

    /// Ends the sending direction of a stream; replies can still be read.
    package func finishSending() {
        shutdown(fd, Int32(SHUT_WR))
    }
}
