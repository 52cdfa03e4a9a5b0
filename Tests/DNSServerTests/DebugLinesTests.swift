import DNSWire
import Logging
import Telemetry
import Testing

@testable import DNSServer

@Suite("Lines for debugging")
struct DebugLinesTests {
    private let worker: Worker

    init() throws {
        worker = try makeWorker()
    }

    @Test("The switch is on as long as somebody wants it, and loggers that are made already follow it")
    func switching() {
        let debug = DebugSwitch()
        let handler = ConsoleLogHandler(label: "plugin/x", debug: debug)
        let logger = Logger(label: "plugin/x") { _ in handler }
        #expect(logger.logLevel == .info)
        debug.hold()
        debug.hold()
        #expect(logger.logLevel == .debug)
        debug.release()
        #expect(logger.logLevel == .debug)
        debug.release()
        #expect(logger.logLevel == .info)
    }

    @Test("A logger that tells more or less by itself is not made to tell less")
    func otherLevels() {
        let debug = DebugSwitch()
        for (level, expected) in [(Logger.Level.trace, Logger.Level.trace), (.error, .debug)] {
            var logger = Logger(label: "x") { ConsoleLogHandler(label: $0, debug: debug) }
            logger.logLevel = level
            #expect(logger.logLevel == level)
            debug.hold()
            #expect(logger.logLevel == expected)
            debug.release()
        }
    }

    private func query(_ octets: [UInt8]) throws -> Query {
        let query = Query(worker: worker)
        query.client = try #require(SocketAddress("192.0.2.1", port: 4_242))
        query.take(octets.span)
        return query
    }

    @Test("A message that is refused is shown in the form that text2pcap reads")
    func dump() throws {
        var lines = RefusalLines()
        let shown = lines.lines(for: try query(Array(0..<18)), .formatError)
        #expect(
            String(decoding: try #require(shown), as: UTF8.self) == """
                [DEBUG] FORMERR to 192.0.2.1:4242, which sent 18 octets over udp:
                debug: 000000 00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f
                debug: 000010 10 11
                debug: 000012

                """)
    }

    @Test("Neither a long message nor many of them fill the log")
    func bounds() throws {
        var lines = RefusalLines()
        let long = try query([UInt8](repeating: 255, count: 60_000))
        let shown = (0..<60).map { _ in lines.lines(for: long, .formatError)?.count }
        #expect(shown.prefix(50).allSatisfy { $0 ?? .max < 5_000 })
        #expect(shown.dropFirst(50).allSatisfy { $0 == nil })
    }
}
