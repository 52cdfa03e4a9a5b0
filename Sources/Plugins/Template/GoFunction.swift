/// The functions that a template may call: Go's own, as far as records need them, and CoreDNS's `parseInt`.
enum GoFunction: String, Sendable, CaseIterable {
    case and, or, not
    case eq, ne, lt, le, gt, ge
    case index, len, slice
    case print, println, printf
    /// A number in a text, a base and a size in bits: `parseInt .Group.a 16 8`.
    case parseInt

    /// Calls it.
    ///
    /// - Throws: arguments of the wrong number or kind.
    func call(_ arguments: [GoValue]) throws(GoTemplateError) -> GoValue {
        switch self {
        case .and: try first(of: arguments) { !$0.isTrue }
        case .or: try first(of: arguments) { $0.isTrue }
        case .not: .bool(!(try only(arguments)).isTrue)
        case .eq, .ne, .lt, .le, .gt, .ge: .bool(try compare(arguments))
        case .index: try index(arguments)
        case .len: .number(try length(of: only(arguments)))
        case .slice: try slice(arguments)
        case .print: .string(Self.joined(arguments))
        case .println: .string(arguments.map(\.text).joined(separator: " ") + "\n")
        case .printf: .string(try GoFormat.text(arguments))
        case .parseInt: .number(try parse(arguments))
        }
    }

    private func wrong(_ what: String) -> GoTemplateError {
        GoTemplateError("error calling \(rawValue): \(what)")
    }

    private func only(_ arguments: [GoValue]) throws(GoTemplateError) -> GoValue {
        guard let value = arguments.first, arguments.count == 1 else { throw wrong("wants one argument") }
        return value
    }

    /// The first argument that `isWanted`, else the last.
    private func first(
        of arguments: [GoValue], isWanted: (GoValue) -> Bool
    ) throws(GoTemplateError) -> GoValue {
        guard let last = arguments.last else { throw wrong("wants at least one argument") }
        return arguments.first(where: isWanted) ?? last
    }

    // MARK: Comparisons

    private func compare(_ arguments: [GoValue]) throws(GoTemplateError) -> Bool {
        guard let left = arguments.first, arguments.count >= 2, self == .eq || arguments.count == 2 else {
            throw wrong("wants two arguments")
        }
        if self == .eq {
            for right in arguments.dropFirst() where try order(left, right) == .same { return true }
            return false
        }
        let order = try order(left, arguments[1])
        return switch self {
        case .ne: order != .same
        case .lt: order == .less
        case .le: order != .more
        case .gt: order == .more
        default: order != .less
        }
    }

    private enum Order { case less, same, more }

    private func order(_ left: GoValue, _ right: GoValue) throws(GoTemplateError) -> Order {
        switch (left, right) {
        case (.string(let left), .string(let right)): Self.order(Array(left.utf8), Array(right.utf8))
        case (.number(let left), .number(let right)): left < right ? .less : left == right ? .same : .more
        case (.bool(let left), .bool(let right)) where self == .eq || self == .ne: left == right ? .same : .less
        default: throw wrong("incompatible types for comparison")
        }
    }

    private static func order(_ left: [UInt8], _ right: [UInt8]) -> Order {
        left == right ? .same : left.lexicographicallyPrecedes(right) ? .less : .more
    }

    // MARK: Parts

    private func index(_ arguments: [GoValue]) throws(GoTemplateError) -> GoValue {
        guard let item = arguments.first else { throw wrong("wants an argument") }
        guard arguments.count > 1 else { return item }
        guard arguments.count == 2 else { throw wrong("cannot index further") }
        switch (item, arguments[1]) {
        case (.map(let items), .string(let key)):
            return items[key] ?? .string("")
        case (.list(let items), .number(let number)):
            guard let index = Int(exactly: number), items.indices.contains(index) else {
                throw wrong("index out of range: \(number)")
            }
            return .string(items[index])
        default:
            throw wrong("cannot index \(item.text) with \(arguments[1].text)")
        }
    }

    private func length(of value: GoValue) throws(GoTemplateError) -> Int128 {
        switch value {
        case .string(let text): Int128(text.utf8.count)
        case .list(let items): Int128(items.count)
        case .map(let items): Int128(items.count)
        default: throw wrong("\(value.text) has no length")
        }
    }

    private func slice(_ arguments: [GoValue]) throws(GoTemplateError) -> GoValue {
        guard case .string(let text)? = arguments.first, arguments.count <= 3 else {
            throw wrong("wants a text and at most two numbers")
        }
        let bytes = Array(text.utf8)
        let bounds = arguments.dropFirst().map { $0.number.flatMap { Int(exactly: $0) } }
        let start = bounds.isEmpty ? 0 : bounds[0] ?? -1
        let end = bounds.count < 2 ? bytes.count : bounds[1] ?? -1
        guard start >= 0, start <= end, end <= bytes.count else { throw wrong("index out of range") }
        return .string(String(decoding: bytes[start..<end], as: UTF8.self))
    }

    /// Go puts a blank between two operands when neither is a text.
    private static func joined(_ values: [GoValue]) -> String {
        var text = ""
        var lastIsText = true
        for value in values {
            var isText = false
            if case .string = value { isText = true }
            if !text.isEmpty, !isText, !lastIsText { text += " " }
            text += value.text
            lastIsText = isText
        }
        return text
    }

    private func parse(_ arguments: [GoValue]) throws(GoTemplateError) -> Int128 {
        guard arguments.count == 3, case .string(let text) = arguments[0],
            let base = arguments[1].number.flatMap({ Int(exactly: $0) }),
            let bits = arguments[2].number.flatMap({ Int(exactly: $0) }), (0...64).contains(bits)
        else { throw wrong("wants a text, a base and a size in bits") }
        guard base == 10 || (2...36).contains(base), text.utf8.first != 0x2B, let number = UInt64(text, radix: base)
        else {
            throw wrong("strconv.ParseUint: parsing \"\(text)\": invalid syntax")
        }
        guard bits == 0 || bits == 64 || number >> UInt64(bits) == 0 else {
            throw wrong("strconv.ParseUint: parsing \"\(text)\": value out of range")
        }
        return Int128(number)
    }
}
