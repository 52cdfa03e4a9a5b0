import AsyncHTTPClient
import Logging
import NIOCore

/// One run of a reflector: does what the state machine says, and tells it what came of it.
struct ReflectorRun<Resource: KubernetesResource> {
    private let reflector: Reflector<Resource>
    private var machine: ReflectorStateMachine
    private var outage: OutageReport
    /// The pages of a list that is not complete yet.
    private var collected: [Resource] = []

    init(reflector: Reflector<Resource>) {
        self.reflector = reflector
        machine = ReflectorStateMachine(policy: reflector.settings.retry)
        outage = OutageReport(resource: Resource.endpoint.plural)
    }

    private var clock: ClientClock { reflector.client.clock }
    private var codec: any ResourceCodec<Resource> { reflector.codec }
    private var endpoint: ResourceEndpoint { Resource.endpoint }

    /// Runs until the task is cancelled.
    mutating func run() async {
        var step = machine.start
        var began = clock.now()
        while !Task.isCancelled {
            // A try that took long by itself needs no pause on top.
            let pause = step.delay - (clock.now() - began)
            if pause > .zero, (try? await clock.sleep(pause)) == nil { return }
            began = clock.now()
            do throws(APIFailure) {
                step = machine.next(try await perform(step.action, began: &began))
            } catch {
                guard !Task.isCancelled else { return }
                note(step.action, error)
                step = machine.next(.failed(error))
            }
        }
    }

    private mutating func perform(
        _ action: ReflectorStateMachine.Action, began: inout Duration
    ) async throws(APIFailure) -> ReflectorStateMachine.Event {
        switch action {
        case .list(let token):
            return try await list(token)
        case .replaceAndWatch(let resourceVersion):
            let state = collected
            collected = []
            await reflector.consumer(.replaced(state, resourceVersion: resourceVersion))
            return try await watch(from: resourceVersion, began: &began)
        case .watch(let resourceVersion):
            return try await watch(from: resourceVersion, began: &began)
        }
    }

    // MARK: List

    private mutating func list(_ token: String?) async throws(APIFailure) -> ReflectorStateMachine.Event {
        if token == nil { collected = [] }
        var request = reflector.selection.listRequest(
            of: endpoint, pageSize: reflector.settings.pageSize, continueToken: token)
        request.mediaType = codec.mediaType
        let response = try await reflector.client.send(request)
        let page = try codec.decodeList(try await collect(response))
        countMalformed(page.items)
        collected += page.items
        return .page(resourceVersion: page.resourceVersion, continueToken: page.continueToken)
    }

    private func collect(_ response: HTTPClientResponse) async throws(APIFailure) -> ByteBuffer {
        let limit = reflector.settings.pageLimit
        do {
            return try await response.body.collect(upTo: limit)
        } catch is NIOTooManyBytesError {
            throw .tooLarge(limit: limit)
        } catch {
            throw APIFailure(error)
        }
    }

    // MARK: Watch

    private mutating func watch(
        from resourceVersion: String, began: inout Duration
    ) async throws(APIFailure) -> ReflectorStateMachine.Event {
        let duration = reflector.settings.watchDuration()
        var request = reflector.selection.watchRequest(
            of: endpoint, resourceVersion: resourceVersion, timeout: duration)
        request.mediaType = codec.mediaType
        let response = try await reflector.client.send(request)
        let opened = clock.now()
        note(outage.opened(now: opened))
        // The time a watch was open does not shorten the pause after its end.
        defer { began = clock.now() }
        // An API server that forgets to end the watch is not waited for.
        let isWhole = try await follow(response, until: opened + duration + .seconds(30))
        guard isWhole else { throw .cut }
        outage.closed()
        return .watchClosed(lasted: clock.now() - opened)
    }

    /// Takes the events of a watch until it ends.
    ///
    /// - Returns: whether it ended between two events.
    private mutating func follow(
        _ response: HTTPClientResponse, until end: Duration
    ) async throws(APIFailure) -> Bool {
        var frames = codec.makeFrames(limit: reflector.settings.eventLimit)
        do {
            for try await piece in response.body {
                frames.append(piece)
                while let frame = try frames.next() { try await take(try codec.decodeEvent(frame)) }
                if clock.now() >= end { return true }
            }
        } catch let error as HTTPClientError where error == .readTimeout {
            // Long silence: a new watch from the same place loses nothing, and shows whether anyone is there.
            return true
        } catch {
            throw APIFailure(error)
        }
        return !frames.isWithinFrame
    }

    private mutating func take(_ event: WatchEvent<Resource>) async throws(APIFailure) {
        if case .error(let failure) = event { throw failure }
        if let version = event.resourceVersion { try machine.advance(to: version) }
        note(outage.progressed(now: clock.now()))
        switch event {
        case .added(let object):
            countMalformed([object])
            await reflector.consumer(.added(object))
        case .modified(let object):
            countMalformed([object])
            await reflector.consumer(.modified(object))
        case .deleted(let object):
            await reflector.consumer(.deleted(object))
        case .bookmark(let version):
            await reflector.consumer(.bookmark(resourceVersion: version))
        case .error:
            break
        }
    }

    // MARK: Log and metrics

    private mutating func note(_ action: ReflectorStateMachine.Action, _ failure: APIFailure) {
        let operation: APIRequest.Operation = if case .list = action { .list } else { .watch }
        note(outage.failed(operation, failure, now: clock.now()), expected: failure.isExpired)
    }

    private func note(_ change: OutageReport.Change?, expected: Bool = false) {
        guard let change else { return }
        if change.isFollowingChanged {
            reflector.client.observer.reflectorChanged(resource: endpoint.plural, isFollowing: change.isFollowing)
        }
        guard let text = change.text else { return }
        // Lost history is the API's everyday life, and what it costs is one list.
        let level: Logger.Level = change.isFollowing ? .notice : expected ? .info : .warning
        reflector.logger.log(level: level, "\(text)")
    }

    private func countMalformed(_ objects: [Resource]) {
        let count = objects.reduce(0) { $0 + $1.malformedAddressCount }
        guard count > 0, let first = objects.first(where: { $0.malformedAddressCount > 0 }) else { return }
        reflector.client.observer.addressesDropped(resource: endpoint.plural, count: count)
        reflector.logger.warning(
            "\(endpoint.plural): dropped \(count) malformed \(count == 1 ? "address" : "addresses"), first in \(first.metadata.key)"
        )
    }
}
