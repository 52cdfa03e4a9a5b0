/// Text, numbers, and what is passed over.
extension JSONPruner {
    mutating func readString(_ octets: Span<UInt8>, _ index: inout Int) {
        let begin = index
        while index < octets.count, octets[index] != UInt8(ascii: "\""), octets[index] != UInt8(ascii: "\\") {
            index += 1
        }
        keep(octets, begin..<index)
        guard index < octets.count else { return }
        index += 1
        if octets[index - 1] == UInt8(ascii: "\\") {
            keep(octets, index - 1..<index)
            place = .escape
        } else {
            endString()
        }
    }

    mutating func endString() {
        switch sink {
        case .key: endKey()
        case .kept:
            emit(UInt8(ascii: "\""))
            endValue()
        case .passedOver where depthPassedOver > 0: place = .skipping
        case .passedOver: endValue()
        }
    }

    mutating func readLiteral(_ octets: Span<UInt8>, _ index: inout Int) {
        let begin = index
        while index < octets.count, !octets[index].endsJSONLiteral { index += 1 }
        keep(octets, begin..<index)
        if index < octets.count { endValue() }
    }

    mutating func passOver(_ octets: Span<UInt8>, _ index: inout Int) throws(APIFailure) {
        while index < octets.count {
            let octet = octets[index]
            index += 1
            switch octet {
            case UInt8(ascii: "\""):
                (sink, place) = (.passedOver, .string)
                return
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                depthPassedOver += 1
                guard depthPassedOver <= Self.deepestPassedOver else { throw .malformed("JSON: too deep") }
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depthPassedOver -= 1
                if depthPassedOver == 0 { return endValue() }
            default: break
            }
        }
    }

    /// Does with octets of a text or a number what is to be done.
    mutating func keep(_ octets: Span<UInt8>, _ range: Range<Int>) {
        switch sink {
        case .passedOver: break
        case .key:
            // A name that is too long is kept so far that it is seen to be.
            for index in range where name.count <= Self.longestName { name.append(octets[index]) }
        case .kept:
            guard !isTooLarge else { return }
            for index in range { output.append(octets[index]) }
            checkSize()
        }
    }
}
