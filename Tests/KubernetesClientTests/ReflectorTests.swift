import Basics
import Dispatch
import KubernetesClient
import StandInAPIServer
import TestSupport
import Testing

@Suite("A reflector follows the objects of one kind", .timeLimit(.minutes(1)))
struct ReflectorTests {
    @Test("An empty collection is a state too", arguments: Manner.allCases)
    func empty(_ manner: Manner) async throws {
        try await withCluster { _, client in
            try await following(Service.self, client, settings: manner.settings) { events in
                try await events.expectState([])
            }
        }
    }

    @Test("The list comes first, then each change as it happens", arguments: Manner.allCases)
    func changes(_ manner: Manner) async throws {
        try await withCluster { server, client in
            try server.apply(Sample.service("one"))
            try await following(Service.self, client, settings: manner.settings) { events in
                try await events.expectState(["one"])
                try server.apply(Sample.service("two", ip: "10.0.0.2"))
                try await events.expectChange("added two")
                try server.apply(Sample.service("two", ip: "10.0.0.3"))
                guard case .modified(let service) = try await events.next() else { return #expect(Bool(false)) }
                #expect(service.clusterIPs == [IPAddress("10.0.0.3")])
                server.delete("/api/v1/services", namespace: "default", name: "one")
                try await events.expectChange("deleted one")
            }
        }
    }

    @Test("A list of several pages is told as one state, and the watch begins where the first page was")
    func pages() async throws {
        try await withCluster { server, client in
            let names = (0..<25).map { "s\($0 + 10)" }
            for name in names { try server.apply(Sample.service(name)) }
            let version = server.version
            var settings = ReflectorSettings.quick
            settings.pageSize = 10
            try await following(Service.self, client, settings: settings) { events in
                try await events.expectState(names)
                #expect(events.stateVersion == String(version))
                try await server.waitForRequests(1) { $0.isWatch }
            }
            #expect(server.requests.filter { !$0.isWatch }.map { $0.query["limit"] } == ["10", "10", "10"])
            #expect(server.requests.last?.query["resourceVersion"] == String(version))
        }
    }

    @Test("An expired token of a list begins the list anew, without its first pages")
    func expiredPage() async throws {
        try await withCluster { server, client in
            for name in ["a", "b", "c"] { try server.apply(Sample.service(name)) }
            server.inject(Fault(.delay(.zero), operation: .list, times: 1))
            server.inject(Fault(.refuse(status: 410, reason: "Expired"), operation: .list, times: 1))
            var settings = ReflectorSettings.quick
            settings.pageSize = 2
            try await following(Service.self, client, settings: settings) { events in
                try await events.expectState(["a", "b", "c"])
            }
            let tokens = server.requests.filter { !$0.isWatch }.map { $0.query["continue"] != nil }
            #expect(tokens == [false, true, false, true])
        }
    }

    @Test("A bookmark moves the place where the next watch begins", arguments: Manner.allCases)
    func bookmark(_ manner: Manner) async throws {
        try await withCluster { server, client in
            try await following(Namespace.self, client, settings: manner.settings) { events in
                try await events.expectState([])
                try await server.waitForRequests(1) { $0.isWatch }
                try server.apply(Sample.service("elsewhere"))
                let version = String(server.version)
                try await waitForWatch(server)
                server.sendBookmarks()
                try await events.expect(.bookmark(resourceVersion: version))
                server.cutWatches()
                try await server.waitForRequests(1) { $0.query["resourceVersion"] == version }
            }
        }
    }

    @Test("Selectors and the namespace narrow both the list and the watch", arguments: Manner.allCases)
    func selectors(_ manner: Manner) async throws {
        try await withCluster { server, client in
            try server.apply(Sample.service("in", namespace: "x", label: "a"))
            try server.apply(Sample.service("labelled otherwise", namespace: "x", label: "b"))
            try server.apply(Sample.service("elsewhere", namespace: "y", label: "a"))
            let selection = ResourceSelection(namespace: "x", labels: "app=a")
            try await following(Service.self, client, selection: selection, settings: manner.settings) { events in
                try await events.expectState(["in"])
                try server.apply(Sample.service("not", namespace: "y", label: "a"))
                try server.apply(Sample.service("labelled otherwise", namespace: "x", label: "a"))
                try await events.expectChange("added labelled otherwise")
                try server.apply(Sample.service("in", namespace: "x", label: "c"))
                try await events.expectChange("deleted in")
            }
        }
    }

    @Test("A pod that ends leaves a selection of running pods", arguments: Manner.allCases)
    func fieldSelector(_ manner: Manner) async throws {
        try await withCluster { server, client in
            try server.apply(Sample.pod("done", phase: "Succeeded"))
            try server.apply(Sample.pod("runs", phase: "Running"))
            let selection = ResourceSelection(fields: "status.phase!=Succeeded,status.phase!=Failed")
            try await following(Pod.self, client, selection: selection, settings: manner.settings) { events in
                try await events.expectState(["runs"])
                try server.apply(Sample.pod("runs", phase: "Failed"))
                try await events.expectChange("deleted runs")
            }
        }
    }

    @Test(
        "A watch that ends in good order is opened again where it was, without a word in the log",
        arguments: Manner.allCases)
    func normalEnd(_ manner: Manner) async throws {
        try await withCluster { server, client in
            let logs = LogRecorder()
            var settings = manner.settings
            settings.watchDuration = { .seconds(1) }
            try await following(Service.self, client, settings: settings, logs: logs) { events in
                try await events.expectState([])
                try await server.waitForRequests(2) { $0.isWatch }
                try server.apply(Sample.service("late"))
                try await events.expectChange("added late")
            }
            #expect(server.requests.count(where: manner.isList) == 1)
            #expect(logs.all == [])
        }
    }

    @Test("A slow consumer is waited for: events come one after the other and none is lost")
    func backpressure() async throws {
        try await withCluster { server, client in
            let gate = DispatchSemaphore(value: 0)
            let seen = AsyncStream.makeStream(of: String.self)
            let reflector = Reflector<Service>(client: client, settings: .quick, logger: LogRecorder().logger) {
                event in
                if case .added(let service) = event {
                    seen.continuation.yield(service.metadata.name)
                    gate.wait()
                }
            }
            let task = Task { await reflector.run() }
            try await server.waitForRequests(1) { $0.isWatch }
            for number in 0..<100 { try server.apply(Sample.service("s\(number)")) }
            var names: [String] = []
            for await name in seen.stream {
                names.append(name)
                gate.signal()
                if names.count == 100 { break }
            }
            task.cancel()
            await expectEnd(of: "the reflector") { await task.value }
            #expect(names == (0..<100).map { "s\($0)" })
        }
    }

    @Test(
        "Malformed addresses are dropped and counted, and the object is served without them", arguments: Manner.allCases
    )
    func malformedAddresses(_ manner: Manner) async throws {
        let observer = ObserverRecorder()
        try await withCluster(observer: observer) { server, client in
            try server.apply(Sample.service("odd", ip: "10.0.0.999"))
            try await following(Service.self, client, settings: manner.settings) { events in
                let objects = try await events.nextState()
                #expect(objects.first?.clusterIPs == [])
            }
            #expect(observer.dropped == 1)
        }
    }
}

/// Waits until the stand-in has registered a watch; the request alone is recorded a moment before.
func waitForWatch(_ server: StandInAPIServer, count: Int = 1) async throws {
    try await wait(within: .seconds(60), for: "\(count) watches") { server.watcherCount >= count }
}
