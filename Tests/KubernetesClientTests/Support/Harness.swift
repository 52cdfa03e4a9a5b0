import KubernetesClient
import Logging
import StandInAPIServer
import TestSupport
import Testing

/// Runs a body with a server that runs and a client of it.
func withCluster(
    server: StandInAPIServer? = nil, credential: ClusterAccess.Credential = .none,
    observer: any ClientObserver = NoObserver(), limits: RequestLimits = .init(),
    timeouts: KubernetesClient.Timeouts = .init(), clock: ClientClock = .system,
    _ body: (StandInAPIServer, KubernetesClient) async throws -> Void
) async throws {
    let server = try server ?? StandInAPIServer()
    let port = try await server.start()
    let address = ServerAddress(isSecure: false, host: "127.0.0.1", port: UInt16(port))
    let client = try KubernetesClient(
        access: ClusterAccess(server: address, credential: credential), version: "1.2.3", observer: observer,
        limits: limits, timeouts: timeouts, clock: clock)
    try await shuttingDown(client, server) { try await body(server, client) }
}

/// Runs a body, and shuts client and server down whatever comes of it: a client that is let go of without that ends the run.
func shuttingDown(
    _ client: KubernetesClient, _ server: StandInAPIServer? = nil, after body: () async throws -> Void
) async throws {
    let result: Result<Void, any Error>
    do { result = .success(try await body()) } catch { result = .failure(error) }
    await expectEnd(of: "the client") { await client.shutdown() }
    await expectEnd(of: "the stand-in") { await server?.stop() }
    try result.get()
}

/// Waits for the end of what a test has begun; what does not end is an issue, and left behind.
func expectEnd(of what: String, _ body: @escaping @Sendable () async -> Void) async {
    do { try await end(of: what, body) } catch { Issue.record(error) }
}

/// The events of a reflector, in order.
struct Events<Resource: KubernetesResource> {
    /// The version of the last complete state.
    private(set) var stateVersion = ""
    fileprivate var iterator: AsyncStream<ResourceEvent<Resource>>.Iterator

    mutating func next() async throws -> ResourceEvent<Resource> {
        try #require(await iterator.next(isolation: #isolation))
    }

    /// Expects the next event.
    mutating func expect(_ event: ResourceEvent<Resource>, _ location: SourceLocation = #_sourceLocation) async throws {
        let next = try await next()
        #expect(next == event, sourceLocation: location)
    }

    /// The complete state that comes next, from its beginning to its end.
    ///
    /// A list that breaks off and begins anew is one state; bookmarks before it are passed over.
    mutating func nextState(_ location: SourceLocation = #_sourceLocation) async throws -> [Resource] {
        var objects: [Resource] = []
        var hasBegun = false
        while true {
            switch try await next() {
            case .listBegan:
                objects = []
                hasBegun = true
            case .listed(let batch):
                objects += batch
            case .listEnded(let version):
                #expect(hasBegun, sourceLocation: location)
                stateVersion = version
                return objects
            case .bookmark where !hasBegun:
                break
            case let other:
                Issue.record("no complete state: \(other)", sourceLocation: location)
                return []
            }
        }
    }

    /// Expects the complete state next, with objects of these names.
    mutating func expectState(_ names: [String], _ location: SourceLocation = #_sourceLocation) async throws {
        let objects = try await nextState(location)
        #expect(objects.map(\.metadata.name) == names, sourceLocation: location)
    }

    /// Expects a change next, written as what happened and the object's name.
    mutating func expectChange(_ change: String, _ location: SourceLocation = #_sourceLocation) async throws {
        let text =
            switch try await next() {
            case .listBegan: "list began"
            case .listed(let objects): "listed \(objects.map(\.metadata.name).joined(separator: " "))"
            case .listEnded: "list ended"
            case .added(let object): "added \(object.metadata.name)"
            case .modified(let object): "modified \(object.metadata.name)"
            case .deleted(let object): "deleted \(object.metadata.name)"
            case .bookmark: "bookmark"
            }
        #expect(text == change, sourceLocation: location)
    }
}

/// How a reflector and an API server get on.
enum Manner: String, CaseIterable, Sendable {
    case jsonPages
    case jsonStream
    case protobufPages
    case protobufStream

    var usesProtobuf: Bool { self == .protobufPages || self == .protobufStream }
    var streamsLists: Bool { self == .jsonStream || self == .protobufStream }

    /// Quick settings of this manner.
    var settings: ReflectorSettings {
        var settings = ReflectorSettings.quick
        settings.prefersProtobuf = usesProtobuf
        settings.streamsLists = streamsLists
        return settings
    }

    /// Whether a request asks for the whole state.
    func isList(_ request: IncomingRequest) -> Bool {
        streamsLists ? request.query["sendInitialEvents"] != nil : !request.isWatch
    }

    /// The kind of request that brings the whole state.
    var listOperation: Fault.Operation { streamsLists ? .watch : .list }
}

/// Runs a body beside a reflector.
func following<Resource: KubernetesResource>(
    _ type: Resource.Type, _ client: KubernetesClient, selection: ResourceSelection = .all,
    settings: ReflectorSettings = .quick, logs: LogRecorder = LogRecorder(),
    _ body: (inout Events<Resource>) async throws -> Void
) async throws {
    let (stream, continuation) = AsyncStream.makeStream(of: ResourceEvent<Resource>.self)
    let reflector = Reflector<Resource>(client: client, selection: selection, settings: settings, logger: logs.logger) {
        continuation.yield($0)
    }
    let task = Task { await reflector.run() }
    var events = Events(iterator: stream.makeAsyncIterator())
    let result: Result<Void, any Error>
    do { result = .success(try await body(&events)) } catch { result = .failure(error) }
    task.cancel()
    await expectEnd(of: "the reflector") { await task.value }
    try result.get()
}

extension ReflectorSettings {
    /// Pauses of a few milliseconds.
    static var quick: ReflectorSettings {
        var settings = ReflectorSettings()
        settings.retry.base = .milliseconds(1)
        settings.retry.cap = .milliseconds(5)
        settings.retry.refusalCap = .milliseconds(5)
        settings.retry.absentDelay = { .milliseconds(5) }
        settings.watchDuration = { .seconds(300) }
        settings.checkInterval = nil
        // Most tests are about what follows the list; those of each manner name it.
        settings.streamsLists = false
        return settings
    }
}

/// The JSON of objects.
enum Sample {
    static func service(_ name: String, namespace: String = "default", ip: String = "10.0.0.1", label: String = "a")
        -> String
    {
        """
        {"kind":"Service","apiVersion":"v1","metadata":{"name":"\(name)","namespace":"\(namespace)","uid":"u-\(name)",
        "labels":{"app":"\(label)"}},"spec":{"type":"ClusterIP","clusterIP":"\(ip)","clusterIPs":["\(ip)"],
        "ports":[{"name":"http","port":80,"protocol":"TCP"}]}}
        """
    }

    static func pod(_ name: String, phase: String) -> String {
        """
        {"kind":"Pod","apiVersion":"v1","metadata":{"name":"\(name)","namespace":"default"},
        "status":{"phase":"\(phase)","podIP":"10.1.0.1","podIPs":[{"ip":"10.1.0.1"}]}}
        """
    }
}
