/// A word of an expression.
struct Token {
    enum Kind {
        case word
        case number
        case string
        case bytes
        case sign
        case end
    }

    let kind: Kind
    /// As it is written; of a string its contents.
    let text: String
    /// The contents of a literal of octets.
    var octets: [UInt8] = []
    /// Where it begins, in scalars.
    let place: Int

    /// Whether it is the operator, bracket or keyword `sign`.
    func isSign(_ sign: String) -> Bool {
        kind == .sign && text == sign
    }

    /// How messages name it.
    var name: String {
        kind == .end ? "end" : "'\(text.unicodeScalars.count > 40 ? "\(text.unicodeScalars.prefix(40))…" : text)'"
    }
}
