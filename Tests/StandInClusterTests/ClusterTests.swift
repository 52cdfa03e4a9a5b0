import Foundation
import StandInAPIServer
import Testing

@testable import stand_in_cluster

@Suite("The made-up cluster")
struct ClusterTests {
    private static let shape = ClusterShape(services: 200, endpointsPerService: 4, namespaces: 10, headlessShare: 10)

    private func cluster(seed: UInt64 = 1) async throws -> (cluster: Cluster, server: StandInAPIServer) {
        let server = try StandInAPIServer()
        let cluster = Cluster(Self.shape, server: server, seed: seed)
        try await cluster.create()
        return (cluster, server)
    }

    /// What can be asked after random changes.
    private func questions(seed: UInt64) async throws -> String {
        let file = FileManager.default.temporaryDirectory.appending(path: "questions-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: file) }
        let cluster = try await cluster().cluster
        _ = try await cluster.perform(.anything(seed: seed), .changes(2000), rate: 0)
        _ = try await cluster.writeQuestions(to: file.path)
        return try String(contentsOf: file, encoding: .utf8)
    }

    @Test("The same seed makes the same changes, another one others")
    func seeds() async throws {
        let first = try await questions(seed: 5)
        #expect(try await questions(seed: 5) == first)
        #expect(try await questions(seed: 6) != first)
    }

    @Test("A tenth of the services is headless, every hundredth among them")
    func headless() {
        #expect((0..<200).count(where: Self.shape.isHeadless) == 20)
        #expect(Self.shape.isHeadless(0) && Self.shape.isHeadless(100))
    }

    @Test("Changes in the background leave services alone that are kept for changes on demand")
    func reserved() async throws {
        let cluster = try await cluster().cluster
        let before = await cluster.services.map { $0.slices.flatMap(\.endpoints).map(\.address) }
        let done = try await cluster.perform(.churn, .changes(3000), rate: 0)
        let after = await cluster.services.map { $0.slices.flatMap(\.endpoints).map(\.address) }
        #expect(done.changes >= 3000)
        #expect(after[0] == before[0] && after[100] == before[100])
        #expect(zip(before, after).contains { $0 != $1 })
    }

    @Test("A change on demand gives an address that was not there before, and is told")
    func onDemand() async throws {
        let (cluster, server) = try await cluster()
        let version = server.version
        let first = try #require(try await cluster.change(100))
        let second = try #require(try await cluster.change(100))
        #expect(first.address != second.address)
        #expect(first.time < second.time)
        #expect(server.version == version + 2)
        #expect(try await cluster.change(200) == nil)
    }

    @Test("Each change that is counted is one version of the API server")
    func counted() async throws {
        let (cluster, server) = try await cluster()
        let version = server.version
        let done = try await cluster.perform(.churn, .changes(500), rate: 0)
        #expect(server.version == version + UInt64(done.changes))
    }

    @Test("Only one activity goes on in the background at a time")
    func claim() async throws {
        let cluster = try await cluster().cluster
        #expect(await cluster.claim())
        #expect(await !cluster.claim())
        await cluster.release()
        #expect(await cluster.claim())
    }
}
