import NIOCore
import Testing

@testable import DNSServer

private typealias Address = DNSServer.SocketAddress

@Suite("Socket addresses") struct SocketAddressTests {
    @Test(
        "an address is the same for SwiftNIO, with its port and the interface of a link-local one",
        arguments: [("192.0.2.1", 53, 0), ("2001:db8::1", 853, 0), ("fe80::1%1", 53, 1)])
    func conversion(_ text: String, _ port: UInt16, _ interface: UInt32) throws {
        let address = try #require(Address(text, port: port))
        #expect(address.interfaceIndex == interface)
        let converted = NIOCore.SocketAddress(address)
        #expect(converted.port == Int(port))
        #expect(converted.ipAddress == address.host)
        let back = unsafe converted.withSockAddr { pointer, _ in unsafe Address(copying: pointer) }
        #expect(back == address)
        #expect(back?.interfaceIndex == interface)
    }

    @Test("a socket sends from the address it is given; one that this machine does not have is refused")
    func source() throws {
        let peer = try #require(Address("127.0.0.1", port: 9))
        let socket = try DatagramSocket(connectedTo: peer, from: Address("127.0.0.9", port: 0))
        #expect(socket.localPort > 0)
        let foreign = Address("192.0.2.1", port: 0)
        #expect(throws: SocketError.self) { try DatagramSocket(connectedTo: peer, from: foreign) }
    }
}
