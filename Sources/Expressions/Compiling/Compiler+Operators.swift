import LinearRegex

extension Compiler {
    mutating func unary(_ sign: String, _ operand: Node, _ node: Node) throws(ExpressionError) -> Part {
        let part = try compile(operand)
        let step = part.step
        if sign == "!" || sign == "not" {
            guard part.type.maybe(.bool) else { throw Self.mismatch(sign, part.type, node) }
            return Part(.bool) { run throws(ExpressionFailure) in .bool(!(try step(run).bool())) }
        }
        guard part.type.maybeNumber else { throw Self.mismatch(sign, part.type, node) }
        if sign == "-", let constant = part.constant, let value = try? Arithmetic.negated(constant) {
            return Part(value)
        }
        return Part(part.type) { run throws(ExpressionFailure) in
            let value = try step(run)
            return sign == "-" ? try Arithmetic.negated(value) : value
        }
    }

    private static func mismatch(_ sign: String, _ type: ExpressionType, _ node: Node) -> ExpressionError {
        ExpressionError("'\(sign)' does not take \(type)", at: node.place)
    }

    private static func mismatch(_ sign: String, _ left: Part, _ right: Part, _ node: Node) -> ExpressionError {
        ExpressionError("'\(sign)' does not take \(left.type) and \(right.type)", at: node.place)
    }

    /// What `and` or `or` joins: the parts are looked at until one decides.
    mutating func logical(_ isAnd: Bool, _ nodes: [Node], _ node: Node) throws(ExpressionError) -> Part {
        var steps: [Step] = []
        for operand in nodes {
            let part = try compile(operand)
            guard part.type.maybe(.bool) else {
                throw Self.mismatch(isAnd ? "and" : "or", part.type, operand)
            }
            steps.append(part.step)
        }
        return Part(.bool) { [steps] run throws(ExpressionFailure) in
            for step in steps where try step(run).bool() != isAnd { return .bool(!isAnd) }
            return .bool(isAnd)
        }
    }

    mutating func binary(_ sign: String, _ left: Node, _ right: Node, _ node: Node) throws(ExpressionError) -> Part {
        let (left, right) = (try compile(left), try compile(right))
        switch sign {
        case "==", "!=": return try equality(left, right, isEqual: sign == "==", node)
        case "<", ">", "<=", ">=": return try comparison(sign, left, right, node)
        case "in": return try membership(left, right, node)
        case "matches": return try matching(left, right, node)
        case "contains", "startsWith", "endsWith": return try textTest(sign, left, right, node)
        case "..": return try range(left, right, node)
        case "??": return coalescing(left, right)
        default: return try arithmetic(sign, left, right, node)
        }
    }

    private func equality(_ left: Part, _ right: Part, isEqual: Bool, _ node: Node) throws(ExpressionError) -> Part {
        guard left.type.isComparable(to: right.type) else {
            throw Self.mismatch(isEqual ? "==" : "!=", left, right, node)
        }
        let (first, second) = (left.step, right.step)
        if case .string(let text) = right.constant {
            return Part(.bool) { run throws(ExpressionFailure) in
                try run.spend()
                guard case .string(let value) = try first(run) else { return .bool(!isEqual) }
                return .bool(value.hasSameOctets(as: text) == isEqual)
            }
        }
        return Part(.bool) { run throws(ExpressionFailure) in
            try run.spend()
            return .bool(try first(run).equals(try second(run), run) == isEqual)
        }
    }

    private func comparison(_ sign: String, _ left: Part, _ right: Part, _ node: Node) throws(ExpressionError) -> Part {
        let ordered: [ExpressionType] = [.string, .time, .duration]
        let fits =
            left.type.maybeNumber && right.type.maybeNumber
            || ordered.contains { left.type.maybe($0) && right.type.maybe($0) }
        guard fits else { throw Self.mismatch(sign, left, right, node) }
        let (first, second) = (left.step, right.step)
        return Part(.bool) { run throws(ExpressionFailure) in
            try run.spend()
            let (left, right) = (try first(run), try second(run))
            if case .string(let text) = left { try run.spend(octets: text.utf8.count) }
            let (isLess, isMore) = (try left.isLess(than: right), try right.isLess(than: left))
            return switch sign {
            case "<": .bool(isLess)
            case ">": .bool(isMore)
            case "<=": .bool(try isLess ? true : left.equals(right, run))
            default: .bool(try isMore ? true : left.equals(right, run))
            }
        }
    }

    private func arithmetic(_ sign: String, _ left: Part, _ right: Part, _ node: Node) throws(ExpressionError) -> Part {
        guard let operation = Arithmetic.operations[sign] else {
            throw ExpressionError("unknown operator '\(sign)'", at: node.place)
        }
        guard let type = operation.type(left.type, right.type) else { throw Self.mismatch(sign, left, right, node) }
        let (first, second, apply) = (left.step, right.step, operation.apply)
        return Part(type) { run throws(ExpressionFailure) in
            try run.spend()
            return try apply(try first(run), try second(run), run)
        }
    }

