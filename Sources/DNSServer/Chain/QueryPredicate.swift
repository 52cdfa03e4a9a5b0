/// A plugin that says which of the queries for its block's zones the block takes: `view`.
///
/// Blocks that have one may share their zones with others.
package protocol QueryPredicate: Plugin {
    func makePredicate(for worker: Worker) -> any BlockPredicate
}

/// What a ``QueryPredicate`` says, in one worker.
package protocol BlockPredicate: AnyObject {
    /// Whether the block takes `query`, which has come in and is not yet on its way through a chain.
    func holds(for query: Query) -> Bool
}
