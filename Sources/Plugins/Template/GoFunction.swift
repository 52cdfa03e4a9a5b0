/// The functions that a template may call: Go's own, and CoreDNS's `parseInt`.
enum GoFunction: String, Sendable, CaseIterable {
    case and, or, not
    case eq, ne, lt, le, gt, ge
    case index, len, slice
    case print, println, printf
    case html, js, urlquery
    /// Calls a function that is a value; no value of a query is one.
    case call
    /// A number in a text, a base and a size in bits: `parseInt .Group.a 16 8`.
    case parseInt

    /// Checks the number of arguments.
    ///
    /// - Throws: too few or too many.
    func check(_ count: Int) throws(GoTemplateError) {
        let (least, most): (Int, Int?) =
            switch self {
            case .not, .len: (1, 1)
            case .ne, .lt, .le, .gt, .ge: (2, 2)
            case .parseInt: (3, 3)
            case .and, .or, .eq, .index, .slice, .printf, .call: (1, nil)
            case .print, .println, .html, .js, .urlquery: (0, nil)
            }
        guard count >= least, count <= most ?? .max else {
            let wanted = most == nil ? "at least \(least)" : "\(least)"
            throw GoTemplateError("wrong number of args for \(rawValue): want \(wanted) got \(count)")
        }
    }

    /// Calls it with arguments of the right number.
    ///
    /// - Throws: arguments of the wrong kind, or no work left.
    func call(_ arguments: [GoValue], _ work: GoWork) throws(GoTemplateError) -> GoValue {
        switch self {
        case .and: arguments.first { !$0.isTrue } ?? arguments.last ?? .none
        case .or: arguments.first { $0.isTrue } ?? arguments.last ?? .none
        case .not: .bool(!arguments[0].isTrue)
        case .eq: .bool(try isEqual(arguments))
        case .ne: .bool(!(try isEqual(arguments)))
        case .lt: .bool(try isLess(arguments[0], arguments[1]))
        case .le: .bool(try isAtMost(arguments))
        case .gt: .bool(!(try isAtMost(arguments)))
        case .ge: .bool(!(try isLess(arguments[0], arguments[1])))
        case .index: try index(arguments)
        case .len: .number(Int128(try length(of: arguments[0])))
        case .slice: try slice(arguments, work)
        case .print: .string(try GoFormat.print(arguments, work))
        case .println: .string(try GoFormat.println(arguments, work))
        case .printf: .string(try formatted(arguments, work))
        case .html: .string(GoEscape.html(try GoFormat.print(arguments, work)))
        case .js: .string(GoEscape.js(try GoFormat.print(arguments, work)))
        case .urlquery: .string(GoEscape.urlQuery(try GoFormat.print(arguments, work)))
        case .call: throw wrong("non-function of type \(arguments[0].typeName)")
        case .parseInt: .number(Int128(try parse(arguments)), .uint64)
        }
    }

    private func isAtMost(_ arguments: [GoValue]) throws(GoTemplateError) -> Bool {
        if try isLess(arguments[0], arguments[1]) { return true }
        return try isEqual(arguments)
    }

    func wrong(_ what: String) -> GoTemplateError {
        GoTemplateError("error calling \(rawValue): \(what)")
    }

    private func wrongType(_ value: GoValue, _ wanted: String) -> GoTemplateError {
        GoTemplateError("wrong type for value; expected \(wanted); got \(value.typeName)")
    }

    private func formatted(_ arguments: [GoValue], _ work: GoWork) throws(GoTemplateError) -> String {
        guard case .string(let format) = arguments[0] else { throw wrongType(arguments[0], "string") }
        return try GoFormat.text(format, Array(arguments.dropFirst()), work)
    }

    /// Whether the octets of `left` come first.
    static func precedes(_ left: String, _ right: String) -> Bool {
        left.utf8.lexicographicallyPrecedes(right.utf8)
    }

    /// The keys of a map in their order, each compared with some others.
    static func keys(of items: [String: GoValue], _ work: GoWork) throws(GoTemplateError) -> [String] {
        try work.spend(items.count * 64)
        return items.keys.sorted(by: precedes)
    }

    private func parse(_ arguments: [GoValue]) throws(GoTemplateError) -> UInt64 {
        guard case .string(let text) = arguments[0] else { throw wrongType(arguments[0], "string") }
        var numbers: [Int] = []
        for argument in arguments.dropFirst() {
            guard case .number(_, .int) = argument, let number = argument.index else {
                throw wrongType(argument, "int")
            }
            numbers.append(number)
        }
        let (base, bits) = (numbers[0], numbers[1])
        let start = "strconv.ParseUint: parsing \(GoQuoted.excerpt(text)): "
        if text.isEmpty { throw wrong(start + "invalid syntax") }
        guard base == 0 || (2...36).contains(base) else { throw wrong(start + "invalid base \(base)") }
        guard (0...64).contains(bits) else { throw wrong(start + "invalid bit size \(bits)") }
        guard let number = GoNumber.unsigned(text, base: base) else { throw wrong(start + "invalid syntax") }
        guard let whole = UInt64(exactly: number), bits == 0 || bits == 64 || whole >> UInt64(bits) == 0 else {
            throw wrong(start + "value out of range")
        }
        return whole
    }
}
