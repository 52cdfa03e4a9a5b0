import NIOCore
import Testing

@testable import Plugins

@Suite("Frames of HTTP/2 are counted") struct HTTPFrameMeterTests {
    /// A frame with `length` octets behind its header.
    private func frame(_ length: Int) -> [UInt8] {
        [UInt8(length >> 16), UInt8(length >> 8 & 0xFF), UInt8(length & 0xFF), 8, 0, 0, 0, 0, 0]
            + [UInt8](repeating: 7, count: length)
    }

    /// Takes `frames` in pieces of `size` octets; how many frames had come when it was too much, nil when it never was.
    private func limit(_ meter: inout HTTPFrameMeter, length: Int, pieces size: Int) -> Int? {
        let octets = frame(length)
        for count in 1...100_000 {
            for start in stride(from: 0, to: octets.count, by: size) {
                let part = ByteBuffer(bytes: octets[start..<min(start + size, octets.count)])
                if !meter.take(part.readableBytesView) { return count }
            }
        }
        return nil
    }

    @Test(
        "so many may come from the start, whatever their length and however they are cut", arguments: [0, 4, 300],
        [1, 7, 9, 5_000])
    func start(length: Int, pieces: Int) {
        var meter = HTTPFrameMeter()
        #expect(limit(&meter, length: length, pieces: pieces) == 257)
    }

    @Test("each request allows more, of which a connection cannot save without end")
    func requests() {
        var meter = HTTPFrameMeter()
        meter.addRequest()
        #expect(limit(&meter, length: 4, pieces: 13) == 256 + 160 + 1)
        for _ in 0..<10_000 { meter.addRequest() }
        let saved = limit(&meter, length: 4, pieces: 1_300) ?? 0
        #expect((30_000...32_769).contains(saved))
    }

    @Test("the longest reply in small frames, with its head and windows, needs no more than a request allows")
    func longestReply() {
        var meter = HTTPFrameMeter()
        for _ in 0..<300 {
            meter.addRequest()
            for length in [Int](repeating: 30, count: 4) + [Int](repeating: 512, count: 128) {
                let isTaken = meter.take(ByteBuffer(bytes: frame(length)).readableBytesView)
                #expect(isTaken)
            }
        }
    }
}
