import NIOCore

/// What a connection holds of the memory that all connections share.
extension TCPConnection {
    /// The largest buffer for what is read that is kept when it is empty.
    static let keptStream = 4_096

    /// Octets of messages that it holds: not yet read, being answered, and not yet taken by the client.
    private var held: Int {
        // As long as it is writable, less than the mark waits.
        let unsent = channel.isWritable ? 0 : (try? channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
        return max(stream.readableBytes, stream.storageCapacity - Self.keptStream) + inFlightOctets + unsent
    }

    /// Takes from the shared budget what it holds beyond its own, or gives back; closes the connection when there is nothing left.
    func settleAccount() {
        let needed = max(0, held - ResourceLimits.octetsPerConnection)
        guard needed != borrowed, isListed else { return }
        if needed < borrowed {
            resources.buffers.give(borrowed - needed)
        } else if !resources.buffers.take(needed - borrowed) {
            resources.connections.countClosing(.buffers)
            return close()
        }
        borrowed = needed
    }
}
