import Synchronization

/// Holds requests up until the limits let them go.
final class RequestGate: Sendable {
    private struct Waiter {
        var number: Int
        var continuation: CheckedContinuation<Bool, Never>
    }

    private struct State {
        /// Requests that may go at once; below zero when some wait for their time.
        var tokens: Double
        var countedAt: Duration
        var inFlight = 0
        var waiters: [Waiter] = []
        var lastNumber = 0
    }

    /// A day in seconds: nobody waits longer, however small the limit.
    private static let longestPause = 86400.0

    private let limits: RequestLimits
    private let clock: ClientClock
    private let state: Mutex<State>

    /// Creates a gate that lets a whole burst through.
    init(_ limits: RequestLimits, clock: ClientClock) {
        self.limits = limits
        self.clock = clock
        state = Mutex(State(tokens: Double(max(1, limits.burst)), countedAt: clock.now()))
    }

    /// Waits until a request may go; each is followed by one ``leave()``.
    ///
    /// - Throws: `unreachable` when the task was cancelled meanwhile; then nothing follows.
    func enter(_ operation: APIRequest.Operation) async throws(APIFailure) {
        do {
            let pause = operation == .watch ? .zero : takeToken()
            if pause > .zero { try await clock.sleep(pause) }
        } catch {
            throw APIFailure(error)
        }
        guard limits.maxInFlight > 0 else { return }
        guard await takeSlot() else { throw .unreachable("cancelled") }
    }

    /// A request is done.
    func leave() {
        guard limits.maxInFlight > 0 else { return }
        let next = state.withLock { state -> Waiter? in
            // The slot goes on to whoever waits longest.
            if !state.waiters.isEmpty { return state.waiters.removeFirst() }
            state.inFlight -= 1
            return nil
        }
        next?.continuation.resume(returning: true)
    }

    // MARK: Requests a second

    /// Takes the next token.
    ///
    /// - Returns: how long until it is there.
    private func takeToken() -> Duration {
        guard limits.qps > 0, limits.qps.isFinite else { return .zero }
        let now = clock.now()
        return state.withLock { state in
            let passed = max(.zero, now - state.countedAt) / .seconds(1)
            state.countedAt = max(state.countedAt, now)
            state.tokens = min(Double(max(1, limits.burst)), state.tokens + passed * limits.qps) - 1
            return state.tokens >= 0 ? .zero : .seconds(min(Self.longestPause, -state.tokens / limits.qps))
        }
    }

    // MARK: Requests at one time

    /// Waits for a slot.
    ///
    /// - Returns: whether there is one; there is none when the task was cancelled.
    private func takeSlot() async -> Bool {
        let number = state.withLock { state in
            state.lastNumber += 1
            return state.lastNumber
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let answer = state.withLock { state -> Bool? in
                    if Task.isCancelled { return false }
                    if state.inFlight < limits.maxInFlight {
                        state.inFlight += 1
                        return true
                    }
                    state.waiters.append(Waiter(number: number, continuation: continuation))
                    return nil
                }
                if let answer { continuation.resume(returning: answer) }
            }
        } onCancel: {
            let waiter = state.withLock { state -> Waiter? in
                guard let place = state.waiters.firstIndex(where: { $0.number == number }) else { return nil }
                return state.waiters.remove(at: place)
            }
            waiter?.continuation.resume(returning: false)
        }
    }
}
