/// A regular expression in RE2's syntax, matched in time linear in the text.
///
/// Strangers choose the names that patterns are matched against, so a match never takes more than
/// program size × text length steps, whatever the pattern. What cannot be done in that bound (backreferences,
/// look-around) is refused. Of several matches the leftmost is found, and of those the one that Perl would prefer.
///
/// *Shape*: bytes. Texts are ASCII or UTF-8; `.` and classes stand for one byte, case is ignored for ASCII letters only, and
/// a class holds ASCII characters only. That is where it differs from RE2; Unicode classes such as `\pL` are refused.
package struct Regex: Sendable {
    /// The longest pattern that is accepted, in bytes.
    package static let maximumPatternBytes = 10_000

    package let pattern: String
    /// The name of each group, by number; nil for the whole match (0) and for groups without name.
    package let groupNames: [String?]
    let program: RegexProgram

    /// Reads a pattern.
    ///
    /// - Throws: `RegexError` with the place and the cause, also for a pattern that is too long or grows too large.
    package init(_ pattern: String) throws(RegexError) {
        guard pattern.utf8.count <= Self.maximumPatternBytes else {
            throw RegexError("pattern longer than \(Self.maximumPatternBytes) bytes", at: Self.maximumPatternBytes)
        }
        var parser = RegexParser(pattern)
        let tree = try parser.parse()
        self.pattern = pattern
        groupNames = parser.groupNames
        program = try RegexProgram(tree, groups: parser.groupNames.count)
    }

    /// The number of groups, without the whole match.
    package var groupCount: Int {
        groupNames.count - 1
    }

    /// The number of its instructions: a match takes at most that many steps for each octet of the text.
    package var size: Int { program.instructions.count }

    /// The leftmost match.
    ///
    /// - Complexity: O(pattern × text).
    package func firstMatch(in text: [UInt8]) -> RegexMatch? {
        var machine = RegexMachine(program, captures: true)
        return machine.run(text.span) ? RegexMatch(text: text, slots: machine.result, names: groupNames) : nil
    }

    /// The leftmost match.
    ///
    /// - Complexity: O(pattern × text).
    package func firstMatch(in text: String) -> RegexMatch? {
        firstMatch(in: Array(text.utf8))
    }

    /// Whether the pattern matches anywhere in the text; cheaper than `firstMatch`.
    ///
    /// - Complexity: O(pattern × text).
    package func matches(_ text: [UInt8]) -> Bool {
        var machine = RegexMachine(program, captures: false)
        return machine.run(text.span)
    }

    /// Whether the pattern matches anywhere in the text; cheaper than `firstMatch`.
    ///
    /// - Complexity: O(pattern × text).
    package func matches(_ text: String) -> Bool {
        matches(Array(text.utf8))
    }
}

/// Where a pattern matched, and what its groups hold.
package struct RegexMatch: Sendable {
    private let text: [UInt8]
    private let slots: [Int]
    private let names: [String?]

    init(text: [UInt8], slots: [Int], names: [String?]) {
        self.text = text
        self.slots = slots
        self.names = names
    }

    /// The number of groups, the whole match included.
    package var count: Int {
        slots.count / 2
    }

    /// The whole match, in bytes of the text.
    package var range: Range<Int> {
        slots[0]..<slots[1]
    }

    /// Where a group matched; nil when there is no such group or it took no part.
    package func range(_ group: Int) -> Range<Int>? {
        guard group >= 0, group < count, slots[group * 2] >= 0, slots[group * 2 + 1] >= 0 else { return nil }
        return slots[group * 2]..<slots[group * 2 + 1]
    }

    /// What a group holds; 0 is the whole match.
    package subscript(group: Int) -> String? {
        range(group).map { String(decoding: text[$0], as: UTF8.self) }
    }

    /// What the group of that name holds.
    package subscript(name: String) -> String? {
        names.firstIndex(of: name).flatMap { self[$0] }
    }
}

/// Why a pattern was refused, and where.
package struct RegexError: Error, Hashable, CustomStringConvertible {
    package let message: String
    /// In bytes of the pattern, from 0.
    package let position: Int

    init(_ message: String, at position: Int) {
        self.message = message
        self.position = position
    }

    package var description: String {
        "\(message) at position \(position)"
    }
}
