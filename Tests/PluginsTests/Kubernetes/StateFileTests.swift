import Basics
import Crypto
import Foundation
import Glibc
import HashTreeCollections
import KubernetesClient
import Synchronization
import Telemetry
import Testing

@testable import Plugins

@Suite("The state of a cluster on disk")
struct StateFileTests {
    private static let kinds: Set<ClusterModel.Resource> = [.services, .endpointSlices, .namespaces, .pods]

    private static func model() -> ClusterModel {
        var fixture = ClusterFixture.unit
        fixture.services.append(
            Service(
                metadata: ObjectMetadata(name: "lb", namespace: "testns"),
                clusterIPs: [IPAddress(ipv4: 0x0A00_0009)],
                externalIPs: [IPAddress(ipv4: 0xC000_0201)], loadBalancerHostnames: ["lb.example.test"]))
        var model = ClusterModel(expecting: kinds, form: .init(keepsZones: true, keepsPodDetails: true))
        model.replace(with: fixture.namespaces.map { Namespace(metadata: ObjectMetadata(name: $0)) })
        model.replace(with: fixture.services)
        model.replace(with: fixture.slices)
        model.replace(with: [
            Pod(
                metadata: ObjectMetadata(name: "foo", namespace: "podns"), podIP: IPAddress(ipv4: 0x0AF0_0001),
                labels: ["app": "foo"])
        ])
        _ = model.commit(serial: 7)
        return model
    }

    private static func empty() -> ClusterModel {
        ClusterModel(expecting: kinds, form: .init(keepsZones: true, keepsPodDetails: true))
    }

    /// Runs `body` with a path in a folder of its own.
    private static func withPath<Result>(_ body: (String) throws -> Result) throws -> Result {
        let folder = FileManager.default.temporaryDirectory.appending(path: "state-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        return try body(folder.appending(path: "state").path)
    }

    @Test("What was written is read again, and is ready to answer from")
    func roundTrip() throws {
        try Self.withPath { path in
            let file = StateFile(path: path, scope: "a cluster")
            try file.write(Self.model(), now: 1_700_000_000_000_000_000)
            var model = Self.empty()
            #expect(try file.read(into: &model) == 1_700_000_000_000_000_000)
            let committed = model.commit(serial: 8)
            let snapshot = try #require(committed)
            #expect(snapshot.isSynced && !model.isComplete)
            let former = Self.model().snapshot
            #expect(snapshot.lines == former.lines && !snapshot.lines.isEmpty)
            let address = IPAddress(ipv4: 0xC000_0201)
            #expect(snapshot.externalServices(at: address).count == 1)
            #expect(snapshot.clients?[IPAddress(ipv4: 0x0AF0_0001)]?.first?.labels == ["app": "foo"])
            let attributes = try FileManager.default.attributesOfItem(atPath: path)
            #expect(attributes[.posixPermissions] as? Int == 0o600)
            #expect(
                try FileManager.default.contentsOfDirectory(atPath: (path as NSString).deletingLastPathComponent) == [
                    "state"
                ])
        }
    }

