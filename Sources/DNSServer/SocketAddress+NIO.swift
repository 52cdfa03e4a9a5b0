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
