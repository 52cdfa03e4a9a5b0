import NIOCore

/// What a connection holds of the memory that all connections share.
extension TCPConnection {
    /// The largest buffer for what is read that is kept when it is empty.
    static let keptStream = 4_096

    /// Octets of queries that it holds: not yet read, and being answered.
    private var held: Int {
        max(stream.readableBytes, stream.storageCapacity - Self.keptStream) + inFlightOctets
    }

    /// Takes from the shared budget what it holds beyond its own, or gives back; closes the connection when there is nothing left.
    func settleAccount() {
        let needed = max(0, held - ResourceLimits.octetsPerConnection)
        guard needed != borrowed, isListed else { return }
        if needed < borrowed {
            resources.buffers.give(borrowed - needed)
        } else if !resources.buffers.take(needed - borrowed) {
            return closeForWantOfRoom()
        }
        borrowed = needed
    }

    /// Closes it, all connections together having no room for more of its messages.
    func closeForWantOfRoom() {
        resources.connections.countClosing(.buffers)
        close()
    }
}
