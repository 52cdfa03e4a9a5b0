import CDatagram
package import NIOCore

extension NIOCore.SocketAddress {
    /// The same address for SwiftNIO, with the interface of a link-local one.
    package init(_ address: DNSServer.SocketAddress) {
        if address.isIPv4 {
            self = unsafe NIOCore.SocketAddress(address.raw.socket.v4, host: address.host)
        } else {
            self = unsafe NIOCore.SocketAddress(address.raw.socket.v6, host: address.host)
        }
    }
}

extension SocketAddress {
    /// SwiftNIO's address of a connection's end; ``none`` where there is none, or of a kind without hosts.
    package init(_ address: NIOCore.SocketAddress?) {
        guard let address else {
            self = .none
            return
        }
        self = unsafe address.withSockAddr { pointer, _ in
            var raw = cdg_address()
            _ = unsafe cdg_address_copy(pointer, &raw)
            return SocketAddress(raw: raw)
        }
    }
}
