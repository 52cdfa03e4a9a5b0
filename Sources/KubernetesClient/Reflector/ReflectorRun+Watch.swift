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
        let body = DirectBody()
        return try await send(request, body: body) { response throws(APIFailure) in
            if resourceVersion == nil { beginList() }
            let opened = clock.now()
            note(outage.opened(now: opened))
            let steadiness = noteWhenSteady()
            defer { steadiness?.cancel() }
            // The time a watch was open does not shorten the pause after its end.
            defer { began = clock.now() }
            // An API server that forgets to end the watch is not waited for.
            let isWhole = try await follow(response, body, until: opened + duration + .seconds(30))
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
    private func follow(
        _ response: HTTPClientResponse, _ body: DirectBody, until end: Duration
    ) async throws(APIFailure) -> Bool {
        let limits = DecodingLimits(reply: settings.pageLimit, object: settings.objectLimit)
        let codec = Self.codec(of: response, Resource.encodings)
        reading = WatchReading(codec: codec, limits: limits, context: context, end: end)
        defer {
            reading = nil
            body.receive { _ in false }
        }
        body.receive { piece in self.assumeIsolated { $0.take(piece) } }
        do {
            // The pieces go to the reading; here comes the end, and now and then a piece without octets.
            for try await _ in response.body where clock.now() >= end { return true }
        } catch let error as HTTPClientError where error == .readTimeout {
            // Long silence: a new watch from the same place loses nothing, and shows whether anyone is there.
            return true
        } catch {
            throw APIFailure(error)
        }
        return reading?.frames.isWithinFrame == false
    }

    /// Takes the next octets of the watch.
    ///
    /// - Returns: whether the watch is over.
    @specialized(where Resource == EndpointSlice)
    @specialized(where Resource == Service)
    @specialized(where Resource == Pod)
    private func take(_ piece: ByteBuffer) -> Bool {
        guard let reading else { return false }
        let now = clock.now()
        do throws(APIFailure) {
            reading.frames.append(piece)
            while let frame = try reading.frames.next() { try take(frame, reading, now: now) }
            tell(reading.streamed.takeObjects())
        } catch {
            // Nothing more is taken of it.
            self.reading = nil
            interrupt(error)
        }
        return now >= reading.end
    }

    @specialized(where Resource == EndpointSlice)
    @specialized(where Resource == Service)
    @specialized(where Resource == Pod)
    private func take(_ frame: WatchFrame, _ reading: WatchReading<Resource>, now: Duration) throws(APIFailure) {
        switch frame {
        case .leftOut(let object): note([object])
        case .event(let bytes):
            let event = try reading.codec.decodeEvent(bytes, context: reading.context)
            if case .error(let failure) = event { throw failure }
            guard machine.phase != .stream else { return try takeInitial(event, reading) }
            if let version = event.resourceVersion { try machine.advance(to: version) }
            note(outage.progressed(now: now))
            tell(event)
        }
    }

    /// Takes an event that tells of the first state.
    private func takeInitial(
        _ event: WatchEvent<Resource>, _ reading: WatchReading<Resource>
    ) throws(APIFailure) {
        switch event {
        case .added(let object), .modified(let object):
            reading.streamed.add(object)
            if reading.streamed.objects.count >= settings.batchSize { tell(reading.streamed.takeObjects()) }
        case .deleted(let object):
            reading.streamed.delete(object)
        case .bookmark(let version, true):
            tell(reading.streamed.takeObjects())
            machine.endStreamedList(at: version)
            note(outage.progressed(now: clock.now()))
            endList(at: version)
            for object in reading.streamed.takeDeletions() { tell(.deleted(object)) }
        case .bookmark, .error:
            throw .noInitialEvents
        }
    }

    private func tell(_ event: WatchEvent<Resource>) {
        switch event {
        case .added(let object):
            noteChange(of: object)
            reflector.consumer(.added(object))
        case .modified(let object):
            noteChange(of: object)
            reflector.consumer(.modified(object))
        case .deleted(let object):
            ledger?.deleted(object.metadata)
            reflector.consumer(.deleted(object))
        case .bookmark(let version, _):
            ledger?.reached(version)
            reflector.consumer(.bookmark(resourceVersion: version))
        case .error:
            break
        }
    }

    private func noteChange(of object: Resource) {
        if object.malformedAddressCount > 0 { countMalformed([object]) }
        ledger?.changed(object.metadata)
    }
}

/// A watch that is being read.
final class WatchReading<Resource: KubernetesResource> {
    let codec: any ResourceCodec<Resource>
    var frames: any WatchFrames
    let context: DecodingContext
    /// When it is over, whether the API server ends it or not.
    let end: Duration
    var streamed = StreamedList<Resource>()

    init(codec: any ResourceCodec<Resource>, limits: DecodingLimits, context: DecodingContext, end: Duration) {
        self.codec = codec
        frames = codec.makeFrames(limits: limits)
        self.context = context
        self.end = end
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
        guard !objects.isEmpty else { return [] }
        defer { objects.removeAll(keepingCapacity: true) }
        return objects
    }

    mutating func takeDeletions() -> [Resource] {
        defer { deletions = [:] }
        return Array(deletions.values)
    }
}
