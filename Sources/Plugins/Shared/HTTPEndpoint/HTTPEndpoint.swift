package import Corefile
package import DNSServer
import Glibc
import NIOCore
import Synchronization

/// The HTTP server of one address, shared by the plugins that answer there: `health`, `ready`, `prometheus`.
///
/// All blocks that name the same address share one server, and a reload leaves it open: only what answers below a path is
/// exchanged. The server listens from the first ``open(for:)`` to ``close()``.
package final class HTTPEndpoint: HandoverResource {
    /// What a path answers: small, and made at once, since it is made on the event loop of all endpoints.
    package typealias Respond = @Sendable () -> HTTPReply

    /// The address as the Corefile has it.
    package let address: HostPort
    private let limits: HTTPLimits
    private let counts: HTTPCounts?
    private let state = Mutex(State())

    private struct State {
        /// Who answers at a path, the latest last: when its configuration is given up, the one before answers again.
        var routes: [String: [Route]] = [:]
        var opening: Task<Result<HostPort, StartError>, Never>?
        var listener: HTTPListener?
        var bound: HostPort?
    }

    private struct Route {
        let owner: ObjectIdentifier
        let respond: @Sendable () -> HTTPListener.Answer
    }

    /// Makes an endpoint that does not listen yet.
    init(_ address: HostPort, _ limits: HTTPLimits = HTTPLimits(), _ counts: HTTPCounts? = nil) {
        self.address = address
        self.limits = limits
        self.counts = counts
    }

    /// The endpoint of `address`, made now if neither this configuration nor the one before has it.
    package static func shared(_ address: HostPort, _ context: PluginContext) -> HTTPEndpoint {
        context.handover.object("http/\(address)") {
            // Without the counters, when their name is taken, it serves all the same.
            HTTPEndpoint(
                address, HTTPLimits(connections: context.server.options.limits.httpConnections),
                try? HTTPCounts(context.metrics))
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
        let respond = state.withLock { $0.routes[path]?.last?.respond }
        return respond?() ?? .reply(.notFound)
    }

    // MARK: Listening

    /// Listens, if the server does not yet.
    ///
    /// - Throws: a `StartError` that names the address and `directive`.
    package func open(for directive: String) async throws(StartError) {
        let opening = state.withLock { state in
            if let opening = state.opening { return opening }
            let opening = Task { await self.listen(for: directive) }
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
            throw error
        }
    }

    /// Closes unless somebody still answers here.
    package func closeUnlessUsed() async {
        let isUsed = state.withLock { state in state.routes.values.contains { !$0.isEmpty } }
        if !isUsed { await close() }
    }

    /// Stops listening and ends all connections; ``open(for:)`` may follow.
    package func close() async {
        _ = await state.withLock { $0.opening }?.value
        let listener = state.withLock { state in
            defer {
                state.listener = nil
                state.opening = nil
                state.bound = nil
            }
            return state.listener
        }
        await listener?.close()
    }

    private func listen(for directive: String) async -> Result<HostPort, StartError> {
        var failure: any Error = CancellationError()
        for host in Self.bindHosts(address.host) {
            do {
                let (listener, bound) = try await HTTPListener.start(
                    at: HostPort(host: host, port: address.port), limits, counts, for: self)
                state.withLock { $0.listener = listener }
                return .success(bound)
            } catch {
                failure = error
            }
        }
        return .failure(StartError("plugin/\(directive): listen tcp \(address): \(Self.describe(failure))"))
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

    private static func describe(_ error: any Error) -> String {
        guard let error = error as? IOError else { return "\(error)" }
        let hint = "another program, or another directive with the same port, listens there"
        return error.errnoCode == EADDRINUSE ? "address already in use (\(hint))" : "\(error)"
    }
}
