import Synchronization

/// What the API server turned out not to be able to do, so that it is not asked again and again.
final class ServerAbilities: Sendable {
    private struct State {
        var jsonOnly: Set<String> = []
        var pagesOnly: Set<String> = []
    }

    private let state = Mutex(State())

    /// Whether a kind of object has no protobuf.
    ///
    /// - Parameter resource: the plural of the kind.
    func speaksJSONOnly(_ resource: String) -> Bool { state.withLock { $0.jsonOnly.contains(resource) } }

    /// Notes that a kind of object has no protobuf.
    func noteJSONOnly(_ resource: String) { state.withLock { _ = $0.jsonOnly.insert(resource) } }

    /// Whether lists of a kind of object are not streamed.
    func takesPagesOnly(_ resource: String) -> Bool { state.withLock { $0.pagesOnly.contains(resource) } }

    /// Notes that lists of a kind of object are not streamed.
    func notePagesOnly(_ resource: String) { state.withLock { _ = $0.pagesOnly.insert(resource) } }
}
