import Synchronization

extension StandInAPIServer {
    /// Switches a fault on.
    ///
    /// Of several that hit a request, the one injected first counts.
    package func inject(_ fault: Fault) {
        state.withLock { $0.faults.append(fault) }
    }

    /// Switches all faults off.
    ///
    /// Requests that are stalled stay so.
    package func clearFaults() {
        state.withLock { $0.faults = [] }
    }

    /// The bearer token without which requests are answered with 401.
    package var requiredToken: String? {
        get { state.withLock { $0.requiredToken } }
        set { state.withLock { $0.requiredToken = newValue } }
    }

    func takeFault(for request: IncomingRequest) -> Fault.Effect? {
        state.withLock { state in
            let operation: Fault.Operation = request.isWatch ? .watch : .list
            guard
                let place = state.faults.firstIndex(where: { $0.hits(resource: request.resource, operation: operation) }
                )
            else { return nil }
            if let remaining = state.faults[place].remaining { state.faults[place].remaining = remaining - 1 }
            return state.faults[place].effect
        }
    }

    // MARK: Requests

    /// How many requests are remembered.
    private static var requestLimit: Int { 10_000 }

    /// The requests so far, oldest first.
    package var requests: [IncomingRequest] { state.withLock { $0.requests } }

    /// Waits until so many requests of a sort have come since the start.
    ///
    /// - Throws: `CancellationError` when the task is cancelled before.
    package func waitForRequests(
        _ count: Int, where isCounted: @escaping @Sendable (IncomingRequest) -> Bool = { _ in true }
    ) async throws {
        let (signal, continuation) = AsyncStream.makeStream(of: Void.self)
        state.withLock { state in
            guard state.requests.count(where: isCounted) < count else { return continuation.finish() }
            state.waiters.append(Waiter(count: count, isCounted: isCounted, signal: continuation))
        }
        // It ends without an element, when it is finished and when the task is cancelled.
        for await _ in signal {}
        try Task.checkCancellation()
    }

    func record(_ request: IncomingRequest) {
        let satisfied = state.withLock { state in
            if state.requests.count < Self.requestLimit { state.requests.append(request) }
            let requests = state.requests
            let satisfied = state.waiters.filter { requests.count(where: $0.isCounted) >= $0.count }
            state.waiters.removeAll { requests.count(where: $0.isCounted) >= $0.count }
            return satisfied
        }
        for waiter in satisfied { waiter.signal.finish() }
    }
}
