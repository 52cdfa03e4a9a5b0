/// A label or field selector, parsed.
struct Selector: Sendable {
    private enum Rule: Sendable {
        case exists(String)
        case isAbsent(String)
        case isIn(String, [String])
        case isNotIn(String, [String])
    }

    private var rules: [Rule] = []

    /// Parses a selector; nothing selects everything.
    ///
    /// A term that is none selects nothing.
    init(_ text: String?) {
        for term in Self.terms(text ?? "") {
            rules.append(Self.rule(term))
        }
    }

    /// Whether an object's values are selected.
    func matches(_ value: (String) -> String?) -> Bool {
        rules.allSatisfy { rule in
            switch rule {
            case .exists(let name): value(name) != nil
            case .isAbsent(let name): value(name) == nil
            case .isIn(let name, let values): value(name).map(values.contains) ?? false
            case .isNotIn(let name, let values): value(name).map { !values.contains($0) } ?? true
            }
        }
    }

    /// Splits at commas outside of parentheses.
    private static func terms(_ text: String) -> [String] {
        var terms: [String] = [""]
        var depth = 0
        for character in text {
            if character == "(" { depth += 1 }
            if character == ")" { depth -= 1 }
            if character == ",", depth == 0 { terms.append("") } else { terms[terms.count - 1].append(character) }
        }
        return terms.map(trimmed).filter { !$0.isEmpty }
    }

    private static func rule(_ term: String) -> Rule {
        if let place = term.firstRange(of: "!=") {
            return .isNotIn(trimmed(term[..<place.lowerBound]), [trimmed(term[place.upperBound...])])
        }
        if let place = term.firstRange(of: "==") ?? term.firstRange(of: "=") {
            return .isIn(trimmed(term[..<place.lowerBound]), [trimmed(term[place.upperBound...])])
        }
        if let place = term.firstRange(of: " notin ") {
            return .isNotIn(trimmed(term[..<place.lowerBound]), values(term))
        }
        if let place = term.firstRange(of: " in ") { return .isIn(trimmed(term[..<place.lowerBound]), values(term)) }
        return term.hasPrefix("!") ? .isAbsent(trimmed(term.dropFirst())) : .exists(term)
    }

    private static func values(_ term: String) -> [String] {
        guard let open = term.firstIndex(of: "("), let close = term.lastIndex(of: ")"), open < close else { return [] }
        return term[term.index(after: open)..<close].split(separator: ",").map { trimmed($0) }
    }

    private static func trimmed(_ text: some StringProtocol) -> String {
        String(text.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }
}

/// What a request selects.
struct Selection: Sendable {
    var namespace: String?
    var labels: Selector
    var fields: Selector

    func contains(_ object: StoredObject) -> Bool {
        (namespace == nil || namespace == object.key.namespace) && labels.matches { object.labels[$0] }
            && fields.matches(object.field)
    }
}
