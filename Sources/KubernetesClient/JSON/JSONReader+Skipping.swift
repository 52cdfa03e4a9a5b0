/// What is passed over.
extension JSONReader {
    /// Passes over a value, whatever it is, and looks no closer than brackets and quotes ask for.
    mutating func skip() throws(APIFailure) {
        switch try next() {
        case UInt8(ascii: "\""): try skipText()
        case UInt8(ascii: "{"), UInt8(ascii: "["): try skipContainer()
        case UInt8(ascii: "}"), UInt8(ascii: "]"), UInt8(ascii: ","), UInt8(ascii: ":"): throw fault("not JSON")
        default: while index < octets.count, !octets[index].endsJSONLiteral { index += 1 }
        }
    }

    private mutating func skipContainer() throws(APIFailure) {
        var depth = 0
        repeat {
            guard index < octets.count else { throw fault("not JSON: it ends early") }
            switch octets[index] {
            case UInt8(ascii: "\""):
                try skipText()
                continue
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                depth += 1
                guard depth <= JSONPruner.deepestPassedOver else { throw fault("JSON: too deep") }
            case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
            default: break
            }
            index += 1
        } while depth > 0
    }

    private mutating func skipText() throws(APIFailure) {
        index += 1
        while true {
            index = octets.span.endOfPlainJSONText(from: index)
            guard index < octets.count, octets[index] == UInt8(ascii: "\\") else { break }
            index += 2
        }
        guard index < octets.count else { throw fault("not JSON: it ends early") }
        index += 1
    }
}
