/// How tightly operators bind.
enum Operators {
    static let unary: [String: Int] = ["not": 50, "!": 50, "-": 90, "+": 90]

    static let binary: [String: Int] = [
        "|": 0, "or": 10, "||": 10, "and": 15, "&&": 15,
        "==": 20, "!=": 20, "<": 20, ">": 20, ">=": 20, "<=": 20,
        "in": 20, "matches": 20, "contains": 20, "startsWith": 20, "endsWith": 20,
        "..": 25, "+": 30, "-": 30, "*": 60, "/": 60, "%": 60, "**": 100, "^": 100, "??": 500,
    ]

    /// Those that join bools; whether it is `and`.
    static let logical = ["and": true, "&&": true, "or": false, "||": false]

    /// Those that `not` may stand in front of.
    static let negatable: Set<String> = ["in", "matches", "contains", "startsWith", "endsWith"]

    static let comparisons: Set<String> = ["<", ">", "<=", ">="]

    /// Those of which `a ** b ** c` is `a ** (b ** c)`.
    static let rightAssociative: Set<String> = ["**", "^"]
}
