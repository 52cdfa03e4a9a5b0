/// Containers, their members and elements, and the parts that are complete with them.
extension JSONPruner {
    mutating func take(_ octet: UInt8) throws(APIFailure) {
        switch (place, octet) {
        case (.start, _): try beginValue(octet, parts)
        case (.done, _) where isStream: try beginValue(octet, parts)
        case (.element(mayEnd: true), UInt8(ascii: "]")), (.key(mayEnd: true), UInt8(ascii: "}")): try close(octet)
        case (.element, _): try beginElement(octet)
        case (.key, UInt8(ascii: "\"")):
            name.removeAll(keepingCapacity: true)
            (sink, place) = (.key, .string)
        case (.colon, UInt8(ascii: ":")): place = .member
        case (.member, _): try beginMember(octet)
        case (.next, UInt8(ascii: ",")):
            place = frames.last?.isObject == true ? .key(mayEnd: false) : .element(mayEnd: false)
        case (.next, UInt8(ascii: "]")), (.next, UInt8(ascii: "}")): try close(octet)
        default: throw .malformed("not JSON")
        }
    }

    mutating func endKey() {
        wanted = isTooLarge || name.count > Self.longestName ? nil : frames.last?.parts.member(name)
        place = .colon
        guard wanted != nil else { return }
        separate()
        output.append(UInt8(ascii: "\""))
        output.append(contentsOf: name)
        output.append(UInt8(ascii: "\""))
        output.append(UInt8(ascii: ":"))
        checkSize()
    }

    mutating func beginMember(_ octet: UInt8) throws(APIFailure) {
        if frames.count == identityDepth, identity == nil, wanted != nil, name.elementsEqual("metadata".utf8) {
            identityStart = output.count
        }
        try beginValue(octet, wanted)
    }

    mutating func beginElement(_ octet: UInt8) throws(APIFailure) {
        guard let frame = frames.last else { throw .malformed("not JSON") }
        if frame.hasParts {
            beginPart(at: output.count, isElement: true)
            guard case .elements(let parts) = frame.parts else { throw .malformed("not JSON") }
            return try beginValue(octet, parts)
        }
        if !isTooLarge { separate() }
        try beginValue(octet, isTooLarge ? nil : frame.parts)
    }

    /// Writes the comma that stands between two members or elements.
    mutating func separate() {
        guard let last = frames.indices.last else { return }
        if frames[last].isEmpty { frames[last].isEmpty = false } else { emit(UInt8(ascii: ",")) }
    }

    mutating func beginValue(_ octet: UInt8, _ parts: JSONParts?) throws(APIFailure) {
        if parts != nil {
            values += 1
            if values > Self.mostValues { giveUp() }
        }
        sink = parts == nil || isTooLarge ? .passedOver : .kept
        switch octet {
        case UInt8(ascii: "{"), UInt8(ascii: "["): try open(octet, parts)
        case UInt8(ascii: "\""):
            if sink == .kept { emit(octet) }
            place = .string
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "t"), UInt8(ascii: "f"),
            UInt8(ascii: "n"):
            if sink == .kept { emit(octet) }
            place = .literal
        default: throw .malformed("not JSON")
        }
    }

    mutating func open(_ octet: UInt8, _ parts: JSONParts?) throws(APIFailure) {
        guard let parts, sink == .kept else {
            depthPassedOver = 1
            place = .skipping
            return
        }
        guard frames.count < Self.deepestWanted else { throw .malformed("JSON: too deep") }
        let isObject = octet == UInt8(ascii: "{")
        let hasParts = if case .elements = parts { !isObject } else { false }
        frames.append(Frame(isObject: isObject, parts: parts, hasParts: hasParts))
        emit(octet)
        place = isObject ? .key(mayEnd: true) : .element(mayEnd: true)
    }

    mutating func close(_ octet: UInt8) throws(APIFailure) {
        guard let frame = frames.popLast(), frame.isObject == (octet == UInt8(ascii: "}")) else {
            throw .malformed("not JSON")
        }
        emit(octet)
        endValue()
    }
}

extension JSONPruner {
    mutating func endValue() {
        depthPassedOver = 0
        if frames.count == identityDepth, identity == nil, let identityStart {
            identity = identityStart..<max(identityStart, output.count)
        }
        place = .next
        guard let frame = frames.last else {
            place = .done
            found = isTooLarge ? .tooLarge(metadata: identityOfTooLarge, isElement: false) : .whole(output)
            output.removeAll(keepingCapacity: true)
            return beginPart(at: 0)
        }
        guard frame.hasParts else { return }
        found =
            isTooLarge
            ? .tooLarge(metadata: identityOfTooLarge, isElement: true) : .element(Array(output[start...]))
        output.removeSubrange(start...)
        beginPart(at: 0)
    }

    mutating func beginPart(at place: Int, isElement: Bool = false) {
        start = place
        isWithinElement = isElement
        values = 0
        isTooLarge = false
        (identityStart, identity, identityOfTooLarge) = (nil, nil, nil)
    }

    mutating func emit(_ octet: UInt8) {
        guard !isTooLarge else { return }
        output.append(octet)
        checkSize()
    }

    mutating func checkSize() {
        if output.count - start > limits.object { giveUp() }
    }

    /// Lets go of the present part; its rest is passed over.
    mutating func giveUp() {
        guard !isTooLarge else { return }
        isTooLarge = true
        identityOfTooLarge = identity.map { Array(output[$0]) }
        output.removeSubrange(start...)
    }
}