    private func coalescing(_ left: Part, _ right: Part) -> Part {
        let (first, second) = (left.step, right.step)
        return Part(left.type == .null ? right.type : left.type.joined(with: right.type)) {
            run throws(ExpressionFailure) in
            let value = try first(run)
            return value.isNull ? try second(run) : value
        }
    }

    private func range(_ left: Part, _ right: Part, _ node: Node) throws(ExpressionError) -> Part {
        guard left.type.maybe(.int), right.type.maybe(.int) else { throw Self.mismatch("..", left, right, node) }
        let (first, second) = (left.step, right.step)
        return Part(.array(.int)) { run throws(ExpressionFailure) in
            guard case .int(let from) = try first(run), case .int(let to) = try second(run) else { throw .wrongType }
            guard from <= to else { return try .list([], run) }
            let (span, overflows) = to.subtractingReportingOverflow(from)
            guard !overflows, span < ExpressionRun.maximumWork else { throw .tooMuchWork }
            return try .list((from...to).map { .int($0) }, run)
        }
    }

    // MARK: Texts and lists

    private func textTest(_ sign: String, _ left: Part, _ right: Part, _ node: Node) throws(ExpressionError) -> Part {
        guard left.type.maybe(.string), right.type.maybe(.string) else {
            throw Self.mismatch(sign, left, right, node)
        }
        let (first, second) = (left.step, right.step)
        return Part(.bool) { run throws(ExpressionFailure) in
            let (text, part) = (try first(run).string(), try second(run).string())
            switch sign {
            case "startsWith":
                try run.spend(octets: part.utf8.count)
                return .bool(text.begins(with: part))
            case "endsWith":
                try run.spend(octets: part.utf8.count)
                return .bool(text.ends(with: part))
            default:
                try run.spendSearch(part.utf8.count, in: text.utf8.count)
                return .bool(text.firstOccurrence(of: part) != nil)
            }
        }
    }

    private func matching(_ left: Part, _ right: Part, _ node: Node) throws(ExpressionError) -> Part {
        guard left.type.maybe(.string), right.type.maybe(.string) else {
            throw Self.mismatch("matches", left, right, node)
        }
        let (first, second) = (left.step, right.step)
        if case .string(let pattern) = right.constant {
            let regex: Regex
            do {
                regex = try Regex(pattern)
            } catch {
                throw ExpressionError("could not parse the pattern: \(error)", at: node.place)
            }
            return Part(.bool) { run throws(ExpressionFailure) in
                let text = try first(run).string()
                try run.spendMatch(of: regex, text)
                return .bool(regex.matches(text))
            }
        }
        return Part(.bool) { run throws(ExpressionFailure) in
            let (text, pattern) = (try first(run).string(), try second(run).string())
            try run.spend(pattern.utf8.count * 16)
            guard let regex = try? Regex(pattern) else { throw .unreadable }
            try run.spendMatch(of: regex, text)
            return .bool(regex.matches(text))
        }
    }

    private func membership(_ left: Part, _ right: Part, _ node: Node) throws(ExpressionError) -> Part {
        switch right.type {
        case .any, .null: break
        case .array(let element):
            guard left.type.isComparable(to: element) else {
                throw ExpressionError("a list of \(element) has no \(left.type) in it", at: node.place)
            }
        case .map(let key, _):
            guard left.type.isComparable(to: key) || key == .any else {
                throw ExpressionError("the keys of the map are \(key), not \(left.type)", at: node.place)
            }
        default: throw Self.mismatch("in", left, right, node)
        }
        if let texts = Self.constantTexts(right.constant) { return membership(left, texts) }
        let (first, second) = (left.step, right.step)
        return Part(.bool) { run throws(ExpressionFailure) in
            let (value, collection) = (try first(run), try second(run))
            switch collection {
            case .null: return .bool(false)
            case .map(let map): return .bool(map[value] != nil)
            case .array(let list):
                try run.spend(list.elements.count)
                for element in list.elements where try element.equals(value, run) { return .bool(true) }
                return .bool(false)
            default: throw .wrongType
            }
        }
    }

    /// The texts of a list of nothing else; nil when it is short or another.
    private static func constantTexts(_ constant: ExpressionValue?) -> Set<String>? {
        guard case .array(let list) = constant, list.elements.count > 8 else { return nil }
        let texts = list.elements.compactMap { try? $0.string() }
        return texts.count == list.elements.count ? Set(texts) : nil
    }

    private func membership(_ left: Part, _ texts: Set<String>) -> Part {
        let first = left.step
        return Part(.bool) { run throws(ExpressionFailure) in
            guard case .string(let text) = try first(run) else { return .bool(false) }
            try run.spend(octets: text.utf8.count)
            return .bool(texts.contains(text))
        }
    }
}

extension ExpressionRun {
    /// Counts the work of holding `text` against `regex`.
    func spendMatch(of regex: Regex, _ text: String) throws(ExpressionFailure) {
        try spend(1 &+ (text.utf8.count &+ 1) &* regex.size / 64)
    }
}
