import CDatagram
import Logging

/// The addresses that a worker listens at, and the blocks that answer there.
extension Worker {
    func blocks(of listener: Int) -> BlockTable? { tables[listener] }

    /// Serves `blocks` at the listening address `id` from now on, over the UDP socket `fd` when it is new.
    ///
    /// - Returns: the blocks that served there before.
    func install(_ blocks: BlockTable, listener id: Int, address: SocketAddress, fd: Int32?) -> BlockTable? {
        let former = tables.updateValue(blocks, forKey: id)
        if let fd {
            let transport = SystemDatagramTransport(fd: fd, address: address, drops: counters.receiveDrops)
            let listener = unsafe UDPListener(
                transport: transport, address: address, worker: self, blocks: blocks)
            listeners[id] = listener
            do throws(SocketError) {
                try watch(fd, listener)
            } catch {
                serverLogger.error("listening on udp \(address): \(error)")
            }
        } else {
            listeners[id]?.blocks = blocks
        }
        return former
    }

    /// Takes no more queries at the listening address `id` and answers what has arrived; replies can still be sent until
    /// ``finish(listener:)``.
    ///
    /// - Returns: the blocks that served there.
    func close(listener id: Int) -> BlockTable? {
        if let listener = listeners[id] {
            unwatch(listener.fd)
            listener.stopReceiving()
            answerArrived(listener)
        }
        return tables.removeValue(forKey: id)
    }

    /// Closes the socket of the listening address `id`, whose last query has been answered.
    func finish(listener id: Int) {
        guard let listener = listeners.removeValue(forKey: id) else { return }
        // A datagram may have been on its way into the socket's queue when receiving was stopped.
        answerArrived(listener)
        listener.close()
    }

    /// Keeps `table`, which no more queries come to, until the last one that is on its way through it has gone.
    func abandon(_ table: BlockTable) {
        abandoned.removeAll { $0.isIdle }
        if !table.isIdle { abandoned.append(table) }
    }

    private func answerArrived(_ listener: UDPListener) {
        now = cdg_now()
        while listener.receiveBatch() > 0 { listener.flush() }
        listener.flush()
    }
}
