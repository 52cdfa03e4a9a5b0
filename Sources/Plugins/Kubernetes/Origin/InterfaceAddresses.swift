import Basics
import DNSWire
import Glibc
import KubernetesClient

/// The addresses of this machine's interfaces.
enum InterfaceAddresses {
    /// The addresses that a server is reached at from other machines: those of `hosts`, or all when there are no hosts or one of them
    /// is a wildcard; never those of the loopback.
    static func reachable(at hosts: [String]?) -> [IPAddress] {
        let named = hosts?.compactMap { IPAddress($0) } ?? []
        let isWildcard = named.isEmpty || named.contains { $0 == wildcard4 || $0 == wildcard6 }
        var result: [IPAddress] = []
        for address in isWildcard ? all() : named where !isLoopback(address) && !result.contains(address) {
            result.append(address)
        }
        return result
    }

    private static let wildcard4 = IPAddress(ipv4: 0)
    private static let wildcard6 = IPAddress(high: 0, low: 0)

    /// Source: RFC 1122 §3.2.1.3, RFC 4291 §2.5.3.
    private static func isLoopback(_ address: IPAddress) -> Bool {
        address.ipv4.map { $0 >> 24 == 127 } ?? (address == IPAddress(high: 0, low: 1))
    }

    private static func all() -> [IPAddress] {
        var list: UnsafeMutablePointer<ifaddrs>?
        guard unsafe getifaddrs(&list) == 0 else { return [] }
        defer { unsafe freeifaddrs(list) }
        var result: [IPAddress] = []
        var entry = unsafe list
        while let current = unsafe entry {
            if let socket = unsafe current.pointee.ifa_addr, let address = unsafe read(socket) {
                result.append(address)
            }
            unsafe entry = current.pointee.ifa_next
        }
        return result
    }

    /// Reads the address that stands in a socket address: behind family and port, and for IPv6 the flow label.
    private static func read(_ socket: UnsafeMutablePointer<sockaddr>) -> IPAddress? {
        let octets = UnsafeRawPointer(socket)
        switch Int32(unsafe socket.pointee.sa_family) {
        case AF_INET:
            let word = unsafe octets.loadUnaligned(fromByteOffset: 4, as: UInt32.self)
            return IPAddress(ipv4: UInt32(bigEndian: word))
        case AF_INET6:
            let high = unsafe octets.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
            let low = unsafe octets.loadUnaligned(fromByteOffset: 16, as: UInt64.self)
            return IPAddress(high: UInt64(bigEndian: high), low: UInt64(bigEndian: low))
        default:
            return nil
        }
    }
}
