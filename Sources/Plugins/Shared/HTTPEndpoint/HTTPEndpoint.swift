package import Corefile
package import DNSServer
import Glibc
import Logging
import NIOCore
import Synchronization

/// The HTTP server of one address, shared by the plugins that answer there: `health`, `ready`, `prometheus`.
///
/// All blocks that name the same address share one server, and a reload leaves it open: only what answers below a path is
/// exchanged. The server listens from the first ``open(for:at:)`` to ``close()``. Of addresses that overlap one server listens for all
/// (``HTTPEndpoints``).
package final class HTTPEndpoint: HandoverResource {
    /// What a path answers: small, and made at once, since it is made on the event loop of all endpoints.
    package typealias Respond = @Sendable () -> HTTPReply

    /// The address as the Corefile has it.
    package let address: HostPort
    private let limits: HTTPLimits
    private let counts: HTTPCounts?
    private let all: HTTPEndpoints
    let reach: HTTPReach
    private let state = Mutex(State())

    private struct State {
        /// Who answers at a path, the latest last: when its configuration is given up, the one before answers again.
        var routes: [String: [Route]] = [:]
        var opening: Task<Result<HostPort, StartError>, Never>?
        var listener: HTTPListener?
        var bound: HostPort?
        /// Who listens for this one.
        var cover: HTTPEndpoint?
        /// Tries to listen again and again.
        var retrying: Task<Void, Never>?
    }

    private struct Route {
        let owner: ObjectIdentifier
        let respond: @Sendable () -> HTTPListener.Answer
    }

    /// Makes an endpoint that does not listen yet.
    init(
        _ address: HostPort, _ limits: HTTPLimits = HTTPLimits(), _ counts: HTTPCounts? = nil,
        among all: HTTPEndpoints = HTTPEndpoints()
    ) {
        self.address = address
        self.limits = limits
        self.counts = counts
        self.all = all
        reach = HTTPReach(host: address.host, port: address.port)
        all.add(self)
    }

    /// The endpoint of `address`, made now if neither this configuration nor the one before has it.
    package static func shared(_ address: HostPort, _ context: PluginContext) -> HTTPEndpoint {
        let all = context.handover.object("http") { HTTPEndpoints() }
        return context.handover.object("http/\(address)") {
            // Without the counters, when their name is taken, it serves all the same.
            HTTPEndpoint(
                address, HTTPLimits(connections: context.server.options.limits.httpConnections),
                try? HTTPCounts(context.metrics), among: all)
        }
    }

    /// Where the server listens; nil when it does not.
    ///
    /// The port is the real one where 0 was asked for.
    package var boundAddress: HostPort? {
        state.withLock { $0.bound }
    }

    // MARK: Paths

    /// Lets `owner` answer below `path`, in place of whoever does now.
    package func addRoute(_ path: String, owner: AnyObject, _ respond: @escaping Respond) {
        add(path, Route(owner: ObjectIdentifier(owner)) { .reply(respond()) })
    }

    /// Lets `owner` answer below `path` with a page that takes time to make.
    package func addRoute(_ path: String, owner: AnyObject, sharing page: SharedPage) {
        add(path, Route(owner: ObjectIdentifier(owner)) { .shared(page) })
    }

    private func add(_ path: String, _ route: Route) {
        state.withLock { state in
            state.routes[path, default: []].removeAll { $0.owner == route.owner }
            state.routes[path, default: []].append(route)
        }
    }

    /// Takes back what `owner` answers.
    package func removeRoutes(of owner: AnyObject) {
        let owner = ObjectIdentifier(owner)
        state.withLock { state in
            for path in Array(state.routes.keys) { state.routes[path]?.removeAll { $0.owner == owner } }
        }
    }

    /// What a request is answered with.
    func answer(at path: String) -> HTTPListener.Answer {
        if let answer = ownAnswer(at: path) { return answer }
        for other in all.covered(by: self) {
            if let answer = other.ownAnswer(at: path) { return answer }
        }
        return .reply(.notFound)
    }

    private func ownAnswer(at path: String) -> HTTPListener.Answer? {
        state.withLock { $0.routes[path]?.last?.respond }?()
    }

    // MARK: Listening

    /// Whether a socket of its own is open.
    var isListening: Bool { state.withLock { $0.listener != nil } }

    func isCovered(by other: HTTPEndpoint) -> Bool { state.withLock { $0.cover === other } }

    /// Listens, if the server does not yet.
    ///
    /// - Parameter place: where the Corefile asks for it.
    /// - Throws: a `StartError` that names the place, the address and `directive`.
    package func open(for directive: String, at place: String? = nil) async throws(StartError) {
        let opening = state.withLock { state in
            if let opening = state.opening { return opening }
            let opening = Task { await self.listen(for: directive, at: place) }
            state.opening = opening
            return opening
        }
        do {
            let bound = try await opening.value.get()
            state.withLock { $0.bound = bound }
        } catch {
            state.withLock { state in
                if state.opening == opening { state.opening = nil }
            }
            // One of ours that is about to go holds the port: the configuration before had another address there.
            guard !all.hold(self) else { return retry(for: directive) }
            throw error
        }
    }

    /// Listens as soon as that is possible: what is missing is logged, once, and tried again while others serve.
    func openPatiently(for directive: String, at place: String?, _ logger: Logger) async {
        do {
            try await open(for: directive, at: place)
        } catch {
            let reason = error.description.replacing("plugin/\(directive): ", with: "")
            logger.error("\(reason); it is tried again, and all else is served")
            retry(for: directive) { logger.info("listening on \($0)") }
        }
    }

    private static let firstPause = Duration.milliseconds(200)
    private static let longestPause = Duration.seconds(30)

    private func retry(for directive: String, _ whenDone: @escaping @Sendable (HostPort) -> Void = { _ in }) {
        let task = Task { [weak self] in
            var pause = Self.firstPause
            while !Task.isCancelled {
                guard (try? await Task.sleep(for: pause)) != nil, let self else { return }
                pause = min(pause * 2, Self.longestPause)
                guard case .success(let bound) = await listen(for: directive, at: nil) else { continue }
                state.withLock { state in
                    state.bound = bound
                    state.opening = Task { .success(bound) }
                }
                return whenDone(bound)
            }
        }
        state.withLock { state in
            state.retrying?.cancel()
            state.retrying = task
        }
    }

    /// Closes unless somebody still answers here.
    package func closeUnlessUsed() async {
        let isUsed = ([self] + all.covered(by: self)).contains { $0.hasRoutes }
        if !isUsed { await close() }
    }

    private var hasRoutes: Bool {
        state.withLock { state in state.routes.values.contains { !$0.isEmpty } }
    }

    /// Stops listening and ends all connections; ``open(for:at:)`` may follow.
    package func close() async {
        let retrying = state.withLock { state in
            defer { state.retrying = nil }
            return state.retrying
        }
        retrying?.cancel()
        await retrying?.value
        _ = await state.withLock { $0.opening }?.value
        let listener = state.withLock { state in
            defer {
                state.listener = nil
                state.opening = nil
                state.bound = nil
                state.cover = nil
            }
            return state.listener
        }
        await listener?.close()
        for other in all.covered(by: self) { other.loseCover() }
    }

    /// Whoever listened for this one has gone.
    private func loseCover() {
        state.withLock { state in
            state.cover = nil
            state.opening = nil
            state.bound = nil
        }
        retry(for: "http")
    }

    /// Leaves the port to `other`, which answers for this one from now on.
    private func yield(to other: HTTPEndpoint) async {
        let listener = state.withLock { state in
            defer {
                state.listener = nil
                state.cover = other
            }
            return state.listener
        }
        await listener?.close()
    }

    private func listen(for directive: String, at place: String?) async -> Result<HostPort, StartError> {
        // A reload asks again while it is still being tried: whoever comes second finds what the first has opened.
        if isListening { return .success(boundAddress ?? address) }
        if let cover = all.cover(of: self) {
            state.withLock { $0.cover = cover }
            return .success(address)
        }
        let narrower = all.narrower(than: self).filter(\.isListening)
        for other in narrower { await other.yield(to: self) }
        var failure: any Error = CancellationError()
        for host in Self.bindHosts(address.host) {
            do {
                let (listener, bound) = try await HTTPListener.start(
                    at: HostPort(host: host, port: address.port), limits, counts, for: self)
                state.withLock { state in
                    state.listener = listener
                    state.bound = bound
                }
                return .success(bound)
            } catch {
                failure = error
            }
        }
        for other in narrower { other.loseCover() }
        let prefix = place.map { "\($0): " } ?? ""
        return .failure(StartError("\(prefix)plugin/\(directive): listen tcp \(address): \(describe(failure))"))
    }

    /// What to bind to, in order of preference.
    ///
    /// `localhost` is taken literally, since a container may have no `/etc/hosts`.
    private static func bindHosts(_ host: String) -> [String] {
        switch host {
        case "": ["::", "0.0.0.0"]
        case "localhost": ["127.0.0.1"]
        default: [host]
        }
    }

    private func describe(_ error: any Error) -> String {
        guard let code = (error as? IOError)?.errnoCode else {
            return "lookup \(address.host): no such host (the name has no address now)"
        }
        switch code {
        case EADDRINUSE: return "address already in use (another program listens there)"
        case EADDRNOTAVAIL: return "cannot assign requested address (no interface of this machine has it)"
        case EACCES: return "permission denied (ports below 1024 need the capability NET_BIND_SERVICE)"
        default: return unsafe String(cString: strerror(code))
        }
    }
}
