import NIOCore
import StandInAPIServer
import TestSupport
import Testing

@testable import KubernetesClient

@Suite("One object that is too large takes nothing else with it", .timeLimit(.minutes(2)))
struct LeftOutObjectTests {
    /// A service that says much that nobody reads.
    private static func annotated(_ name: String, octets: Int) -> String {
        """
        {"kind":"Service","apiVersion":"v1","metadata":{"name":"\(name)","namespace":"default",
        "annotations":{"a":"\(String(repeating: "x", count: octets))"}},"spec":{"clusterIP":"10.0.0.1"}}
        """
    }

    /// A service of which much would have to be kept.
    private static func fat(_ name: String, octets: Int = 100_000) -> String {
        """
        {"kind":"Service","apiVersion":"v1","metadata":{"name":"\(name)","namespace":"default"},
        "spec":{"type":"ExternalName","externalName":"\(String(repeating: "x", count: octets))"}}
        """
    }

    @Test(
        "Pages that are too large are asked for in halves until they are not",
        arguments: [Manner.jsonPages, .protobufPages])
    func halves(_ manner: Manner) async throws {
        try await withCluster { server, client in
            let names = (10..<50).map { "s\($0)" }
            for name in names { try server.apply(Self.annotated(name, octets: 10_000)) }
            let logs = LogRecorder()
            var settings = manner.settings
            (settings.pageSize, settings.pageLimit) = (30, 50_000)
            try await following(Service.self, client, settings: settings, logs: logs) { events in
                let state = try await events.nextState()
                #expect(Set(state.map(\.metadata.name)) == Set(names))
                try await waitForWatch(server)
                try server.apply(Sample.service("new"))
                try await events.expectChange("added new")
            }
            let limits = server.requests.filter { !$0.isWatch }.compactMap { $0.query["limit"] }
            #expect(limits.prefix(4) == ["30", "15", "7", "3"] && Set(limits.dropFirst(3)) == ["3"])
            #expect(!logs.all.contains { $0.hasPrefix("warning") })
        }
    }

    @Test("A page of one object that is too large is a failure, as there is nothing left to halve")
    func smallestPage() async throws {
        try await withCluster { server, client in
            try server.apply(Self.annotated("s", octets: 10_000))
            let logs = LogRecorder()
            var settings = ReflectorSettings.quick
            (settings.pageSize, settings.pageLimit) = (2, 5_000)
            try await following(Service.self, client, settings: settings, logs: logs) { _ in
                try await server.waitForRequests(4)
            }
            #expect(logs.all.contains("warning: list services: reply larger than 5000 bytes; retrying"))
        }
    }

    @Test("A fat object in a list or a stream is left out, counted and told of once", arguments: Manner.allCases)
    func list(_ manner: Manner) async throws {
        let observer = ObserverRecorder()
        try await withCluster(observer: observer) { server, client in
            for name in ["a", "c"] { try server.apply(Sample.service(name)) }
            for name in ["b", "d"] { try server.apply(Self.fat(name)) }
            let logs = LogRecorder()
            var settings = manner.settings
            settings.objectLimit = 50_000
            try await following(Service.self, client, settings: settings, logs: logs) { events in
                try await events.expectState(["a", "c"])
            }
            #expect(observer.leftOut == [.tooLarge: 2])
            let which = manner.usesProtobuf ? "" : " (default/b)"
            #expect(
                logs.all.filter { $0.contains("left out") } == [
                    "warning: services: an object is left out\(which): more of it than 50000 bytes would have to be kept"
                ])
        }
    }

    @Test("A fat object in an event of a watch is left out, and the watch goes on", arguments: Manner.allCases)
    func watch(_ manner: Manner) async throws {
        let observer = ObserverRecorder()
        try await withCluster(observer: observer) { server, client in
            try server.apply(Sample.service("a"))
            var settings = manner.settings
            settings.objectLimit = 50_000
            try await following(Service.self, client, settings: settings) { events in
                try await events.expectState(["a"])
                try await waitForWatch(server)
                for round in 0..<20 {
                    try server.apply(Self.fat("fat"))
                    try server.apply(Self.annotated("thin\(round)", octets: manner.usesProtobuf ? 100 : 100_000))
                    try await events.expectChange("added thin\(round)")
                }
            }
            #expect(observer.leftOut == [.tooLarge: 20])
            #expect(server.requests.count { $0.isWatch } == 1)
        }
    }

    @Test("An object of a custom kind that is none is left out; one of the API's own kinds fails the list")
    func unreadable() throws {
        let (context, limits) = (DecodingContext(), DecodingLimits(reply: 1 << 20, object: 1 << 16))
        let list = ByteBuffer(
            string: #"{"metadata":{"resourceVersion":"1"},"items":[{"metadata":{"name":"a"}},{"metadata":{"name":7}}]}"#
        )
        var imports = ServiceImport.encodings.json.makeListReader(limits: limits, context: context)
        var objects: [ServiceImport] = []
        try imports.read(list, into: &objects)
        #expect(objects.map(\.metadata.name) == ["a"])
        #expect(imports.takeLeftOut().map(\.reason) == [.unreadable])
        var services = Service.encodings.json.makeListReader(limits: limits, context: context)
        var none: [Service] = []
        #expect(throws: APIFailure.self) { try services.read(list, into: &none) }
    }
}
