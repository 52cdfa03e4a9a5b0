import Basics
import KubernetesClient
import Testing

@Suite("Against a real API server, or the stand-in where there is none", .serialized, .timeLimit(.minutes(5)))
struct RealAPIServerTests {
    private static let slices = "/apis/discovery.k8s.io/v1/namespaces/\(namespace)/endpointslices"
    private static let services = "/api/v1/namespaces/\(namespace)/services"
    private static let namespace = "needletail"

    private static func service(_ name: String, _ ip: String, port: Int = 80) -> String {
        """
        {"kind":"Service","apiVersion":"v1","metadata":{"name":"\(name)","namespace":"\(namespace)"},
         "spec":{"type":"ClusterIP","clusterIP":"\(ip)","clusterIPs":["\(ip)"],
          "ports":[{"name":"http","port":\(port),"protocol":"TCP"}]}}
        """
    }

    private static func slice(_ name: String, _ address: String) -> String {
        """
        {"kind":"EndpointSlice","apiVersion":"discovery.k8s.io/v1","addressType":"IPv4",
         "metadata":{"name":"\(name)","namespace":"\(namespace)","labels":{"kubernetes.io/service-name":"one"}},
         "ports":[{"name":"http","port":80,"protocol":"TCP"}],
         "endpoints":[{"addresses":["\(address)"],"zone":"z1","nodeName":"n1","conditions":{"ready":true},
           "targetRef":{"kind":"Pod","name":"p1","namespace":"\(namespace)"}}]}
        """
    }

    @Test("Lists, changes and deletions are told in every manner, and a list anew is the same state")
    func everyManner() async throws {
        let cluster = try await makeCluster()
        let result: Result<Void, any Error>
        do {
            for (number, name) in ["one", "two", "three"].enumerated() {
                try await cluster.create(Self.service(name, "10.0.1.\(number + 1)"), in: Self.services)
            }
            try await cluster.create(Self.slice("one-x", "10.1.0.1"), in: Self.slices)
            for manner in Manner.allCases {
                try await follow(manner, cluster)
                try await follow(manner, cluster)
            }
            result = .success(())
        } catch {
            result = .failure(error)
        }
        await cluster.stop()
        try result.get()
    }

    private func follow(_ manner: Manner, _ cluster: any ClusterUnderTest) async throws {
        let observer = ObserverRecorder()
        let client = try KubernetesClient(access: cluster.access, version: "0", observer: observer)
        var settings = manner.settings
        settings.pageSize = 2
        let selection = ResourceSelection(namespace: Self.namespace)
        try await shuttingDown(client) {
            try await following(EndpointSlice.self, client, selection: selection, settings: settings) { events in
                let slice = try #require(try await events.nextState().first)
                #expect(slice.serviceName == "one")
                #expect(slice.ports == [.init(name: "http", number: 80)])
                #expect(
                    slice.endpoints == [
                        .init(
                            addresses: [IPAddress(ipv4: 0x0A01_0001)], targetName: "p1", zone: "z1")
                    ])
            }
            try await following(Service.self, client, selection: selection, settings: settings) { events in
                #expect(Set(try await events.nextState().map(\.metadata.name)) == ["one", "two", "three"])
                try await cluster.create(Self.service("four", "10.0.1.4"), in: Self.services)
                #expect(try await events.nextChange() == "added four 80")
                try await cluster.replace(Self.service("four", "10.0.1.4", port: 81), in: Self.services, name: "four")
                #expect(try await events.nextChange() == "modified four 81")
                try await cluster.delete(Self.services, name: "four")
                #expect(try await events.nextChange() == "deleted four 81")
            }
        }
        // Nothing is refused but a streamed list, by an API server that has none. The last request may have been given up.
        let refusals = observer.reports.map(\.code).filter { !["200", "<error>"].contains($0) }
        #expect(refusals.allSatisfy { $0 == "422" && manner.streamsLists })
    }
}

extension Events<Service> {
    /// The next change, bookmarks passed over.
    fileprivate mutating func nextChange() async throws -> String {
        while true {
            switch try await next() {
            case .bookmark: continue
            case .added(let service): return "added \(text(service))"
            case .modified(let service): return "modified \(text(service))"
            case .deleted(let service): return "deleted \(text(service))"
            case let other: return "\(other)"
            }
        }
    }

    private func text(_ service: Service) -> String {
        "\(service.metadata.name) \(service.ports.map { String($0.number) }.joined(separator: " "))"
    }
}
