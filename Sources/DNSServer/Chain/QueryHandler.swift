/// A plugin at work in one worker: it sees the queries of one server block on their way down the chain.
///
/// Every worker has handlers of its own, made by ``Plugin/makeHandler(for:)``; only that worker's thread calls them, so they may
/// keep state without a lock.
package protocol QueryHandler: AnyObject {
    /// Looks at `query`, and answers it or passes it on.
    func handle(_ query: Query) -> Verdict

    /// No more queries come: sockets and timers that `worker` keeps for this handler are given back.
    func retire(on worker: Worker)
}

extension QueryHandler {
    package func retire(on worker: Worker) {}
}

/// A handler that knows early which memory it will look at.
package protocol AnticipatingHandler: QueryHandler {
    /// Has the processor fetch (``prefetch(_:)``) what it needs for `query`, which will come to it if no handler before it answers.
    ///
    /// At a low rate what a query needs is not in the processor's caches, and comes while the handlers before this one work.
    func anticipate(_ query: Query)
}

/// A handler that also sees the reply, on its way up, of each query that it passed on.
package protocol ReplyHandler: QueryHandler {
    /// Looks at the reply to `query` and may change it.
    ///
    /// A query that failed has a bare reply and ``Query/failure``; one that was dropped has ``Query/isDropped``.
    func finish(_ query: Query) -> ReplyVerdict
}

/// A handler that puts another question in place of the asker's, by ``Query/replaceQuestion(with:)``.
///
/// The chain puts back the one before as the reply comes up, before the handler sees it.
package protocol QuestionReplacer: QueryHandler {}

/// Puts back the questions that one handler has replaced.
///
/// It stands in the place of the handler on the way up, so that chains without such a handler do nothing for it.
final class QuestionRestorer: ReplyHandler {
    private let handler: any QuestionReplacer
    private let next: (any ReplyHandler)?

    init(_ handler: any QuestionReplacer) {
        self.handler = handler
        next = handler as? any ReplyHandler
    }

    func handle(_ query: Query) -> Verdict { handler.handle(query) }

    func finish(_ query: Query) -> ReplyVerdict {
        query.restoreQuestion(before: query.position)
        return next?.finish(query) ?? .done
    }
}
