import KubernetesClient
import StandInAPIServer
import Testing

@Suite("Lists that are streamed", .timeLimit(.minutes(1)))
struct StreamedListTests {
    static let streams: [Manner] = [.jsonStream, .protobufStream]

    @Test("One request brings the state in batches and then the changes", arguments: streams)
    func oneRequest(_ manner: Manner) async throws {
        try await withCluster { server, client in
            let names = (0..<25).map { "s\($0 + 10)" }
            for name in names { try server.apply(Sample.service(name)) }
            let version = String(server.version)
            var settings = manner.settings
            settings.batchSize = 10
            try await following(Service.self, client, settings: settings) { events in
                try await events.expect(.listBegan)
                var told: [String] = []
                while told.count < names.count {
                    guard case .listed(let batch) = try await events.next() else { return #expect(Bool(false)) }
                    #expect((1...10).contains(batch.count))
                    told += batch.map(\.metadata.name)
                }
                #expect(told == names)
                try await events.expect(.listEnded(resourceVersion: version))
                try server.apply(Sample.service("late"))
                try await events.expectChange("added late")
            }
            #expect(server.requests.count == 1)
            #expect(server.requests.first?.query["resourceVersionMatch"] == "NotOlderThan")
            #expect(server.requests.first?.query["resourceVersion"] == nil)
        }
    }

    @Test("An API server that does not stream is asked for pages, once for all reflectors of a client")
    func notSupported() async throws {
        try await withCluster { server, client in
            server.supportsWatchList = false
            try server.apply(Sample.service("one"))
            let logs = LogRecorder()
            for _ in 0..<2 {
                try await following(Service.self, client, settings: Manner.protobufStream.settings, logs: logs) {
                    events in
                    try await events.expectState(["one"])
                }
            }
            #expect(server.requests.count { $0.query["sendInitialEvents"] != nil } == 1)
            #expect(logs.all.allSatisfy { $0.hasPrefix("debug: ") })
        }
    }

    @Test(
        "A stream that is refused, ends or stays silent gives way to pages",
        arguments: [
            Fault.Effect.refuse(status: 400, reason: "BadRequest"), .refuse(status: 403, reason: "Forbidden"),
            .emptyStream, .stallBody,
            .lines([#"{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"1"}}}"#]),
        ])
    func noInitialEvents(_ effect: Fault.Effect) async throws {
        var timeouts = KubernetesClient.Timeouts()
        // Only silence is waited out.
        if case .stallBody = effect { timeouts.idle = .milliseconds(500) }
        try await withCluster(timeouts: timeouts) { server, client in
            try server.apply(Sample.service("one"))
            // Not once: when the reply's head is late, the stream is asked for again, and must not succeed then.
            server.inject(Fault(effect, operation: .watch))
            try await following(Service.self, client, settings: Manner.protobufStream.settings) { events in
                try await events.expectState(["one"])
                try await server.waitForRequests(1) { $0.query["limit"] != nil }
            }
        }
    }

    @Test("A stream that breaks off before the state is complete begins again", arguments: streams)
    func broken(_ manner: Manner) async throws {
        try await withCluster { server, client in
            try server.apply(Sample.service("one"))
            server.inject(Fault(.cutMidLine, operation: .watch, times: 2))
            try await following(Service.self, client, settings: manner.settings) { events in
                for _ in 0..<3 { try await events.expect(.listBegan) }
                #expect(try await events.nextListed() == ["one"])
            }
            #expect(server.requests.allSatisfy(manner.isList))
        }
    }

    @Test("An API server that cannot stream lists at present, and says so on the stream, is asked for pages")
    func storageWithoutProgress() async throws {
        let error =
            #"{"type":"ERROR","object":{"kind":"Status","status":"Failure","reason":"InternalError","code":500,"#
            + #""message":"required storage feature RequestWatchProgress is disabled"}}"#
        try await withCluster { server, client in
            try server.apply(Sample.service("a"))
            server.inject(Fault(.lines([error]), operation: .watch, times: 1))
            try await following(Service.self, client, settings: Manner.jsonStream.settings) { events in
                try await events.expectState(["a"])
            }
            #expect(server.requests.contains { !$0.isWatch && $0.query["limit"] != nil })
        }
    }

    @Test("An object that is deleted while the state is told is deleted after it, unless it came back")
    func deletion() async throws {
        func event(_ type: String, _ name: String, _ version: Int) -> String {
            #"{"type":"\#(type)","object":{"metadata":{"name":"\#(name)","resourceVersion":"\#(version)"}}}"#
        }
        let end =
            #"{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"9","#
            + #""annotations":{"k8s.io/initial-events-end":"true"}}}}"#
        try await withCluster { server, client in
            let lines = [
                event("ADDED", "a", 1), event("ADDED", "b", 2), event("DELETED", "a", 5), event("DELETED", "b", 6),
                event("ADDED", "b", 7), end, event("ADDED", "c", 10),
            ]
            server.inject(Fault(.lines(lines), operation: .watch, times: 1))
            try await following(Service.self, client, settings: Manner.jsonStream.settings) { events in
                try await events.expectState(["a", "b", "b"])
                #expect(events.stateVersion == "9")
                try await events.expectChange("deleted a")
                try await events.expectChange("added c")
            }
        }
    }
}

extension Events {
    /// The names in the next batch.
    mutating func nextListed() async throws -> [String] {
        guard case .listed(let objects) = try await next() else { return [] }
        return objects.map(\.metadata.name)
    }
}
