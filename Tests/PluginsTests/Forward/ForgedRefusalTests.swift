import DNSWire
import TestSupport
import Testing

@testable import DNSServer
@testable import Plugins

private let mayForge = (try? LoopbackSocket(.rawControl, connectedTo: 0)) != nil

@Suite(
    "Port unreachable, made up", .enabled(if: mayForge, "only root may send ICMP messages of its own making"))
struct ForgedRefusalTests {
    /// "Port unreachable" (RFC 792) about a datagram from `port` of 127.0.0.1 to `target` of the same.
    private static func refusal(of port: UInt16, to target: Int) -> [UInt8] {
        let datagram =
            [UInt8(port >> 8), UInt8(port & 0xFF), UInt8(target >> 8), UInt8(target & 0xFF), 0, 40, 0, 0] as [UInt8]
        let header = [0x45, 0, 0, 60, 0, 1, 0, 0, 64, 17, 0, 0, 127, 0, 0, 1, 127, 0, 0, 1] as [UInt8]
        var message = [3, 3, 0, 0, 0, 0, 0, 0] + header + datagram
        var sum: UInt32 = 0
        for place in stride(from: 0, to: message.count, by: 2) {
            sum += UInt32(message[place]) << 8 | UInt32(message[place + 1])
        }
        while sum > 0xFFFF { sum = sum >> 16 + sum & 0xFFFF }
        let checksum = ~UInt16(truncatingIfNeeded: sum)
        (message[2], message[3]) = (UInt8(checksum >> 8), UInt8(checksum & 0xFF))
        return message
    }

    @Test(
        "no query fails of forty that wait for the only upstream, however often their ports are said to be unreachable")
    func nobodyFails() async throws {
        let upstream = QuestionGate()
        let server = try await ScriptedDatagrams { query, from in upstream.take(query, from) }
        let fixture = try ForwardFixture("forward . 127.0.0.1:\(server.port) {\nmax_fails 0\n}")
        let forger = try LoopbackSocket(.rawControl, connectedTo: 0)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<40 {
                group.addTask {
                    let outcome = try await fixture.ask("n\(number).test")
                    #expect(outcome.reply.responseCode == .noError, "\(outcome.reason)")
                }
            }
            try await wait(for: "the queries") { upstream.count >= 40 }
            for round in 1...5 {
                let ports = await fixture.localPorts()
                for port in ports { try forger.send(Self.refusal(of: port, to: server.port)) }
                try await wait(for: "refusals of round \(round)") {
                    fixture.count("needletail_forward_sockets_distrusted_total", "refused") >= round
                }
            }
            upstream.open(server)
            try await group.waitForAll()
        }
        await fixture.retire()
        try await server.close()
    }
}
