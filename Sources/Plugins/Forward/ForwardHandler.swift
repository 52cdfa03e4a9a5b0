import DNSServer

/// `forward` in one worker, for all its lines in a server block.
final class ForwardHandler: QueryHandler {
    private let plugin: ForwardPlugin
    let engine: ForwardEngine

    init(_ plugin: ForwardPlugin, _ engine: ForwardEngine) {
        self.plugin = plugin
        self.engine = engine
    }

    func handle(_ query: Query) -> Verdict {
        for index in 0..<engine.groups.count where engine.groups.with(index, { $0.covers(query.name) }) {
            return engine.forward(query, index)
        }
        return .next
    }

    func retire(on worker: Worker) {
        plugin.retire(engine)
    }
}
