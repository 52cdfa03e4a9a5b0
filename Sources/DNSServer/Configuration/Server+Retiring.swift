/// What becomes of tables of blocks that get no more queries.
extension Server {
    /// A table that gets no more queries; it belongs to its worker's thread.
    ///
    /// Nobody but the worker has the table in hand, and it lets go of it: what goes with it may lead to its handlers without counting them.
    ///
    /// Unchecked Sendable: only the worker's thread sees the table.
    final class RetiredTable: @unchecked Sendable {
        private var table: BlockTable?
        let worker: Worker
        /// The listening address that is to be closed with it.
        let listener: Int?

        init(_ table: BlockTable, _ worker: Worker, listener: Int?) {
            (self.table, self.worker, self.listener) = (table, worker, listener)
        }

        /// Whether `isDone` says so of the table.
        func isOver(_ isDone: (BlockTable) -> Bool) -> Bool { table.map(isDone) ?? true }

        /// Tells its handlers that no more queries come, and gives the table to the worker for as long as queries are on their way.
        func retire() {
            if let listener { worker.finish(listener: listener) }
            guard let table else { return }
            for chain in table.chains { chain.retire(on: worker) }
            worker.abandon(table)
            self.table = nil
        }
    }

    /// How long queries that are still on their way are waited for: an upstream's deadline.
    private static let drainTime = Duration.seconds(6)

    /// Waits until `tables` are done with their queries, and retires their handlers.
    func drain(_ tables: [RetiredTable], until isDone: @escaping @Sendable (BlockTable) -> Bool) async {
        let end = ContinuousClock.now + Self.drainTime
        for retired in tables {
            while ContinuousClock.now < end {
                if await onThread(of: retired.worker, { _ in retired.isOver(isDone) }) { break }
                try? await Task.sleep(for: .milliseconds(5))
            }
            await onThread(of: retired.worker) { _ in retired.retire() }
        }
    }
}
