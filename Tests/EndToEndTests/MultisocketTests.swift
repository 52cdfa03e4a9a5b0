import DNSWire
import Foundation
import TestSupport
import Testing

extension EndToEnd {
    /// How many workers receive queries, seen as sockets of the kernel.
    @Suite("Multisocket")
    struct MultisocketTests {
        private static let hosts = "hosts {\n    192.0.2.1 one.example.org\n}"

        /// The kernel's list of UDP sockets, which it gives a page at a time and has no size of its own.
        private static func list() throws -> String {
            let file = try #require(FileHandle(forReadingAtPath: "/proc/net/udp"))
            var data = Data()
            while let part = try file.read(upToCount: 65_536), !part.isEmpty { data += part }
            return String(decoding: data, as: UTF8.self)
        }

        /// How many UDP sockets are bound to a port.
        private static func sockets(at port: Int) throws -> Int {
            let suffix = ":" + String(port, radix: 16, uppercase: true)
            return try list().split(separator: "\n").count { line in
                let columns = line.split(separator: " ")
                return columns.count > 1 && columns[1].hasSuffix(suffix)
            }
        }

        @Test("one worker has the only socket, a reload changes the number, and no query is lost")
        func number() async throws {
            try await RunningServer.run(Self.hosts) { server in
                let all = try Self.sockets(at: server.port)
                #expect(all >= 1)
                let load = QueryLoad(asking: Question(try Name(parsing: "one.example.org"), .A), port: server.port)
                for (directive, expected) in [("multisocket 1\n", 1), ("", all), ("multisocket 1\n", 1)] {
                    try await load.waitForAnswers(200)
                    try server.process.write(
                        RunningServer.corefile(port: server.port, directive + Self.hosts), to: "Corefile")
                    server.process.signal(SIGUSR1)
                    try await wait(for: "\(expected) sockets", log: { server.process.log }) {
                        try Self.sockets(at: server.port) == expected
                    }
                    #expect(try await server.answers("one.example.org", overTCP: true) == ["192.0.2.1"])
                }
                try await load.waitForAnswers(200)
                let tally = try await load.stop()
                #expect(tally.lost == 0 && tally.wrong == 0 && tally.refused == 0, "\(tally)")
            }
        }
    }
}
