import Foundation
import Testing

@testable import DNSServer

/// A folder that stands for `/`, with the files of one situation.
private final class Root {
    let path = NSTemporaryDirectory() + "needletail-root-\(UInt64.random(in: 0...UInt64.max))"

    init(_ files: [String: String]) throws {
        for (name, text) in files {
            let file = URL(fileURLWithPath: path + name)
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: file)
        }
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }
}

private let machine = ["/proc/meminfo": "MemTotal:        1048576 kB\nMemFree:  1 kB\n"]
private let mebibyte = 1 << 20

private struct Situation: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let files: [String: String]
    let octets: Int
    let source: MemoryLimit.Source
}

private let situations = [
    Situation(
        testDescription: "version 2, in a container that sees its own group as the uppermost",
        files: ["/proc/self/cgroup": "0::/\n", "/sys/fs/cgroup/memory.max": "178257920\n"],
        octets: 170 * mebibyte, source: .cgroup),
    Situation(
        testDescription: "version 2, the path as the machine sees it",
        files: [
            "/proc/self/cgroup": "0::/kubepods/burstable/pod1/c1\n", "/sys/fs/cgroup/memory.max": "178257920\n",
        ], octets: 170 * mebibyte, source: .cgroup),
    Situation(
        testDescription: "version 2, the group above has the lower limit",
        files: [
            "/proc/self/cgroup": "0::/system.slice/dns.service\n",
            "/sys/fs/cgroup/system.slice/memory.max": "67108864\n",
            "/sys/fs/cgroup/system.slice/dns.service/memory.max": "178257920\n",
        ], octets: 64 * mebibyte, source: .cgroup),
    Situation(
        testDescription: "version 2, no limit",
        files: ["/proc/self/cgroup": "0::/a\n", "/sys/fs/cgroup/a/memory.max": "max\n"],
        octets: 1_024 * mebibyte, source: .machine),
    Situation(
        testDescription: "version 2, a path that leads out of what can be seen",
        files: ["/proc/self/cgroup": "0::/../../x\n", "/sys/fs/cgroup/memory.max": "178257920\n"],
        octets: 170 * mebibyte, source: .cgroup),
    Situation(
        testDescription: "version 1",
        files: [
            "/proc/self/cgroup": "12:cpu,cpuacct:/docker/c\n8:memory:/docker/c\n",
            "/sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
            "/sys/fs/cgroup/memory/docker/c/memory.limit_in_bytes": "178257920\n",
        ], octets: 170 * mebibyte, source: .cgroup),
    Situation(
        testDescription: "version 1, no limit but a number that no machine has",
        files: [
            "/proc/self/cgroup": "8:memory:/\n", "/sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
        ], octets: 1_024 * mebibyte, source: .machine),
    Situation(
        testDescription: "both versions, the limit stands in version 1",
        files: [
            "/proc/self/cgroup": "8:memory:/a\n0::/a\n", "/sys/fs/cgroup/memory/a/memory.limit_in_bytes": "178257920\n",
        ], octets: 170 * mebibyte, source: .cgroup),
    Situation(
        testDescription: "a limit above what the machine has",
        files: ["/proc/self/cgroup": "0::/\n", "/sys/fs/cgroup/memory.max": "99999999999999\n"],
        octets: 1_024 * mebibyte, source: .machine),
    Situation(
        testDescription: "files with other things in them",
        files: ["/proc/self/cgroup": "0\n:::::\n0::\n\u{0}", "/sys/fs/cgroup/memory.max": "-5\n"],
        octets: 1_024 * mebibyte, source: .machine),
]

@Suite("The memory that the process may have")
struct MemoryLimitTests {
    @Test(
        "It is the lowest limit of the control group and those above, else what the machine has", arguments: situations)
    private func read(situation: Situation) throws {
        let root = try Root(situation.files.merging(machine) { first, _ in first })
        #expect(MemoryLimit(root: root.path) == MemoryLimit(octets: situation.octets, source: situation.source))
    }

    @Test("Where nothing can be read one GiB is assumed")
    func nothing() throws {
        let root = try Root(["/proc/meminfo": "MemTotal: many kB\n"])
        #expect(MemoryLimit(root: root.path) == .assumed)
        #expect(MemoryLimit(root: "/nowhere/at/all") == .assumed)
    }

    @Test("The machine that this runs on has a limit")
    func here() {
        #expect(MemoryLimit().source != .assumed)
    }
}

@Suite("The limits that follow from the memory")
struct ResourceLimitsTests {
    private func limits(_ octets: Int, openFiles: Int = .max) -> ResourceLimits {
        ResourceLimits(memory: MemoryLimit(octets: octets, source: .cgroup), openFiles: openFiles)
    }

    @Test("They are those of the table in docs/LIMITS.md", arguments: [170, 1_024, 24_576])
    func table(mebibytes: Int) throws {
        let limits = limits(mebibytes << 20)
        let row = [
            "\(mebibytes) MiB", "\(limits.waitingQueries)", "\(limits.connections)", "\(limits.bufferOctets >> 20) MiB",
            "\(limits.cacheOctets >> 20) MiB",
        ]
        let root = URL(fileURLWithPath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let page = try String(contentsOf: root.appendingPathComponent("docs/LIMITS.md"), encoding: .utf8)
        #expect(page.contains("| " + row.joined(separator: " | ") + " |"), "\(row)")
    }

    @Test("All shares together leave a third of the memory at least", arguments: [64, 170, 300, 1_024, 65_536])
    func sum(mebibytes: Int) {
        let limits = limits(mebibytes << 20)
        let sum =
            limits.waitingQueries * ResourceLimits.octetsPerQuery
            + limits.connections * 2 * ResourceLimits.octetsPerConnection + limits.bufferOctets + limits.cacheOctets
            + limits.receiveOctets
        #expect(sum < limits.memory.octets * 2 / 3)
    }

    @Test("Workers share the places of waiting queries; a worker has 64 at least")
    func workers() {
        let limits = limits(170 << 20)
        #expect(limits.waitingOctets(workers: 2) == limits.waitingQueries / 2 * ResourceLimits.octetsPerQuery)
        #expect(limits.waitingOctets(workers: 1_000) == 64 * ResourceLimits.octetsPerQuery)
    }

    @Test(
        "Files are shared out when what the server itself needs is taken off",
        arguments: [96, 128, 256, 1_024, 65_536])
    func files(openFiles: Int) {
        let limits = ResourceLimits(memory: MemoryLimit(octets: 1 << 30), openFiles: openFiles, workers: 2)
        // Forty are its own, and so are eight of each worker.
        let sum = 56 + limits.connections + 3 * limits.httpConnections + (limits.upstreamSockets - 16)
        #expect(sum <= openFiles)
        #expect(limits.connections >= 8 && limits.httpConnections >= 8 && limits.upstreamSockets >= 16)
    }

    @Test("With few files half of the rest is for connections")
    func connections() {
        #expect(limits(1 << 30, openFiles: 1_024).connections == (1_024 - 64 - 16) / 2)
    }

    @Test("Very little and very much memory give limits that can be lived with", arguments: [0, 1, 1 << 20, Int.max])
    func extremes(octets: Int) {
        let limits = limits(octets)
        #expect((512...8_192).contains(limits.waitingQueries) && (64...8_192).contains(limits.connections))
        #expect(limits.bufferOctets >= 1 << 20 && limits.cacheOctets >= 4 << 20)
        #expect((64 << 10...256 << 10).contains(limits.receiveBuffer(workers: 64)))
    }
}
