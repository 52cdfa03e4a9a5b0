import Basics
import KubernetesClient
import StandInAPIServer
import Testing

@Suite("Which encoding is spoken", .timeLimit(.minutes(1)))
struct NegotiationTests {
    private static let both = "application/vnd.kubernetes.protobuf,application/json"

    @Test("An API server without protobuf answers in JSON, and its answers are understood")
    func noProtobuf() async throws {
        try await withCluster { server, client in
            server.supportsProtobuf = false
            try server.apply(Sample.service("one"))
            try await following(Service.self, client) { events in
                try await events.expectState(["one"])
                try await waitForWatch(server)
                try server.apply(Sample.service("two"))
                try await events.expectChange("added two")
            }
            #expect(server.requests.allSatisfy { $0.headers["accept"] == Self.both })
        }
    }

    @Test("An encoding that is refused is not asked for again, for that kind", arguments: [406, 415])
    func refused(_ status: Int) async throws {
        try await withCluster { server, client in
            server.inject(
                Fault(.refuse(status: status, reason: "NotAcceptable"), resource: "services", times: 1))
            let logs = LogRecorder()
            try await following(Service.self, client, logs: logs) { events in
                try await events.expectState([])
                try await waitForWatch(server)
            }
            try await following(Namespace.self, client) { events in try await events.expectState([]) }
            let accepted = server.requests.filter { $0.resource == "services" }.map { $0.headers["accept"] }
            #expect(accepted == [Self.both, "application/json", "application/json"])
            #expect(server.requests.last { !$0.isWatch }?.headers["accept"] == Self.both)
            #expect(logs.all.allSatisfy { $0.hasPrefix("debug: ") })
        }
    }
}

@Suite("A kind that not every cluster has", .timeLimit(.minutes(1)))
struct OptionalKindTests {
    private static let path = "/apis/multicluster.x-k8s.io/v1alpha1/serviceimports"

    private static let shop = """
        {"kind":"ServiceImport","metadata":{"name":"shop","namespace":"prod"},
         "spec":{"type":"ClusterSetIP","ips":["10.9.0.1","x"],"ports":[{"name":"http","port":80,"protocol":"TCP"}]}}
        """

    @Test("While it is absent there are no objects of it; it is followed when it comes, and empty when it goes")
    func absent() async throws {
        let observer = ObserverRecorder()
        try await withCluster(observer: observer) { server, client in
            let logs = LogRecorder()
            var settings = Manner.protobufStream.settings
            settings.retry.absentDelay = { .milliseconds(5) }
            try await following(ServiceImport.self, client, settings: settings, logs: logs) { events in
                try await events.expectState([])
                try await server.waitForRequests(3)
                server.define("ServiceImport", apiVersion: "multicluster.x-k8s.io/v1alpha1", path: Self.path)
                try server.apply(Self.shop)
                let objects = try await events.nextNonemptyState()
                #expect(
                    objects == [
                        ServiceImport(
                            metadata: .init(
                                name: "shop", namespace: "prod",
                                resourceVersion: objects.first?.metadata.resourceVersion ?? ""),
                            addresses: [IPAddress(ipv4: 0x0A09_0001)], ports: [.init(name: "http", number: 80)],
                            malformedAddressCount: 1)
                    ])
                try await waitForWatch(server)
                server.undefine(path: Self.path)
                try await events.expectState([])
            }
            #expect(server.requests.allSatisfy { $0.headers["accept"] == "application/json" })
            #expect(
                logs.all.count { $0.hasPrefix("warning") } == 1, "one line about the malformed address: \(logs.all)")
            #expect(observer.changes == [true])
        }
    }

    @Test("An outage ends when the API server says again that it does not know the kind")
    func outage() async throws {
        let observer = ObserverRecorder()
        try await withCluster(observer: observer) { server, client in
            var settings = Manner.protobufStream.settings
            settings.retry.absentDelay = { .milliseconds(5) }
            try await following(ServiceImport.self, client, settings: settings) { events in
                try await events.expectState([])
                await server.stop()
                try await observer.wait(for: 2, code: "<error>")
                try await server.start(port: server.port)
                try await server.waitForRequests(server.requests.count + 2)
            }
            #expect(observer.changes == [true, false, true])
        }
    }
}

extension Events {
    /// The next complete state that has an object.
    mutating func nextNonemptyState() async throws -> [Resource] {
        while true {
            let objects = try await nextState()
            if !objects.isEmpty { return objects }
        }
    }
}
