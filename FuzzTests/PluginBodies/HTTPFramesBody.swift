import FuzzBodies
import NIOCore

@testable import Plugins

extension FuzzBody {
    /// The first octet says how many requests were sent, the second how the rest is cut into reads: the meter counts the frames of HTTP/2
    /// in it, however it is cut.
    static let httpFrames = FuzzBody(name: "FuzzHTTPFrames") { octets in
        guard octets.count >= 2 else { return nil }
        let frames = Array(octets.dropFirst(2))
        let allowed = 256 + 160 * Int(octets[0] & 3)
        let isFlood = count(frames) > allowed
        for size in [max(1, frames.count), 1 + Int(octets[1]), 1] {
            guard takes(frames, Int(octets[0] & 3), cutInto: size) == !isFlood else {
                return "\(count(frames)) frames of \(allowed), cut into \(size): \(isFlood ? "taken" : "refused")"
            }
        }
        return nil
    }

    /// How many heads of frames there are, whole ones.
    private static func count(_ octets: [UInt8]) -> Int {
        var (count, place) = (0, 0)
        while place + 9 <= octets.count {
            count += 1
            place += 9 + Int(octets[place]) << 16 + Int(octets[place + 1]) << 8 + Int(octets[place + 2])
        }
        return count
    }

    private static func takes(_ octets: [UInt8], _ requests: Int, cutInto size: Int) -> Bool {
        var meter = HTTPFrameMeter()
        for _ in 0..<requests { meter.addRequest() }
        for start in stride(from: 0, to: octets.count, by: size) {
            let part = ByteBuffer(bytes: octets[start..<min(start + size, octets.count)])
            guard meter.take(part.readableBytesView) else { return false }
        }
        return true
    }
}
