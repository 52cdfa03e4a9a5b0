import KubernetesClient
import StandInAPIServer
import TestSupport
import Testing

@Suite("A reflector outlives whatever the API server does", .timeLimit(.minutes(1)))
struct ReflectorFaultTests {
    /// A fault of the open watch, switched on by the test.
    enum Mishap: String, CaseIterable, Sendable {
        case cutMidLine
        case garbageLine
        case unknownEvent
        case expiredInStream

        func happen(to server: StandInAPIServer) {
            switch self {
            case .cutMidLine: server.cutWatches()
            case .garbageLine: server.sendLine("}{")
            case .unknownEvent: server.sendLine(#"{"type":"SURPRISE","object":{}}"#)
            case .expiredInStream: server.expireWatches()
            }
        }
    }

    @Test("After a fault of the stream, changes are followed again", arguments: Mishap.allCases, Manner.allCases)
    func mishap(_ mishap: Mishap, _ manner: Manner) async throws {
        try await withCluster { server, client in
            try server.apply(Sample.service("one"))
            try await following(Service.self, client, settings: manner.settings) { events in
                try await events.expectState(["one"])
                try await waitForWatch(server)
                mishap.happen(to: server)
                try server.apply(Sample.service("two"))
                var names: Set<String> = []
                // Lost history brings the state, everything else the one change.
                if mishap == .expiredInStream {
                    names = Set(try await events.nextState().map(\.metadata.name))
                } else if case .added(let object) = try await events.next() {
                    names = ["one", object.metadata.name]
                }
                #expect(names == ["one", "two"])
                #expect(server.requests.count(where: manner.isList) == (mishap == .expiredInStream ? 2 : 1))
            }
        }
    }

    @Test("HTTP status 410 on a watch brings the state again, and nothing is taken back meanwhile")
    func expiredStatus() async throws {
        try await withCluster { server, client in
            try server.apply(Sample.service("one"))
            server.inject(Fault(.refuse(status: 410, reason: "Gone"), operation: .watch, times: 1))
            try await following(Service.self, client) { events in
                try await events.expectState(["one"])
                try await events.expectState(["one"])
                try server.apply(Sample.service("two"))
                try await events.expectChange("added two")
            }
        }
    }

    @Test("History that was forgotten while we were away brings the state again", arguments: Manner.allCases)
    func forgottenHistory(_ manner: Manner) async throws {
        try await withCluster { server, client in
            try server.apply(Sample.service("one"))
            try server.apply(Sample.service("two"))
            try await following(Service.self, client, settings: manner.settings) { events in
                try await events.expectState(["one", "two"])
                try await waitForWatch(server)
                server.delete("/api/v1/services", namespace: "default", name: "one")
                try await events.expectChange("deleted one")
                server.inject(Fault(.drop, operation: .watch))
                server.cutWatches()
                try await server.waitForRequests(manner.streamsLists ? 3 : 2) { $0.isWatch }
                server.delete("/api/v1/services", namespace: "default", name: "two")
                server.forgetHistory()
                server.clearFaults()
                try await events.expectState([])
            }
        }
    }

    @Test("A version that goes back, as after a restored backup, brings the state again", arguments: Manner.allCases)
    func historyWentBack(_ manner: Manner) async throws {
        try await withCluster { server, client in
            try server.apply(Sample.service("one"))
            try await following(Service.self, client, settings: manner.settings) { events in
                try await events.expectState(["one"])
                try await waitForWatch(server)
                server.sendBookmarks(version: 1)
                try await events.expectState(["one"])
            }
        }
    }

    @Test(
        "A reply that is no list is tried again", arguments: [Fault.Effect.garbage, .drop, .stall, .stallBody],
        Manner.allCases)
    func badLists(_ effect: Fault.Effect, _ manner: Manner) async throws {
        var timeouts = KubernetesClient.Timeouts()
        timeouts.reply = .milliseconds(500)
        timeouts.idle = .milliseconds(500)
        try await withCluster(timeouts: timeouts) { server, client in
            try server.apply(Sample.service("one"))
            server.inject(Fault(effect, operation: manner.listOperation, times: 2))
            try await following(Service.self, client, settings: manner.settings) { events in
                try await events.expectState(["one"])
            }
            // Silence in place of a stream is answered by pages; everything else is tried again as it was.
            #expect(server.requests.count >= (manner.streamsLists ? 2 : 3))
        }
    }

