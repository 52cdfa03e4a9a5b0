import Basics
import KubernetesClient
import StandInAPIServer
import Testing

@Suite("What the watch told is compared with a list now and then", .timeLimit(.minutes(1)))
struct DivergenceTests {
    /// A change that the watch does not tell.
    enum Loss: String, CaseIterable, Sendable {
        case addition
        case change
        case deletion

        func happen(to server: StandInAPIServer) throws {
            switch self {
            case .addition: try server.apply(Sample.service("three"))
            case .change: try server.apply(Sample.service("two", ip: "10.0.0.9"))
            case .deletion: server.delete("/api/v1/services", namespace: "default", name: "two")
            }
        }

        var names: Set<String> {
            switch self {
            case .addition: ["one", "two", "three"]
            case .change: ["one", "two"]
            case .deletion: ["one"]
            }
        }
    }

    private func settings(_ manner: Manner) -> ReflectorSettings {
        var settings = manner.settings
        settings.checkInterval = { HeldClock.held }
        settings.checkPause = .milliseconds(5)
        return settings
    }

    @Test("A change that the watch did not tell is found and listed", arguments: Loss.allCases, Manner.allCases)
    func loss(_ loss: Loss, _ manner: Manner) async throws {
        let (clock, observer, logs) = (HeldClock(), ObserverRecorder(), LogRecorder())
        try await withCluster(observer: observer, clock: clock.clock) { server, client in
            try server.apply(Sample.service("one"))
            try server.apply(Sample.service("two"))
            try await following(Service.self, client, settings: settings(manner), logs: logs) { events in
                try await events.expectState(["one", "two"])
                try await waitForWatch(server)
                server.withholdEvents(true, of: "/api/v1/services")
                try loss.happen(to: server)
                server.withholdEvents(false, of: "/api/v1/services")
                // The watch goes past the change as if nothing had been.
                server.sendBookmarks()
                try await events.expectChange("bookmark")
                clock.wake()
                #expect(Set(try await events.nextState().map(\.metadata.name)) == loss.names)
            }
            #expect(observer.divergences == [1])
            #expect(logs.all == ["warning: services: 1 object differs from what the watch told; listing anew"])
            let check = try #require(server.requests.first { $0.query["resourceVersionMatch"] != nil && !$0.isWatch })
            #expect(check.headers["accept"]?.contains("as=PartialObjectMetadataList;g=meta.k8s.io;v=v1") == true)
            #expect(check.query["limit"] == nil)
        }
    }

    @Test("A watch that stays silent is not waited for beyond the grace")
    func silence() async throws {
        let (clock, observer) = (HeldClock(), ObserverRecorder())
        try await withCluster(observer: observer, clock: clock.clock) { server, client in
            var settings = settings(.protobufStream)
            settings.checkGrace = .milliseconds(20)
            try await following(Service.self, client, settings: settings) { events in
                try await events.expectState([])
                try await waitForWatch(server)
                server.withholdEvents(true, of: "/api/v1/services")
                try server.apply(Sample.service("one"))
                clock.wake()
                try await events.expectState(["one"])
            }
            #expect(observer.divergences == [1])
        }
    }

    @Test("Changes that come while it is compared are no difference", arguments: Manner.allCases)
    func churn(_ manner: Manner) async throws {
        let (clock, observer, logs) = (HeldClock(), ObserverRecorder(), LogRecorder())
        let server = try StandInAPIServer(historyLimit: 100_000)
        try await withCluster(server: server, observer: observer, clock: clock.clock) { server, client in
            for number in 0..<200 { try server.apply(Sample.service("s\(number)")) }
            try await following(Service.self, client, settings: settings(manner), logs: logs) { events in
                _ = try await events.nextState()
                try await waitForWatch(server)
                for round in 0..<40 {
                    clock.wake()
                    for number in 0..<50 {
                        let name = "s\((round &* 31 &+ number &* 7) % 250)"
                        if number % 3 == 0 {
                            server.delete("/api/v1/services", namespace: "default", name: name)
                        } else {
                            try server.apply(Sample.service(name))
                        }
                        await Task.yield()
                    }
                    try await server.waitForRequests(round + 1) { $0.headers["accept"]?.contains("as=Partial") == true }
                }
                try server.apply(Sample.service("last"))
                while try await events.next() != .added(Self.last(server.version)) {}
            }
            #expect(observer.divergences == [])
            #expect(server.requests.count(where: manner.isWholeList) == 1)
            #expect(logs.all == [])
        }
    }

    private static func last(_ version: UInt64) -> Service {
        Service(
            metadata: ObjectMetadata(
                name: "last", namespace: "default", resourceVersion: String(version)),
            clusterIPs: [IPAddress(ipv4: 0x0A00_0001)], ports: [.init(name: "http", number: 80)])
    }

    @Test("A check that fails is passed over")
    func failure() async throws {
        let (clock, observer) = (HeldClock(), ObserverRecorder())
        try await withCluster(observer: observer, clock: clock.clock) { server, client in
            try await following(Service.self, client, settings: settings(.protobufStream)) { events in
                try await events.expectState([])
                try await waitForWatch(server)
                server.inject(Fault(.refuse(status: 504, reason: "Timeout"), operation: .list, times: 1))
                clock.wake()
                try await observer.wait(for: 1, code: "504")
                try server.apply(Sample.service("one"))
                try await events.expectChange("added one")
            }
            #expect(observer.divergences == [])
        }
    }
}

extension Manner {
    /// Whether a request asks for the whole state, checks aside.
    fileprivate func isWholeList(_ request: IncomingRequest) -> Bool {
        isList(request) && request.headers["accept"]?.contains("as=Partial") != true
    }
}
