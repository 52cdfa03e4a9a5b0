import Glibc
import TestSupport
import Testing

@testable import DNSServer

@Suite("The way out for lines")
struct LineWriterTests {
    /// A pipe whose reader reads when the test wants it to.
    private final class Pipe: Sendable {
        let (reader, writer): (Int32, Int32)

        init() throws {
            var ends: [Int32] = [-1, -1]
            try #require(unsafe pipe(&ends) == 0)
            (reader, writer) = (ends[0], ends[1])
        }

        /// Reads until that is enough, or nothing has come for half a minute.
        func read(until isEnough: (String) -> Bool) -> String {
            var text: [UInt8] = []
            var part = [UInt8](repeating: 0, count: 65_536)
            var item = pollfd(fd: reader, events: Int16(POLLIN), revents: 0)
            while unsafe poll(&item, 1, 30_000) > 0 {
                let count = unsafe Glibc.read(reader, &part, part.count)
                guard count > 0 else { break }
                text += part[..<count]
                if isEnough(String(decoding: text, as: UTF8.self)) { break }
            }
            return String(decoding: text, as: UTF8.self)
        }

        /// The writer's thread may still wait for room, and so only the end that wakes it is closed.
        func closeReader() { close(reader) }
    }

    private static func line(_ number: Int) -> String { "line \(number) \(String(repeating: "x", count: 60))" }

    @Test("lines come out whole and in order")
    func order() throws {
        let pipe = try Pipe()
        let writer = LineWriter(pipe.writer)
        for number in 0..<500 { writer.write(Array((Self.line(number) + "\n").utf8)) }
        let text = pipe.read { $0.hasSuffix(Self.line(499) + "\n") }
        #expect(text.split(separator: "\n").map(String.init) == (0..<500).map(Self.line))
        #expect(writer.droppedLines == 0)
        pipe.closeReader()
    }

    @Test("10,000 lines that nobody reads keep nobody waiting; whole lines are dropped and counted")
    func nobodyReads() async throws {
        let pipe = try Pipe()
        let writer = LineWriter(pipe.writer, limit: 64 << 10)
        let start = ContinuousClock.now
        await withTaskGroup { group in
            for part in 0..<4 {
                group.addTask {
                    let buffer = LineBuffer(writer)
                    for number in 0..<2_500 {
                        buffer.append(Array((Self.line(part * 2_500 + number) + "\n").utf8))
                        if number.isMultiple(of: 10) { buffer.flush() }
                    }
                    buffer.flush()
                }
            }
        }
        writer.drain(milliseconds: 50)
        #expect(ContinuousClock.now - start < .seconds(5))
        #expect(writer.droppedLines > 5_000)
        let whole = Set((0..<10_000).map(Self.line) + ["last"])
        // There is room again as soon as somebody reads.
        let reading = Task.detached { pipe.read { $0.hasSuffix("last\n") } }
        try await wait(for: "room") {
            let before = writer.droppedLines
            writer.write(Array("last\n".utf8))
            return writer.droppedLines == before
        }
        let lines = await reading.value.split(separator: "\n").map(String.init)
        #expect(lines.allSatisfy { whole.contains($0) })
        #expect(lines.last == "last")
        pipe.closeReader()
    }

    @Test("of several lines those that fit are taken")
    func partly() throws {
        let pipe = try Pipe()
        // The thread takes what is queued at once, and waits with it for room in the pipe.
        let writer = LineWriter(pipe.writer, limit: 10)
        writer.write(Array("12345\n1234\n".utf8))
        #expect(writer.droppedLines == 1)
        #expect(pipe.read { _ in true } == "12345\n")
        writer.write(Array("0123456789\n".utf8))
        #expect(writer.droppedLines == 2)
        pipe.closeReader()
    }

    @Test("lines for a stream that is gone are dropped and counted")
    func gone() async throws {
        signal(SIGPIPE, SIG_IGN)
        let pipe = try Pipe()
        pipe.closeReader()
        let writer = LineWriter(pipe.writer)
        writer.write(Array("a\nb\n".utf8))
        try await wait(for: "the count") { writer.droppedLines == 2 }
    }
}
