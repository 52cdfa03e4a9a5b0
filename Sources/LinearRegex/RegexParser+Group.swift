// MARK: - Groups

extension RegexParser {
    mutating func group() throws(RegexError) -> RegexNode? {
        let start = position
        let outer = flags
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.maximumDepth else { throw error("groups nested too deeply", at: start) }
        position += 1
        var capture: Int?
        if next != UInt8(ascii: "?") {
            capture = try addGroup(named: nil, at: start)
        } else if skip("?P<") || skip("?<") {
            capture = try addGroup(named: try groupName(from: start), at: start)
        } else {
            position += 1
            // `(?i)` holds to the end of the group around it.
            guard try readFlags(from: start) else { return nil }
        }
        let node = try alternation()
        guard next == UInt8(ascii: ")") else { throw error("missing )", at: start) }
        position += 1
        flags = outer
        return capture.map { .capture($0, node) } ?? node
    }

    private mutating func addGroup(named name: String?, at place: Int) throws(RegexError) -> Int {
        guard groupNames.count <= Self.maximumGroups else { throw error("too many groups", at: place) }
        if let name, groupNames.contains(name) { throw error("group \(name) given twice", at: place) }
        groupNames.append(name)
        return groupNames.count - 1
    }

    private mutating func groupName(from start: Int) throws(RegexError) -> String {
        let rest = text[position...]
        // `(?<=` and `(?<!` are look-behind.
        if rest.first == UInt8(ascii: "=") || rest.first == UInt8(ascii: "!") {
            throw error("look-around is not supported", at: start)
        }
        let name = rest.prefix { ByteSet.word.contains($0) }
        guard !name.isEmpty, rest.dropFirst(name.count).first == UInt8(ascii: ">") else {
            throw error("bad group name", at: start)
        }
        position += name.count + 1
        return String(decoding: name, as: UTF8.self)
    }

    /// - Returns: whether a group follows (`(?i:`), or the flags stand alone (`(?i)`).
    private mutating func readFlags(from start: Int) throws(RegexError) -> Bool {
        var isOn = true
        var isEmpty = true
        while let byte = next {
            position += 1
            switch byte {
            case UInt8(ascii: "i"): flags.ignoresCase = isOn
            case UInt8(ascii: "m"): flags.isMultiline = isOn
            case UInt8(ascii: "s"): flags.dotMatchesNewline = isOn
            case UInt8(ascii: "U"): flags.isLazy = isOn
            case UInt8(ascii: "-") where isOn:
                isOn = false
                isEmpty = true
                continue
            case UInt8(ascii: ":") where isOn || !isEmpty: return true
            case UInt8(ascii: ")") where isOn || !isEmpty: return false
            case UInt8(ascii: "="), UInt8(ascii: "!"): throw error("look-around is not supported", at: start)
            default: throw error("unknown group syntax", at: start)
            }
            isEmpty = false
        }
        throw error("missing )", at: start)
    }
}
