/// A value in a template.
enum GoValue: Sendable, Hashable {
    case string(String)
    case number(Int128)
    case bool(Bool)
    case list([String])
    /// A key that is not there has the empty text.
    case map([String: GoValue])

    /// As Go prints it.
    var text: String {
        switch self {
        case .string(let text): text
        case .number(let number): "\(number)"
        case .bool(let flag): flag ? "true" : "false"
        case .list(let items): "[\(items.joined(separator: " "))]"
        case .map(let items):
            "map[\(items.sorted { $0.key < $1.key }.map { "\($0.key):\($0.value.text)" }.joined(separator: " "))]"
        }
    }

    /// Whether `if` takes the branch: everything but nothing, zero and false.
    var isTrue: Bool {
        switch self {
        case .string(let text): !text.isEmpty
        case .number(let number): number != 0
        case .bool(let flag): flag
        case .list(let items): !items.isEmpty
        case .map(let items): !items.isEmpty
        }
    }

    /// The value below a field path.
    func member(_ path: ArraySlice<String>) throws(GoTemplateError) -> GoValue {
        guard let name = path.first else { return self }
        guard case .map(let items) = self, path.count == 1 else {
            throw GoTemplateError("can't evaluate field \(name) in \(self.text)")
        }
        return items[name] ?? .string("")
    }

    var number: Int128? {
        guard case .number(let number) = self else { return nil }
        return number
    }
}
