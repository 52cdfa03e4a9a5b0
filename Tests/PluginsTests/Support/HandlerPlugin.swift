import DNSServer

/// A plugin in tests that is nothing but its handler.
final class HandlerPlugin: Plugin {
    let name: String
    /// One that is named `forward` stands for upstreams.
    var answersAreLocal: Bool { name != "forward" }
    private let make: @Sendable (Worker) -> any QueryHandler

    init(_ name: String, _ make: @escaping @Sendable (Worker) -> any QueryHandler) {
        self.name = name
        self.make = make
    }

    func makeHandler(for worker: Worker) -> (any QueryHandler)? { make(worker) }
}
