import CDatagram
import Glibc

/// The network as a UDP listener sees it: the one seam at which tests put a scripted kernel in its place.
///
/// Results are counts, or negated error numbers, as the system calls give them.
@unsafe
protocol DatagramTransport: AnyObject {
    /// What becomes readable.
    var fd: Int32 { get }

    /// Receives up to `count` datagrams into the buffers that `datagrams` point to, without waiting.
    ///
    /// From one call to the next only buffers that were received into are replaced; `datagrams` and `count` stay the same.
    func receive(_ datagrams: UnsafeMutablePointer<cdg_datagram>, count: Int) -> Int

    /// Sends `count` datagrams; gives how many the kernel took from the front.
    func send(_ datagrams: UnsafePointer<cdg_datagram>, count: Int) -> Int

    /// Waits a moment for room in the send buffer.
    func waitForRoom()

    /// Gets no more datagrams than those that have arrived; 0 or a negated error number.
    func stopReceiving() -> Int

    /// Closes the socket; nothing else is called after that.
    func close()
}

/// A bound UDP socket of the system.
@safe
final class SystemDatagramTransport: @unsafe DatagramTransport {
    let fd: Int32
    private let isIPv4: Bool
    /// Nil without memory, when nothing can be received.
    private let receiver: OpaquePointer?
    private var isOpen = true
    private static let patience: Int32 = 2
    private let drops: ReceiveDrops

    init(fd: Int32, address: SocketAddress, drops: ReceiveDrops) {
        self.fd = fd
        self.drops = drops
        drops.opened(fd)
        isIPv4 = address.isIPv4
        // Only a wildcard listener must be told which address a datagram was sent to.
        unsafe receiver = cdg_receiver_create(address.isWildcard)
    }

    deinit {
        close()
        unsafe cdg_receiver_free(receiver)
    }

    func receive(_ datagrams: UnsafeMutablePointer<cdg_datagram>, count: Int) -> Int {
        guard let receiver = unsafe receiver else { return -Int(ENOMEM) }
        return unsafe Int(cdg_receive(fd, receiver, datagrams, Int32(count)))
    }

    func send(_ datagrams: UnsafePointer<cdg_datagram>, count: Int) -> Int {
        unsafe Int(cdg_send(fd, datagrams, Int32(count)))
    }

    func waitForRoom() {
        _ = cdg_wait_writable(fd, Self.patience)
    }

    func stopReceiving() -> Int {
        Int(cdg_udp_stop_receiving(fd, isIPv4))
    }

    func close() {
        guard isOpen else { return }
        isOpen = false
        drops.closing(fd)
        cdg_close(fd)
    }
}
