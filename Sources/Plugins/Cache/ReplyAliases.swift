import DNSWire

/// Follows the aliases of an answer section from the question to where its data should be.
///
/// Source: RFC 1034 §3.6.2; an owner with two different canonical names is none (RFC 2181 §10.1).
enum ReplyAliases {
    /// How many aliases are followed; a longer chain counts as one without an end.
    private static let maximumLength = 16

    /// Whether the answer section of `message` has what its question asks for, at the end of the chain of aliases that
    /// starts at the question's name.
    ///
    /// Records of other owners do not count. For ANY every record of the question's name is an answer, for CNAME the alias.
    /// - Throws: what is wrong with the message.
    /// - Complexity: O(records) for each alias of the chain.
    static func answersQuestion(
        _ message: Span<UInt8>, type: RecordType, recordClass: RecordClass
    ) throws(WireError) -> Bool {
        var place = MessageHeader.length
        if type == .ANY || type == .CNAME {
            return try find(type, ownedByNameAt: place, in: message, recordClass) != .none
        }
        for _ in 0..<maximumLength {
            switch try find(.CNAME, ownedByNameAt: place, in: message, recordClass) {
            case .none: return try find(type, ownedByNameAt: place, in: message, recordClass) != .none
            case .one(let data): place = data
            case .conflicting: return false
            }
        }
        return false
    }

    private enum Finding: Equatable {
        case none
        /// Where the data of the record stands.
        case one(Int)
        /// Aliases to different names.
        case conflicting
    }

    private static func find(
        _ type: RecordType, ownedByNameAt place: Int, in message: Span<UInt8>, _ recordClass: RecordClass
    ) throws(WireError) -> Finding {
        var finding = Finding.none
        var walk = try RecordWalk(message)
        while let (section, record) = try walk.next(), section == .answer {
            guard type == .ANY || record.type == type, recordClass == .ANY || record.recordClass == recordClass,
                try isSameName(message, record.nameOffset, place)
            else { continue }
            guard type == .CNAME, case .one(let known) = finding else {
                finding = .one(record.dataOffset)
                continue
            }
            if try !isSameName(message, known, record.dataOffset) { return .conflicting }
        }
        return finding
    }

    private static func isSameName(_ message: Span<UInt8>, _ left: Int, _ right: Int) throws(WireError) -> Bool {
        if left == right || isPointer(message, left, to: right) { return true }
        var leftName = InlineArray<256, UInt8>(repeating: 0)
        var rightName = InlineArray<256, UInt8>(repeating: 0)
        var output = leftName.mutableSpan
        let leftLength = try decodeName(in: message, at: left, into: &output).length
        output = rightName.mutableSpan
        let rightLength = try decodeName(in: message, at: right, into: &output).length
        return namesEqual(
            leftName.span.extracting(0..<leftLength), rightName.span.extracting(0..<rightLength))
    }

    private static func isPointer(_ message: Span<UInt8>, _ offset: Int, to target: Int) -> Bool {
        offset + 1 < message.count && target < offset && message.uint16(at: offset) == 0xC000 | UInt16(target & 0x3FFF)
            && target < 0x4000
    }
}
