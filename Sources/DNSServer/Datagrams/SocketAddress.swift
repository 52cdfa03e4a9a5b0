package import Basics
import CDatagram

/// An IPv4 or IPv6 address with a port.
package struct SocketAddress: Sendable {
    var raw: cdg_address

    init(raw: cdg_address) {
        self.raw = raw
    }

    /// An address that says nothing; where a query was not sent by anybody.
    package static let none = SocketAddress(raw: cdg_address())

    /// Parses a literal address, `192.0.2.1`, `2001:db8::1` or `fe80::1%eth0`; nil when it is none.
    package init?(_ text: String, port: UInt16) {
        var raw = cdg_address()
        guard unsafe cdg_address_parse(text, port, &raw) == 0 else { return nil }
        self.raw = raw
    }

    /// Copies a `sockaddr` of the C library; nil when it is neither IPv4 nor IPv6.
    package init?(copying address: UnsafeRawPointer) {
        var raw = cdg_address()
        guard unsafe cdg_address_copy(address, &raw) == 0 else { return nil }
        self.raw = raw
    }

    /// The address that the kernel says a datagram was sent to; nil when it said nothing.
    init?(local: cdg_local, port: UInt16) {
        var (local, raw) = (local, cdg_address())
        guard unsafe cdg_address_of_local(&local, port, &raw) == 0 else { return nil }
        self.raw = raw
    }

    package var port: UInt16 {
        get {
            var copy = raw
            return unsafe cdg_address_port(&copy)
        }
        set { unsafe cdg_address_set_port(&raw, newValue) }
    }

    @inline(__always)
    package var isIPv4: Bool {
        var copy = raw
        return unsafe cdg_address_is_ipv4(&copy)
    }

    /// The number of the interface that a link-local IPv6 address belongs to; 0 for all others.
    package var interfaceIndex: UInt32 {
        var copy = raw
        return unsafe cdg_address_interface(&copy)
    }

    package var isWildcard: Bool {
        var copy = raw
        return unsafe cdg_address_is_wildcard(&copy)
    }

    /// The address without its port, an IPv6 one without brackets; empty for ``none``.
    package var host: String {
        var copy = raw
        return unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 64) { buffer in
            guard let start = buffer.baseAddress else { return "" }
            let length = unsafe Int(cdg_address_print(&copy, start))
            return unsafe String(decoding: buffer.prefix(length).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }
    }

    /// Whether both are the same but for the port.
    package func hasSameHost(as other: SocketAddress) -> Bool {
        var copy = self
        copy.port = other.port
        return copy == other
    }

    /// The address without its port and interface; nil for ``none``.
    ///
    /// An IPv4 client of an IPv6 socket is the IPv4 address that it has.
    package var address: IPAddress? {
        guard unsafe raw.socket.any.sa_family != 0 else { return nil }
        var copy = raw
        return unsafe withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 16) { buffer in
            guard let start = buffer.baseAddress else { return nil }
            let count = unsafe Int(cdg_address_octets(&copy, start))
            return unsafe IPAddress(octets: Span(_unsafeStart: UnsafePointer(start), count: count))
        }
    }

    /// The 4 or 16 octets of the address.
    package var octets: [UInt8] {
        var copy = raw
        return unsafe [UInt8](unsafeUninitializedCapacity: 16) { buffer, count in
            guard let start = buffer.baseAddress else { return }
            unsafe count = Int(cdg_address_octets(&copy, start))
        }
    }
}

extension SocketAddress: Hashable, CustomStringConvertible {
    package static func == (left: SocketAddress, right: SocketAddress) -> Bool {
        var (left, right) = (left.raw, right.raw)
        return unsafe cdg_address_equal(&left, &right)
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(octets)
        hasher.combine(port)
    }

    /// `192.0.2.1:53` or `[2001:db8::1]:53`.
    package var description: String {
        isIPv4 ? "\(host):\(port)" : "[\(host)]:\(port)"
    }
}
