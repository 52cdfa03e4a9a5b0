/// Where a place in a JSON text lies: the names and numbers that lead to it.
///
/// It is found when something is wrong, so that whoever reads need not keep it.
struct JSONPlace {
    private struct Container {
        let isObject: Bool
        /// What has been read last as a name.
        var name: String?
        /// How many elements have ended.
        var number = 0
    }

    private var containers: [Container] = []

    /// The names of members and the numbers of elements, the outermost first.
    var steps: [String] { containers.compactMap { $0.isObject ? $0.name : String($0.number) } }

    /// - Parameter place: an index into `octets`, which up to there are JSON.
    init(of place: Int, in octets: [UInt8]) {
        var index = 0
        while index < min(place, octets.count) {
            switch octets[index] {
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                containers.append(Container(isObject: octets[index] == UInt8(ascii: "{")))
            case UInt8(ascii: "}"), UInt8(ascii: "]"): _ = containers.popLast()
            case UInt8(ascii: ","):
                if let last = containers.indices.last { containers[last].number += 1 }
            case UInt8(ascii: "\""):
                let end = Self.endOfText(from: index + 1, in: octets)
                if let last = containers.indices.last, Self.isName(endingAt: end, in: octets) {
                    containers[last].name = String(decoding: octets[index + 1..<end], as: UTF8.self)
                }
                index = end
            default: break
            }
            index += 1
        }
    }

    private static func endOfText(from begin: Int, in octets: [UInt8]) -> Int {
        var index = begin
        while index < octets.count, octets[index] != UInt8(ascii: "\"") {
            index += octets[index] == UInt8(ascii: "\\") ? 2 : 1
        }
        return min(index, octets.count)
    }

    /// Whether a colon stands behind the text that ends with the quote at `end`.
    private static func isName(endingAt end: Int, in octets: [UInt8]) -> Bool {
        octets.dropFirst(end + 1).first { !$0.isJSONSpace } == UInt8(ascii: ":")
    }
}
