import CDatagram
import Glibc

/// A system call on a socket failed.
package struct SocketError: Error, CustomStringConvertible, Sendable {
    /// What was tried: `bind 127.0.0.1:53`.
    package let operation: String
    /// The system's error number.
    package let code: Int32

    package init(operation: String, code: Int32) {
        self.operation = operation
        self.code = code
    }

    package var description: String {
        "\(operation): \(unsafe String(cString: strerror(code)))"
    }
}

/// A non-blocking UDP socket that is connected to one address: an upstream's.
package final class DatagramSocket {
    package let fd: Int32

    /// Opens a socket with a port chosen at random by the kernel and connects it.
    ///
    /// - Parameter source: the address to send from, of the same family and with port 0; nil lets the kernel choose.
    /// - Throws: the failed system call.
    package init(connectedTo address: SocketAddress, from source: SocketAddress? = nil) throws(SocketError) {
        guard SocketBudget.take() else { throw SocketError(operation: "connect udp \(address)", code: EMFILE) }
        var raw = address.raw
        let fd: Int32
        if var source = source?.raw {
            fd = unsafe cdg_udp_connect(&raw, &source)
        } else {
            fd = unsafe cdg_udp_connect(&raw, nil)
        }
        guard fd >= 0 else {
            SocketBudget.giveBack()
            throw SocketError(operation: "connect udp \(address)", code: -fd)
        }
        self.fd = fd
    }

    deinit {
        cdg_close(fd)
        SocketBudget.giveBack()
    }

    /// Sends one datagram; octets sent, or the negated error number.
    package func send(_ message: Span<UInt8>) -> Int32 {
        unsafe message.withUnsafeBufferPointer { buffer in
            unsafe cdg_send_one(fd, buffer.baseAddress, UInt32(buffer.count))
        }
    }

    /// Receives one datagram into `buffer`; octets received, or the negated error number (`-EAGAIN`: none there).
    package func receive(into buffer: inout MutableSpan<UInt8>) -> Int32 {
        unsafe buffer.withUnsafeMutableBufferPointer { buffer in
            unsafe cdg_receive_one(fd, buffer.baseAddress, UInt32(buffer.count))
        }
    }

    /// Sends the messages of `batch` from its number `start` on.
    ///
    /// - Returns: how many the kernel took, or the negated error number.
    package func send(_ batch: MessageBatch, from start: Int) -> Int {
        unsafe Int(cdg_send_messages(fd, batch.messages + start, Int32(batch.count - start)))
    }

    /// Receives as many datagrams as there are and fit into `batch`.
    ///
    /// - Returns: how many, or the negated error number (`-EAGAIN`: none there).
    package func receive(into batch: ReceiveBatch) -> Int {
        unsafe Int(
            cdg_receive_messages(
                fd, batch.memory, UInt32(ReceiveBatch.capacity), batch.lengths, Int32(ReceiveBatch.limit)))
    }

    /// The address and port that messages leave from; nil when the kernel does not say.
    package var localAddress: SocketAddress? {
        var raw = cdg_address()
        return unsafe cdg_socket_local(fd, &raw) == 0 ? SocketAddress(raw: raw) : nil
    }

    /// The local port.
    package var localPort: UInt16 { localAddress?.port ?? 0 }
}
