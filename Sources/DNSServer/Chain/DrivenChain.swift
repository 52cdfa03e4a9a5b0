import DNSWire

/// A server block's plugins in one worker, for measurements of each: the caller does by hand what the worker and the chain do.
///
/// Everything here happens on the worker's thread.
package final class DrivenChain {
    /// One plugin at work.
    package struct Part {
        package let name: String
        package let handler: any QueryHandler
    }

    /// In chain order.
    package let parts: [Part]
    private let worker: Worker

    /// Makes handlers of its own for `worker`, which are to be retired.
    package init(_ block: ServerBlock, on worker: Worker) {
        self.worker = worker
        parts = block.plugins.compactMap { plugin in
            plugin.makeHandler(for: worker).map { Part(name: plugin.name, handler: $0) }
        }
    }

    /// A query with this message, not decoded yet.
    package func query(_ message: [UInt8]) -> Query {
        let query = Query(worker: worker)
        query.take(message.span)
        query.arrival = worker.readClock()
        return query
    }

    /// Decodes the query's message; whether it is one that server blocks get to see.
    package func decode(_ query: Query) -> Bool {
        query.reset()
        return query.admit() == .admitted
    }

    /// Has `handler` answer a query that was decoded; false when it passes it on, or waits.
    package func answer(_ query: Query, by handler: any QueryHandler) -> Bool {
        guard case .reply = handler.handle(query) else { return false }
        query.hasReply = true
        return true
    }

    /// Fits the reply to the asker's limit and closes it; gives its octets.
    package func seal(_ query: Query) -> Int {
        query.sealReply()
        return query.reply.count
    }

    /// Ends it.
    package func retire() {
        for part in parts { part.handler.retire(on: worker) }
    }
}
