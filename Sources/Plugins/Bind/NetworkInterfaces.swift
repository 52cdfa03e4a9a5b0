import Basics
import DNSServer
import DNSWire
import Glibc

/// A network interface and its addresses.
struct NetworkInterface: Sendable, Hashable {
    let name: String
    /// Literal addresses; a link-local one has its zone index.
    var addresses: [String]
}

/// The interfaces of this machine, as they are now.
enum NetworkInterfaces {
    /// All interfaces, those without addresses included, in the system's order.
    static func all() -> [NetworkInterface] {
        var first: UnsafeMutablePointer<ifaddrs>?
        guard unsafe getifaddrs(&first) == 0 else { return [] }
        defer { unsafe freeifaddrs(first) }
        var interfaces: [NetworkInterface] = []
        var next = unsafe first
        while let entry = unsafe next {
            unsafe next = entry.pointee.ifa_next
            let name = unsafe String(cString: entry.pointee.ifa_name)
            let index = interfaces.firstIndex { $0.name == name } ?? interfaces.count
            if index == interfaces.count { interfaces.append(NetworkInterface(name: name, addresses: [])) }
            if let address = unsafe entry.pointee.ifa_addr, let text = unsafe text(of: address, name) {
                interfaces[index].addresses.append(text)
            }
        }
        return interfaces
    }

    private static func text(of address: UnsafeMutablePointer<sockaddr>, _ interface: String) -> String? {
        switch Int32(unsafe address.pointee.sa_family) {
        case AF_INET:
            return unsafe address.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { address in
                IPAddress(ipv4: UInt32(bigEndian: unsafe address.pointee.sin_addr.s_addr)).description
            }
        case AF_INET6:
            let octets = unsafe address.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) { address in
                unsafe withUnsafeBytes(of: &address.pointee.sin6_addr) { unsafe Array($0) }
            }
            guard let text = IPAddress(octets: octets.span)?.description else { return nil }
            let isLinkLocal = octets[0] == 0xFE && octets[1] & 0xC0 == 0x80
            return isLinkLocal ? "\(text)%\(interface)" : text
        default:
            return nil
        }
    }
}
