import DNSWire

/// The steps of one server block in one worker, in the fixed order, and the way of a query through them.
package final class Chain {
    /// One plugin's part.
    struct Step {
        let handler: any QueryHandler
        /// The same handler when it wants to see replies.
        let replyHandler: (any ReplyHandler)?
        let name: String
    }

    package let block: ServerBlock
    let steps: ContiguousArray<Step>
    /// Queries on their way through it.
    var inFlight = 0

    init(block: ServerBlock, handlers: [(name: String, handler: any QueryHandler)]) {
        self.block = block
        steps = ContiguousArray(
            handlers.map { Step(handler: $0.handler, replyHandler: $0.handler as? any ReplyHandler, name: $0.name) })
    }

    /// The name of the step at `index`; empty when there is none.
    package func name(at index: Int) -> String {
        steps.indices.contains(index) ? steps[index].name : ""
    }

    /// The names of all steps, in order.
    package var names: [String] { steps.map(\.name) }

    /// Tells the handlers that no more queries come.
    ///
    /// Called on the worker's thread, when none is on its way.
    func retire(on worker: Worker) {
        for step in steps { step.handler.retire(on: worker) }
    }

    /// Sends `query` down from its position.
    func descend(_ query: Query) {
        while query.position < steps.count {
            switch steps[query.position].handler.handle(query) {
            case .next:
                query.position &+= 1
            case .wait(let body):
                wait(query, for: body)
                return
            case let verdict:
                settle(query, verdict)
                return
            }
        }
        settle(query, endOfChain)
    }

    /// No plugin answered: a block without plugins refuses, one whose last plugin passed the query on has failed.
    private var endOfChain: Verdict {
        guard let last = steps.last else { return .fail(QueryFailure(.refused)) }
        return .fail(QueryFailure(.serverFailure, "plugin/\(last.name): no next plugin found"))
    }

    private func wait(_ query: Query, for body: @escaping (Query) async -> Verdict) {
        query.worker.run(query) { query in
            switch await body(query) {
            case .next:
                query.position &+= 1
                self.descend(query)
            case .wait(let next):
                self.wait(query, for: next)
            case let verdict:
                self.settle(query, verdict)
            }
        }
    }

    private func settle(_ query: Query, _ verdict: Verdict) {
        switch verdict {
        case .reply:
            query.hasReply = true
            query.replier = query.position
        case .fail(let failure):
            query.failure = failure
            query.beginReply(failure.responseCode)
            query.hasReply = true
        default:
            query.isDropped = true
        }
        ascend(query)
    }

    /// Sends the reply up through the plugins that passed the query on, last first.
    func ascend(_ query: Query) {
        while query.position > query.floor {
            query.position &-= 1
            guard let handler = steps[query.position].replyHandler else { continue }
            switch handler.finish(query) {
            case .done:
                continue
            case .wait(let body):
                query.worker.run(query) { query in
                    await body(query)
                    self.ascend(query)
                }
                return
            }
        }
        query.worker.complete(query)
    }
}