    @Test("A watch that falls silent is opened again where it was, without a word in the log")
    func silentWatch() async throws {
        var timeouts = KubernetesClient.Timeouts()
        timeouts.idle = .seconds(1)
        try await withCluster(timeouts: timeouts) { server, client in
            let logs = LogRecorder()
            try await following(Service.self, client, logs: logs) { events in
                try await events.expectState([])
                try await server.waitForRequests(2) { $0.isWatch }
            }
            #expect(server.requests.count { !$0.isWatch } == 1)
            #expect(logs.all == [])
        }
    }

    @Test("An event beyond all measure breaks off the watch, and what is beyond is not kept")
    func longLine() async throws {
        try await withCluster { server, client in
            server.inject(Fault(.longLine(bytes: 1 << 20), operation: .watch, times: 1))
            let logs = LogRecorder()
            var settings = ReflectorSettings.quick
            settings.pageLimit = 1 << 16
            try await following(Service.self, client, settings: settings, logs: logs) { events in
                try await events.expectState([])
                try await server.waitForRequests(2) { $0.isWatch }
                try server.apply(Sample.service("one"))
                try await events.expectChange("added one")
            }
            #expect(logs.all.first == "warning: watch services: reply larger than 65536 bytes; retrying")
        }
    }

    @Test("A page beyond the limit is refused")
    func longPage() async throws {
        try await withCluster { server, client in
            try server.apply(Sample.service("one"))
            let logs = LogRecorder()
            var settings = ReflectorSettings.quick
            settings.pageLimit = 64
            try await following(Service.self, client, settings: settings, logs: logs) { _ in
                // 500 objects, 250, … 1, 1.
                try await server.waitForRequests(10)
            }
            #expect(
                logs.all.filter { $0.hasPrefix("warning") } == [
                    "warning: list services: reply larger than 64 bytes; retrying"
                ])
        }
    }

    @Test("A redirect is not followed")
    func redirect() async throws {
        try await withCluster { server, client in
            server.inject(
                Fault(.redirect(location: "http://127.0.0.1:\(server.port)/version"), operation: .list, times: 1))
            let logs = LogRecorder()
            try await following(Service.self, client, logs: logs) { events in
                try await events.expectState([])
            }
            #expect(logs.all.first == "warning: list services: 302 Found; retrying")
            #expect(server.requests.allSatisfy { $0.path != "/version" })
        }
    }

    @Test("One kind that is forbidden does not hold up another; its refusals are one line in the log")
    func forbidden() async throws {
        let message = "services is forbidden: User \"dns\" cannot list resource \"services\""
        let hint = "does the ClusterRole let us list and watch services?"
        try await withCluster { server, client in
            let refusal = Fault.Effect.refuse(status: 403, reason: "Forbidden", message: message)
            server.inject(Fault(refusal, resource: "services"))
            let logs = LogRecorder()
            try await following(Namespace.self, client, logs: logs) { namespaces in
                try await following(Service.self, client, logs: logs) { services in
                    try await namespaces.expectState([])
                    try await server.waitForRequests(5) { $0.resource == "services" }
                    #expect(logs.all == ["warning: list services: 403 Forbidden: \(message); retrying; \(hint)"])
                    server.clearFaults()
                    try await services.expectState([])
                    try await server.waitForRequests(1) { $0.resource == "services" && $0.isWatch }
                    try server.apply(Sample.service("one"))
                    try await services.expectChange("added one")
                }
            }
            #expect(logs.all.count == 2)
            #expect(logs.all.last?.hasPrefix("notice: services: followed again after ") == true)
        }
    }

