import DNSWire

/// The steps of one server block in one worker, in the fixed order, and the way of a query through them.
package final class Chain {
    /// One plugin's part.
    ///
    /// A class with constants only: what they lead to is called without counting references.
    final class Step {
        let handler: any QueryHandler
        /// The same handler when it wants to see replies.
        let replyHandler: (any ReplyHandler)?
        /// The same handler when it wants to know early of queries.
        let anticipatingHandler: (any AnticipatingHandler)?
        let name: String
        /// ``Plugin/answersAreLocal``.
        let answersAreLocal: Bool

        init(_ handler: any QueryHandler, of plugin: any Plugin) {
            self.handler = handler
            replyHandler = (handler as? any QuestionReplacer).map(QuestionRestorer.init) ?? handler as? any ReplyHandler
            anticipatingHandler = handler as? any AnticipatingHandler
            name = plugin.name
            answersAreLocal = plugin.answersAreLocal
        }
    }

    package let block: ServerBlock
    /// Whether one of its plugins has something to say to queries of other classes than IN.
    let acceptsAllClasses: Bool
    /// Which queries of the block's zones come here; nil when all do.
    let predicate: (any BlockPredicate)?
    private let steps: UncountedObjects<Step>
    /// Those of the steps that want to know early of queries.
    private let anticipatingSteps: UncountedObjects<Step>
    /// Queries on their way through it; it must not go as long as there is one.
    var inFlight = 0
    /// How many of them are the server's own, for which no client waits.
    var inBackground = 0

    init(
        block: ServerBlock, handlers: [(plugin: any Plugin, handler: any QueryHandler)],
        predicate: (any BlockPredicate)? = nil
    ) {
        self.block = block
        self.predicate = predicate
        acceptsAllClasses = block.plugins.contains(where: \.acceptsAllClasses)
        let steps = handlers.map { Step($0.handler, of: $0.plugin) }
        self.steps = UncountedObjects(steps)
        anticipatingSteps = UncountedObjects(steps.filter { $0.anticipatingHandler != nil })
    }

    /// How many steps there are.
    var count: Int { steps.count }

    /// The name of the step at `index`; empty when there is none.
    package func name(at index: Int) -> String {
        index >= 0 && index < steps.count ? steps[index].name : ""
    }

    /// Whether the plugin at `index` answers of what is known here; false for the server itself, which answers of nothing.
    package func answersAreLocal(at index: Int) -> Bool {
        index >= 0 && index < steps.count && steps[index].answersAreLocal
    }

    /// The names of all steps, in order.
    package var names: [String] { (0..<steps.count).map { steps[$0].name } }

    /// Tells the handlers that no more queries come.
    ///
    /// Called on the worker's thread, when no client's is on its way; those of the server's own are given up at a stop.
    func retire(on worker: Worker) {
        for index in 0..<steps.count { steps[index].handler.retire(on: worker) }
    }

    /// Sends `query`, which has just come, down the chain.
    func begin(_ query: Query) {
        for index in 0..<anticipatingSteps.count {
            anticipatingSteps.with(index) { $0.anticipatingHandler?.anticipate(query) }
        }
        descend(query)
    }

    /// Sends `query` down from its position.
    func descend(_ query: Query) {
        while query.position < steps.count {
            let verdict = steps.with(query.position) { $0.handler.handle(query) }
            guard case .next = verdict else { return take(verdict, of: query) }
            query.position &+= 1
        }
        query.isUnserved = true
        settle(query, endOfChain(for: query))
    }

    /// Goes on with `query` after the plugin at its position has said `verdict`.
    func take(_ verdict: Verdict, of query: Query) {
        switch verdict {
        case .reply, .fail, .drop:
            settle(query, verdict)
        case .next:
            query.position &+= 1
            descend(query)
        case .parked:
            query.detach()
        case .wait where query.isLate:
            settle(query, .fail(.deadlineExceeded))
        case .wait(let body):
            query.run { query in self.take(await body(query), of: query) }
        }
    }

    /// No plugin answered: a block without plugins refuses, one whose last plugin passed the query on has failed.
    ///
    /// Where nobody had data of the class, the class is not served.
    private func endOfChain(for query: Query) -> Verdict {
        guard query.recordClass.takesInternet else { return .fail(QueryFailure(.refused)) }
        let last = steps.count > 0 ? name(at: steps.count - 1) : block.plugins.last(where: \.isPartOfChain)?.name
        guard let last else { return .fail(QueryFailure(.refused)) }
        return .fail(QueryFailure(.serverFailure, "plugin/\(last): no next plugin found"))
    }

    private func settle(_ query: Query, _ verdict: Verdict) {
        switch verdict {
        case .reply:
            query.hasReply = true
            query.replier = query.position
        case .fail(let failure):
            fail(query, failure)
        default:
            query.isDropped = true
        }
        // The plugin that says so may have replaced the question before.
        if query.extras != nil { query.restoreQuestion(before: query.position) }
        ascend(query)
    }

    /// Makes the reply to a query that has no answer; apart from the others, so that they cost nothing for it.
    @inline(never)
    private func fail(_ query: Query, _ failure: QueryFailure) {
        query.failure = failure
        query.beginReply(failure.responseCode)
        query.forgetReplyOptions()
        if let error = failure.extendedError { query.addExtendedError(error) }
        query.hasReply = true
    }

    /// Sends the reply up through the plugins that passed the query on, last first.
    func ascend(_ query: Query) {
        while query.position > query.floor {
            query.position &-= 1
            let verdict = steps.with(query.position) { $0.replyHandler?.finish(query) ?? .done }
            guard case .wait(let body) = verdict else { continue }
            query.run { query in
                await body(query)
                self.ascend(query)
            }
            return
        }
        query.complete()
    }
}