    @Test("What was told a moment before the end is in the file too, and nothing is written after the end")
    func lastState() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "state-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = StateFile(path: folder.appending(path: "state").path, scope: "a cluster")
        let kinds: Set<ClusterModel.Resource> = [.services]
        for _ in 0..<20 {
            let saver = try StateSaver(file, MetricsRegistry(), logger: LogRecorder().logger)
            let state = ClusterState(ClusterModel(expecting: kinds), saver: saver)
            await state.take(ResourceEvent<Service>.listBegan)
            await state.take(ResourceEvent<Service>.listEnded(resourceVersion: "1"))
            let names = (0..<5).map { "s\($0)" }
            for name in names {
                await state.take(.added(Service(metadata: ObjectMetadata(name: name, namespace: "a"))))
            }
            await state.finish()
            var model = ClusterModel(expecting: kinds)
            _ = try file.read(into: &model)
            let committed = model.commit(serial: 1)
            let snapshot = try #require(committed)
            #expect(snapshot.services.entries.count == names.count)
            try FileManager.default.removeItem(atPath: file.path)
            await state.take(.added(Service(metadata: ObjectMetadata(name: "late", namespace: "a"))))
            await state.publish()
            saver.retire()
            #expect(!FileManager.default.fileExists(atPath: file.path))
        }
    }

    /// When a file was written, and what the clock says at one reading after the other.
    private static let hostileClocks: [(written: UInt64, readings: [UInt64])] = [
        (.max, [present]), (present, [0]), (present, [present + 1, present - 1, 0]), (0, [.max]),
        (.max, [.max, 0, .max - 1]),
        (0, [0]),
    ]
    private static let present: UInt64 = 1_700_000_000_000_000_000

    @Test(
        "Whatever time the clocks tell, a file is answered from: one from the future, one of 1970, a clock that runs backwards",
        arguments: hostileClocks)
    func clocks(written: UInt64, readings: [UInt64]) throws {
        try Self.withPath { path in
            let file = StateFile(path: path, scope: "a cluster")
            try file.write(Self.model(), now: written)
            let rest = Mutex(readings)
            let (metrics, log) = (MetricsRegistry(), LogRecorder())
            let saver = try StateSaver(file, metrics, logger: log.logger) {
                rest.withLock { $0.count > 1 ? $0.removeFirst() : $0[0] }
            }
            var model = Self.empty()
            #expect(saver.restore(&model))
            #expect(model.commit(serial: 1)?.isSynced == true)
            #expect(log.lines.contains { $0.contains("answering from snapshot") })
            let isFuture = written > readings[0]
            #expect(log.lines.contains { $0.contains("dated in the future") } == isFuture)
            let text = String(decoding: metrics.exposition(), as: UTF8.self)
            #expect(text.contains("needletail_kubernetes_snapshot_age_seconds"))
            #expect(!text.contains("snapshot_age_seconds{file=\"\(path)\"} -"))
            saver.retire()
        }
    }

    @Test("The first list takes out what is in the file and no longer there, and nothing before it is complete")
    func replacement() throws {
        try Self.withPath { path in
            let file = StateFile(path: path, scope: "a cluster")
            try file.write(Self.model(), now: 1)
            var model = Self.empty()
            _ = try file.read(into: &model)
            _ = model.commit(serial: 8)
            let count = model.snapshot.services.entries.count
            model.apply(ResourceEvent<Service>.listBegan)
            model.apply(.listed([Service(metadata: ObjectMetadata(name: "new", namespace: "testns"))]))
            _ = model.commit(serial: 9)
            #expect(model.snapshot.services.entries.count == count + 1)
            model.apply(ResourceEvent<Service>.listEnded(resourceVersion: "1"))
            _ = model.commit(serial: 10)
            #expect(model.snapshot.services.entries.filter { $0.facts != nil }.count == 1)
        }
    }

    @Test("A file of another cluster, of another form, cut short, or none at all is told apart")
    func unusable() throws {
        try Self.withPath { path in
            let file = StateFile(path: path, scope: "a cluster")
            var model = Self.empty()
            #expect(throws: StateFileError.absent) { try file.read(into: &model) }
            try file.write(Self.model(), now: 1)
            #expect(throws: StateFileError.otherScope("a cluster")) {
                try StateFile(path: path, scope: "another").read(into: &model)
            }
            let whole = try Data(contentsOf: URL(filePath: path))
            try whole.dropLast().write(to: URL(filePath: path))
            #expect(throws: StateFileError.damaged) { try file.read(into: &model) }
            try Data("something else".utf8).write(to: URL(filePath: path))
            #expect(throws: StateFileError.foreign) { try file.read(into: &model) }
            try Data().write(to: URL(filePath: path))
            #expect(throws: StateFileError.foreign) { try file.read(into: &model) }
            var other = whole
            other[other.startIndex + 17] = 9
            try other.write(to: URL(filePath: path))
            #expect(throws: StateFileError.version(9)) { try file.read(into: &model) }
            #expect(!model.hasChanges)
        }
    }

    @Test("A pipe, a device and a link are neither read nor replaced, and a pipe beside the file holds nobody up")
    func noFile() throws {
        try Self.withPath { path in
            let (file, model) = (StateFile(path: path, scope: "s"), Self.model())
            try #require(unsafe mkfifo(path + ".new", 0o600) == 0)
            let beside = #expect(throws: StateFileError.self) { try file.write(model, now: 1) }
            #expect("\(beside.map { "\($0)" } ?? "")".contains("state.new: it is no ordinary file"))
            try FileManager.default.removeItem(atPath: path + ".new")
            try #require(unsafe mkfifo(path, 0o600) == 0)
            var empty = Self.empty()
            #expect(throws: StateFileError.unreadable("is no ordinary file")) { try file.read(into: &empty) }
            #expect(throws: StateFileError.self) { try file.write(model, now: 1) }
            let full = #expect(throws: StateFileError.self) {
                try StateFile(path: "/dev/full", scope: "s").write(model, now: 1)
            }
            #expect("\(full.map { "\($0)" } ?? "")" == "cannot write /dev/full: it is no ordinary file")
        }
    }

    @Test("A folder that cannot be written to is an error that says so, and the former file stays")
    func unwritable() throws {
        let file = StateFile(path: "/nonexistent-folder/state", scope: "")
        let error = #expect(throws: StateFileError.self) { try file.write(Self.model(), now: 1) }
        #expect("\(error.map { "\($0)" } ?? "")".contains("cannot create /nonexistent-folder/state.new"))
    }

    @Test("Any octet can be wrong, also under a right checksum: an error or a state, never a crash", arguments: 0..<8)
    func hostile(seed: UInt64) throws {
        try Self.withPath { path in
            let file = StateFile(path: path, scope: "s")
            try file.write(Self.model(), now: 1)
            let whole = [UInt8](try Data(contentsOf: URL(filePath: path)).dropLast(32))
            var chance = Chance(state: seed)
            var refused = 0
            for _ in 0..<150 {
                var octets = whole
                for _ in 0..<Int.random(in: 1...3, using: &chance) {
                    let place = Int.random(in: 18..<octets.count, using: &chance)
                    octets[place] = [0, 1, 63, 64, 255, octets[place] ^ 1].randomElement(using: &chance) ?? 0
                }
                if Bool.random(using: &chance) {
                    octets.removeLast(Int.random(in: 0..<octets.count / 2, using: &chance))
                }
                try Data(octets + Array(SHA256.hash(data: octets))).write(to: URL(filePath: path))
                var model = Self.empty()
                do {
                    _ = try file.read(into: &model)
                    _ = model.commit(serial: 1)?.lines
                } catch is StateFileError {
                    refused += 1
                }
            }
            #expect(refused > 0)
        }
    }
}