    @Test("Retry-After is obeyed")
    func retryAfter() async throws {
        let clock = LeapingClock()
        try await withCluster(observer: SlowReplies(clock: clock), clock: clock.clock) { server, client in
            let refusal = Fault.Effect.refuse(status: 429, reason: "TooManyRequests", retryAfter: 7)
            server.inject(Fault(refusal, operation: .list, times: 2))
            try await following(Service.self, client) { events in
                try await events.expectState([])
            }
            // Each pause counts from the beginning of the try before it.
            #expect(clock.pauses == [.seconds(5), .seconds(5)])
        }
    }

    /// Lets each request take two seconds of a clock.
    private struct SlowReplies: ClientObserver {
        let clock: LeapingClock

        func requestFinished(_ report: RequestReport) { clock.pass(.seconds(2)) }
        func reflectorChanged(resource: String, to standing: ReflectorStanding) {}
        func addressesDropped(resource: String, count: Int) {}
    }

    @Test("A token that is refused is read again at once, and the new one is used")
    func tokenRotation() async throws {
        let directory = try TemporaryDirectory()
        let file = try directory.write("token", "old\n")
        try await withCluster(credential: .tokenFile(file), clock: LeapingClock().clock) { server, client in
            server.requiredToken = "old"
            try await following(Service.self, client) { events in
                try await events.expectState([])
                try await waitForWatch(server)
                try directory.write("token", "new\n")
                server.requiredToken = "new"
                server.cutWatches()
                try await server.waitForRequests(1) { $0.headers["authorization"] == "Bearer new" }
                try server.apply(Sample.service("one"))
                try await events.expectChange("added one")
            }
            #expect(server.requests.map { $0.headers["authorization"] ?? "" }.filter { $0 == "Bearer old" }.count == 3)
        }
    }

    @Test("An API server that went away is followed again within two seconds of its return, with two lines in the log")
    func outage() async throws {
        let observer = ObserverRecorder()
        let logs = LogRecorder()
        try await withCluster(observer: observer) { server, client in
            var settings = ReflectorSettings()
            settings.watchDuration = { .seconds(300) }
            try server.apply(Sample.service("one"))
            try await following(Service.self, client, settings: settings, logs: logs) { events in
                try await events.expectState(["one"])
                try await waitForWatch(server)
                await server.stop()
                // By then the pause has grown to its longest.
                try await observer.wait(for: 6, code: "<error>")
                try server.apply(Sample.service("two"))
                try await server.start(port: server.port)
                let back = ContinuousClock.now
                try await events.expectChange("added two")
                #expect(ContinuousClock.now - back < .seconds(2))
            }
        }
        #expect(logs.all.filter { $0.hasPrefix("warning: watch services: ") }.count == 1, "\(logs.all)")
        #expect(logs.all.count { !$0.hasPrefix("debug: ") } == 2, "\(logs.all)")
        #expect(logs.all.filter { $0.hasPrefix("notice: services: followed again") }.count == 1, "\(logs.all)")
        #expect(observer.changes == [true, false, true])
    }

    @Test("A quiet watch after one that broke at once counts when it has been open for a while")
    func steadyWatch() async throws {
        let clock = LeapingClock()
        let observer = ObserverRecorder()
        try await withCluster(observer: observer, clock: clock.clock) { server, client in
            server.inject(Fault(.cutMidLine, operation: .watch, times: 1))
            try await following(Service.self, client) { events in
                try await events.expectState([])
                try await wait(within: .seconds(60), for: "three changes") { observer.changes.count >= 3 }
            }
            #expect(observer.changes == [true, false, true])
            #expect(clock.pauses.filter { $0 == .seconds(5) }.count == 1)
        }
    }

    @Test("A server that is away at first is listed when it appears")
    func lateStart() async throws {
        let server = try StandInAPIServer()
        let port = try await server.start()
        await server.stop()
        let observer = ObserverRecorder()
        let address = ServerAddress(isSecure: false, host: "127.0.0.1", port: UInt16(port))
        let client = try KubernetesClient(access: ClusterAccess(server: address), version: "0", observer: observer)
        try await shuttingDown(client, server) {
            try await following(Service.self, client) { events in
                try await observer.wait(for: 3, code: "<error>")
                try await server.start(port: port)
                try await events.expectState([])
            }
        }
    }
}
