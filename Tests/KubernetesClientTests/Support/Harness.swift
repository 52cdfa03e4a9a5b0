import KubernetesClient
import Logging
import StandInAPIServer
import Testing

/// Runs a body with a server that runs and a client of it.
func withCluster(
    server: StandInAPIServer? = nil, credential: ClusterAccess.Credential = .none,
    observer: any ClientObserver = NoObserver(), timeouts: KubernetesClient.Timeouts = .init(),
    clock: ClientClock = .system,
    _ body: (StandInAPIServer, KubernetesClient) async throws -> Void
) async throws {
    let server = try server ?? StandInAPIServer()
    let port = try await server.start()
    let address = ServerAddress(isSecure: false, host: "127.0.0.1", port: UInt16(port))
    let client = try KubernetesClient(
        access: ClusterAccess(server: address, credential: credential), version: "1.2.3", observer: observer,
        timeouts: timeouts, clock: clock)
    let result: Result<Void, any Error>
    do { result = .success(try await body(server, client)) } catch { result = .failure(error) }
    await client.shutdown()
    await server.stop()
    try result.get()
}

/// The events of a reflector, in order.
struct Events<Resource: KubernetesResource> {
    fileprivate var iterator: AsyncStream<ResourceEvent<Resource>>.Iterator

    mutating func next() async throws -> ResourceEvent<Resource> {
        try #require(await iterator.next(isolation: #isolation))
    }

    /// Expects the next event.
    mutating func expect(_ event: ResourceEvent<Resource>, _ location: SourceLocation = #_sourceLocation) async throws {
        let next = try await next()
        #expect(next == event, sourceLocation: location)
    }

    /// Expects the complete state next, with objects of these names.
    mutating func expectState(_ names: [String], _ location: SourceLocation = #_sourceLocation) async throws {
        let next = try await next()
        guard case .replaced(let objects, _) = next else {
            Issue.record("no complete state: \(next)", sourceLocation: location)
            return
        }
        #expect(objects.map(\.metadata.name) == names, sourceLocation: location)
    }

    /// Expects a change next, written as what happened and the object's name.
    mutating func expectChange(_ change: String, _ location: SourceLocation = #_sourceLocation) async throws {
        let text =
            switch try await next() {
            case .replaced(let objects, _): "replaced \(objects.map(\.metadata.name).joined(separator: " "))"
            case .added(let object): "added \(object.metadata.name)"
            case .modified(let object): "modified \(object.metadata.name)"
            case .deleted(let object): "deleted \(object.metadata.name)"
            case .bookmark: "bookmark"
            }
        #expect(text == change, sourceLocation: location)
    }
}

/// Runs a body beside a reflector.
func following<Resource: KubernetesResource & Decodable>(
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
    await task.value
    try result.get()
}

extension ReflectorSettings {
    /// Pauses of a few milliseconds.
    static var quick: ReflectorSettings {
        var settings = ReflectorSettings()
        settings.retry.base = .milliseconds(1)
        settings.retry.cap = .milliseconds(5)
        settings.retry.refusalCap = .milliseconds(5)
        settings.watchDuration = { .seconds(300) }
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
