/// What becomes of tables of blocks that get no more queries.
extension Server {
    /// A table that gets no more queries; it belongs to its worker's thread.
    struct RetiredTable: @unchecked Sendable {
        let table: BlockTable
        let worker: Worker
        /// The listening address that is to be closed with it.
        var listener: Int?
    }

    /// How long queries that are still on their way are waited for: an upstream's deadline.
    private static let drainTime = Duration.seconds(6)

    /// Waits until `tables` are done with their queries, and retires their handlers.
    func drain(_ tables: [RetiredTable], until isDone: @escaping @Sendable (BlockTable) -> Bool) async {
        let end = ContinuousClock.now + Self.drainTime
        for retired in tables {
            while ContinuousClock.now < end {
                let isOver = await onThread(of: retired.worker) { _ in isDone(retired.table) }
                if isOver { break }
                try? await Task.sleep(for: .milliseconds(5))
            }
            await onThread(of: retired.worker) { worker in
                if let listener = retired.listener { worker.finish(listener: listener) }
                for chain in retired.table.chains { chain.retire(on: worker) }
                worker.abandon(retired.table)
            }
        }
    }
}
