import NIOCore
import Testing

@testable import KubernetesClient

@Suite("The bytes of a watch are cut into lines")
struct LineFramesTests {
    private func lines(_ pieces: [String], limit: Int = 100) throws -> [String] {
        var frames = LineFrames(limit: limit)
        var lines: [String] = []
        for piece in pieces {
            frames.append(ByteBuffer(string: piece))
            while let line = try frames.next() { lines.append(String(buffer: line)) }
        }
        return lines
    }

    @Test(
        "However the bytes arrive, the lines are the same",
        arguments: [
            ["one\ntwo\nthree\n"], ["o", "ne", "\n", "two\nth", "ree\n"], ["\n\none\n \r\ntwo\n", "three", "\n"],
        ])
    func pieces(_ pieces: [String]) throws {
        #expect(try lines(pieces) == ["one", "two", "three"])
    }

    @Test("A line beyond the limit is refused before its end is seen")
    func limit() throws {
        #expect(try lines(["12345\n"], limit: 5) == ["12345"])
        #expect(throws: APIFailure.tooLarge(limit: 5)) { try lines(["123456"], limit: 5) }
        #expect(throws: APIFailure.tooLarge(limit: 5)) { try lines(["123456\n"], limit: 5) }
    }

    @Test(
        "A stream that ends within a line is known to",
        arguments: [("a\n", false), ("a\nb", true), ("a\n\r\n ", false)])
    func ends(_ text: String, _ isWithin: Bool) throws {
        var frames = LineFrames(limit: 10)
        frames.append(ByteBuffer(string: text))
        while try frames.next() != nil {}
        #expect(frames.isWithinFrame == isWithin)
    }
}
