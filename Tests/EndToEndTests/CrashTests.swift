import Foundation
import TestSupport
import Testing

extension EndToEnd {
    /// The end of a process by a fault of its own.
    @Suite("Crash")
    struct CrashTests {
        private static let faults = [
            (SIGILL, "SIGILL"), (SIGTRAP, "SIGTRAP"), (SIGSEGV, "SIGSEGV"), (SIGBUS, "SIGBUS"), (SIGFPE, "SIGFPE"),
            (SIGABRT, "SIGABRT"),
        ]

        @Test("a fault ends the process in a second, with one line, and as the signal would have", arguments: faults)
        func ends(number: Int32, name: String) async throws {
            try await RunningServer.run(RunningServer.hosts, environment: ["SWIFT_BACKTRACE": ""]) { server in
                let start = ContinuousClock.now
                server.process.signal(number)
                let exit = try await server.process.waitForExit()
                #expect(ContinuousClock.now - start < .seconds(1))
                #expect(exit == .signal(number))
                let lines = server.process.log.split(separator: "\n").filter { $0.hasPrefix("[FATAL]") }
                #expect(lines.count == 1, "\(server.process.log)")
                #expect(lines.first?.hasPrefix("[FATAL] needletail ") == true)
                #expect(lines.first?.contains(" has ended by \(name), sent by process ") == true, "\(lines)")
                #expect(lines.first?.contains("; at ") == true)
            }
        }
    }
}
