import DNSWire
import Foundation
import ScriptedUpstream
import TestSupport
import Testing

extension EndToEnd {
    /// Few files, threads and memory.
    @Suite("Few resources")
    struct FewResourcesTests {
        /// What a server says that does not start, begun by another program that sets a limit.
        private static func refusal(
            by command: [String]
        ) async throws -> (exit: ServerProcessUnderTest.Exit, log: String) {
            let corefile = RunningServer.corefile(port: try FreePort.take(), RunningServer.hosts)
            return try await ServerProcessUnderTest.run(
                .init(corefile: corefile, prefix: command)
            ) { process in
                (try await process.waitForExit(), process.log)
            }
        }

        /// A shell that sets a limit before it becomes the server.
        private static func shell(_ limit: String) -> [String] { ["/bin/sh", "-c", "\(limit) && exec \"$@\"", "sh"] }

        @Test("with 40 files it does not start, and says how many it needs and has")
        func tooFewFiles() async throws {
            let (exit, log) = try await Self.refusal(by: Self.shell("ulimit -n 40"))
            #expect(exit == .status(1))
            let needed = 64 + 16 * ProcessInfo.processInfo.activeProcessorCount
            #expect(log.contains("too few open files are allowed:"), "\(log)")
            #expect(log.contains(" need \(needed), and the limit (ulimit -n) is 40"), "\(log)")
        }

        @Test("with 300 MiB of address space it does not start, and says so")
        func tooLittleMemory() async throws {
            let (exit, log) = try await Self.refusal(by: Self.shell("ulimit -v 307200"))
            #expect(exit == .status(1))
            #expect(log.contains(" are allowed: ") || log.contains(" is allowed: "), "\(log)")
        }

        @Test(
            "with three threads it does not start, and says how many it needs",
            .enabled(if: geteuid() == 0 && Command.path(of: "setpriv") != nil))
        func tooFewThreads() async throws {
            let (limiter, user) = (Command.path(of: "prlimit") ?? "", Command.path(of: "setpriv") ?? "")
            // The limit is not for root; it counts the threads of a user, and this one has no others.
            let (exit, log) = try await Self.refusal(
                by: [limiter, "--nproc=3", user, "--reuid", "64321", "--clear-groups"])
            // Where the tests lie in somebody's own folder another user has no access.
            guard !log.contains("ermission denied") else { return }
            #expect(exit == .status(1))
            #expect(log.contains("too few threads are allowed: "), "\(log)")
        }

        @Test("with the fewest files, crowds at all ports and new names all the time, no forwarded query fails")
        func fewFiles() async throws {
            let names = (0..<300).map { "n\($0).test" }
            let zone = names.map { "\($0). 60 IN A 203.0.113.7\n" }.joined()
            let upstream = ScriptedUpstream(
                zone: try UpstreamZone(text: "test. 9 IN SOA ns.test. root.test. 1 2 3 4 5\n" + zone))
            let upstreamPort = try await upstream.start()
            let health = try FreePort.take()
            let needed = 64 + 16 * ProcessInfo.processInfo.activeProcessorCount
            try await RunningServer.run(
                "health 127.0.0.1:\(health)\nforward . 127.0.0.1:\(upstreamPort)",
                prefix: Self.shell("ulimit -n \(needed)")
            ) { server in
                let crowd = try await onThread {
                    try (0..<60).flatMap { _ in
                        [
                            try LoopbackSocket(.stream, connectedTo: server.port),
                            try LoopbackSocket(.stream, connectedTo: health),
                        ]
                    }
                }
                for (number, name) in names.enumerated() {
                    let answers = try await server.answers(name, overTCP: number.isMultiple(of: 3))
                    #expect(answers == ["203.0.113.7"], "\(server.process.log)")
                }
                #expect(try await Web.get("/health", port: health)?.status == 200)
                withExtendedLifetime(crowd) {}
            }
            await upstream.stop()
        }

        @Test("when connections cannot be accepted for want of files, the processor is left alone")
        func filesRunOut() async throws {
            let health = try FreePort.take()
            try await RunningServer.run("health 127.0.0.1:\(health)\n" + RunningServer.hosts) { server in
                #expect(try await Web.get("/health", port: health)?.status == 200)
                let (limit, prlimit) = (["prlimit", "--pid", "\(server.process.id)"], "--nofile=")
                let former = try await Command.run(limit + ["--nofile", "--noheadings", "--output", "SOFT"])
                try await Command.run(limit + [prlimit + "4:"])
                let crowd = try await onThread {
                    try (0..<10).flatMap { _ in
                        [
                            try LoopbackSocket(.stream, connectedTo: server.port),
                            try LoopbackSocket(.stream, connectedTo: health),
                        ]
                    }
                }
                #expect(server.process.exitSoFar == nil, "\(server.process.log)")
                let before = try Self.processorTicks(server.process.id)
                try await Task.sleep(for: .seconds(1))
                #expect(server.process.exitSoFar == nil, "\(server.process.log)")
                // Of a hundred a second, for each of two threads that would spin.
                #expect(try Self.processorTicks(server.process.id) - before < 40)
                #expect(try await server.answers("one.example.org") == ["192.0.2.1"])
                try await Command.run(limit + [prlimit + former.trimmingCharacters(in: .whitespacesAndNewlines) + ":"])
                #expect(try await server.answers("one.example.org", overTCP: true) == ["192.0.2.1"])
                #expect(try await Web.get("/health", port: health)?.status == 200)
                withExtendedLifetime(crowd) {}
            }
        }

        /// User and system time of a process so far, in hundredths of a second.
        private static func processorTicks(_ id: Int32) throws -> Int {
            let stat = try String(contentsOfFile: "/proc/\(id)/stat", encoding: .utf8)
            let fields = stat[(stat.lastIndex(of: ")") ?? stat.startIndex)...].split(separator: " ")
            return (Int(fields[12]) ?? 0) + (Int(fields[13]) ?? 0)
        }
    }
}
