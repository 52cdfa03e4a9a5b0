import AsyncHTTPClient
import NIOCore

extension ReflectorRun {
    /// Watches until the watch ends.
    ///
    /// - Parameter resourceVersion: where the watch begins; without one it tells the whole state first.
    func watch(from resourceVersion: String?) async throws(APIFailure) -> ReflectorStateMachine.Event {
        let duration = settings.watchDuration()
        let selection = reflector.selection
        let request =
            resourceVersion.map {
                selection.watchRequest(of: endpoint, resourceVersion: $0, timeout: duration)
            } ?? selection.streamRequest(of: endpoint, timeout: duration)
        return try await send(request) { response throws(APIFailure) in
            if resourceVersion == nil { await beginList() }
            let opened = clock.now()
            note(outage.opened(now: opened))
            let steadiness = noteWhenSteady()
            defer { steadiness?.cancel() }
            // The time a watch was open does not shorten the pause after its end.
            defer { began = clock.now() }
            // An API server that forgets to end the watch is not waited for.
            let isWhole = try await follow(response, until: opened + duration + .seconds(30))
            guard isWhole else { throw .cut }
            outage.closed()
            return .watchClosed(lasted: clock.now() - opened)
        }
    }

    /// Takes a watch without events for a good one after a while, where the last one was not.
    private func noteWhenSteady() -> Task<Void, Never>? {
        guard outage.needsSoundStream else { return nil }
        return Task {
            guard (try? await clock.sleep(OutageReport.steadyTime)) != nil, !Task.isCancelled else { return }
            note(outage.progressed(now: clock.now()))
        }
    }

    /// Takes the events of a watch until it ends.
    ///
    /// - Returns: whether it ended between two events.
    private func follow(_ response: HTTPClientResponse, until end: Duration) async throws(APIFailure) -> Bool {
        let codec = Self.codec(of: response, Resource.encodings)
        let context = context
        var frames = codec.makeFrames(
            limits: DecodingLimits(reply: settings.pageLimit, object: settings.objectLimit))
        var streamed = StreamedList<Resource>()
        do {
            for try await piece in response.body {
                frames.append(piece)
                while let frame = try frames.next() {
                    switch frame {
                    case .event(let bytes): try await take(try codec.decodeEvent(bytes, context: context), &streamed)
                    case .leftOut(let object): note([object])
                    }
                }
                await tell(streamed.takeObjects())
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

    private func take(
        _ event: WatchEvent<Resource>, _ streamed: inout StreamedList<Resource>
    ) async throws(APIFailure) {
        if case .error(let failure) = event { throw failure }
        if machine.phase == .stream {
            try await takeInitial(event, &streamed)
        } else {
            if let version = event.resourceVersion { try machine.advance(to: version) }
            note(outage.progressed(now: clock.now()))
            await tell(event)
        }
    }

    /// Takes an event that tells of the first state.
    private func takeInitial(
        _ event: WatchEvent<Resource>, _ streamed: inout StreamedList<Resource>
    ) async throws(APIFailure) {
        switch event {
        case .added(let object), .modified(let object):
            streamed.add(object)
            if streamed.objects.count >= settings.batchSize { await tell(streamed.takeObjects()) }
        case .deleted(let object):
            streamed.delete(object)
        case .bookmark(let version, true):
            await tell(streamed.takeObjects())
            machine.endStreamedList(at: version)
            note(outage.progressed(now: clock.now()))
            await endList(at: version)
            for object in streamed.takeDeletions() { await tell(.deleted(object)) }
        case .bookmark, .error:
            throw .noInitialEvents
        }
    }

    private func tell(_ event: WatchEvent<Resource>) async {
        switch event {
        case .added(let object):
            noteChange(of: object)
            await reflector.consumer(.added(object))
        case .modified(let object):
            noteChange(of: object)
            await reflector.consumer(.modified(object))
        case .deleted(let object):
            ledger?.deleted(object.metadata)
            await reflector.consumer(.deleted(object))
        case .bookmark(let version, _):
            ledger?.reached(version)
            await reflector.consumer(.bookmark(resourceVersion: version))
        case .error:
            break
        }
    }

    private func noteChange(of object: Resource) {
        countMalformed([object])
        ledger?.changed(object.metadata)
    }
}

/// What of a streamed list is not told yet.
struct StreamedList<Resource: KubernetesResource> {
    private(set) var objects: [Resource] = []
    /// Objects that were deleted while the list was streamed; some of them may be told already.
    private var deletions: [ObjectKey: Resource] = [:]

    mutating func add(_ object: Resource) {
        objects.append(object)
        deletions[object.metadata.key] = nil
    }

    mutating func delete(_ object: Resource) {
        deletions[object.metadata.key] = object
    }

    mutating func takeObjects() -> [Resource] {
        defer { objects.removeAll(keepingCapacity: true) }
        return objects
    }

    mutating func takeDeletions() -> [Resource] {
        defer { deletions = [:] }
        return Array(deletions.values)
    }
}
