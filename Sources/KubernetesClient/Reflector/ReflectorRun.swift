import AsyncHTTPClient
import Logging

/// One run of a reflector: does what the state machine says, and tells it what came of it.
actor ReflectorRun<Resource: KubernetesResource> {
    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe ClusterLoop.shared.asUnownedSerialExecutor() }
    let reflector: Reflector<Resource>
    var machine: ReflectorStateMachine
    var outage: OutageReport
    /// What was told; nothing when it is never compared with anything.
    var ledger: Ledger?
    /// Whether it was told that the API server does not know the kind of object, and so has none.
    private var isAbsent = false
    /// Unreadable replies since the state was complete.
    private var malformedReplies = 0
    /// Until when the log says nothing more of objects that are left out.
    var nextLeftOutLine: Duration?
    /// The action that is being done.
    private var current: Task<Result<ReflectorStateMachine.Event, APIFailure>, Never>?
    /// What has come of the present watch, while it is read.
    var reading: WatchReading<Resource>?
    /// Why the action was broken off by ourselves.
    private var interruption: APIFailure?

    init(reflector: Reflector<Resource>) {
        self.reflector = reflector
        let plural = Resource.endpoint.plural
        machine = ReflectorStateMachine(
            policy: reflector.settings.retry, pageSize: reflector.settings.pageSize,
            streamsLists: reflector.settings.streamsLists && !reflector.client.abilities.takesPagesOnly(plural))
        outage = OutageReport(
            resource: plural, isOutageToldElsewhere: reflector.client.observer.tellsOutages)
        ledger = reflector.settings.checkInterval == nil ? nil : Ledger()
    }

    var client: KubernetesClient { reflector.client }
    var clock: ClientClock { reflector.client.clock }
    var settings: ReflectorSettings { reflector.settings }
    var endpoint: ResourceEndpoint { Resource.endpoint }
    var context: DecodingContext { DecodingContext(details: settings.details) }

    /// Runs until the task is cancelled.
    func run() async {
        await withDiscardingTaskGroup { group in
            group.addTask { await self.checkNowAndThen() }
            await follow()
            group.cancelAll()
        }
    }

    private func follow() async {
        var step = machine.start
        began = clock.now()
        while !Task.isCancelled {
            // A try that took long by itself needs no pause on top.
            let pause = step.delay - (clock.now() - began)
            if pause > .zero, (try? await clock.sleep(pause)) == nil { return }
            began = clock.now()
            do throws(APIFailure) {
                step = machine.next(try await performBreakably(step.action))
            } catch {
                guard !Task.isCancelled else { return }
                step = recover(from: error, step.action)
            }
        }
    }

    /// When the last action began; a watch moves it to its end.
    var began = Duration.zero

    private func recover(from failure: APIFailure, _ action: ReflectorStateMachine.Action)
        -> ReflectorStateMachine.Step
    {
        if endpoint.isOptional, failure.status == 404 {
            tellAbsence()
            return machine.next(.absent)
        }
        noteMalformed(failure)
        let (streamed, pageSize) = (machine.streamsLists, machine.pageSize)
        let step = machine.next(.failed(failure))
        if machine.pageSize < pageSize {
            reflector.logger.debug("\(endpoint.plural): \(failure); asking for \(machine.pageSize) objects a page")
        } else if case (.stream, .list) = (action, step.action) {
            // Whoever may not watch may be allowed to, later.
            if streamed, !machine.streamsLists, failure.status != 403 {
                client.abilities.notePagesOnly(endpoint.plural)
            }
            reflector.logger.debug("\(endpoint.plural): lists are not streamed (\(failure)); asking for pages")
        } else if failure != .diverged {
            note(action, failure)
        }
        return step
    }

    /// What is unreadable as protobuf again and again may be readable as JSON.
    private func noteMalformed(_ failure: APIFailure) {
        guard case .malformed = failure else { return }
        malformedReplies += 1
        guard malformedReplies == ReflectorStateMachine.patienceWithMalformed, settings.prefersProtobuf,
            Resource.encodings.protobuf != nil
        else { return }
        client.abilities.noteJSONOnly(endpoint.plural)
        reflector.logger.debug("\(endpoint.plural): unreadable as protobuf (\(failure)); asking for JSON")
    }

    private func tellAbsence() {
        outage.closed()
        note(outage.progressed(now: clock.now()))
        guard !isAbsent else { return }
        beginList()
        endList(at: "")
        isAbsent = true
    }

    // MARK: Actions

    /// Performs an action in such a way that ``interrupt(_:)`` can end it.
    private func performBreakably(
        _ action: ReflectorStateMachine.Action
    ) async throws(APIFailure) -> ReflectorStateMachine.Event {
        let loop = ClusterLoop.shared
        let task = Task(executorPreference: loop) { () async -> Result<ReflectorStateMachine.Event, APIFailure> in
            do throws(APIFailure) {
                return .success(try await self.perform(action))
            } catch {
                return .failure(error)
            }
        }
        current = task
        let result = await withTaskCancellationHandler {
            await task.value
        } onCancel: {
            task.cancel()
        }
        current = nil
        if let failure = interruption {
            interruption = nil
            throw failure
        }
        return try result.get()
    }

    /// Breaks the present action off.
    func interrupt(_ failure: APIFailure) {
        guard let current else { return }
        interruption = failure
        current.cancel()
    }

    private func perform(
        _ action: ReflectorStateMachine.Action
    ) async throws(APIFailure) -> ReflectorStateMachine.Event {
        switch action {
        case .stream: try await watch(from: nil)
        case .list(let token): try await list(token)
        case .watch(let resourceVersion): try await watch(from: resourceVersion)
        }
    }

    /// Sends a request for the encoding we like best.
    ///
    /// An API server that refuses an encoding is asked for JSON from then on.
    func send<Answer>(
        _ request: APIRequest, parameters: String = "", body: DirectBody? = nil,
        read: (HTTPClientResponse) async throws(APIFailure) -> Answer
    ) async throws(APIFailure) -> Answer {
        let isWanted =
            settings.prefersProtobuf && Resource.encodings.protobuf != nil
            && !client.abilities.speaksJSONOnly(endpoint.plural)
        var request = request
        request.accept = MediaType.accept(protobuf: isWanted, parameters: parameters)
        do throws(APIFailure) {
            return try await client.send(request, body: body, read: read)
        } catch {
            guard isWanted, error.status == 406 || error.status == 415 else { throw error }
            client.abilities.noteJSONOnly(endpoint.plural)
            reflector.logger.debug("\(endpoint.plural): protobuf is not served (\(error)); asking for JSON")
            request.accept = MediaType.accept(protobuf: false, parameters: parameters)
            return try await client.send(request, body: body, read: read)
        }
    }

    // MARK: Telling

    func beginList() {
        isAbsent = false
        ledger?.listBegan()
        reflector.consumer(.listBegan)
    }

    func tell(_ objects: [Resource]) {
        guard !objects.isEmpty else { return }
        countMalformed(objects)
        for object in objects { ledger?.listed(object.metadata) }
        reflector.consumer(.listed(objects))
    }

    func endList(at resourceVersion: String) {
        malformedReplies = 0
        ledger?.listEnded(at: resourceVersion)
        reflector.consumer(.listEnded(resourceVersion: resourceVersion))
    }
}
