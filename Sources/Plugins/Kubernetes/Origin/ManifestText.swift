import Yams

/// What a manifest may be before it is made a tree of: a tree takes a hundred times what the text of tiny parts does.
enum ManifestText {
    /// Documents in one manifest.
    static let mostDocuments = 10_000
    /// Commas, colons, brackets and lines in one document, of which each may be a part of its own: a hundred megabytes as a tree.
    static let mostMarks = 500_000

    /// Takes a text apart where documents begin, so that one at a time is a tree.
    ///
    /// Source: YAML 1.2.2 §9.1; `---` at the beginning of a line is nothing else anywhere.
    /// - Throws: when there are too many, or one is too large.
    static func documents(of text: String) throws(Manifests.Mistake) -> [Substring] {
        var documents: [Substring] = []
        var start = text.startIndex
        var marks = 0
        // Whether there is more before the next document than directives, which belong to it.
        var isBegun = false
        for line in text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            if isBegun, Self.begins(line) {
                documents.append(text[start..<line.startIndex])
                guard documents.count < mostDocuments else {
                    throw Manifests.Mistake(description: "more than \(mostDocuments) documents")
                }
                (start, marks, isBegun) = (line.startIndex, 0, false)
            }
            isBegun = isBegun || !(line.isEmpty || line.first == UInt8(ascii: "%") || line.first == UInt8(ascii: "#"))
            marks += 1 + line.count(where: Self.isMark)
            guard marks <= mostMarks else {
                throw Manifests.Mistake(description: "document \(documents.count + 1) is too large")
            }
        }
        return documents + [text[start...]]
    }

    private static func begins(_ line: Substring.UTF8View) -> Bool {
        guard line.starts(with: "---".utf8) else { return false }
        return line.dropFirst(3).first.map { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D } ?? true
    }

    private static func isMark(_ octet: UInt8) -> Bool {
        switch octet {
        case UInt8(ascii: ","), UInt8(ascii: ":"), UInt8(ascii: "["), UInt8(ascii: "{"), UInt8(ascii: "-"): true
        default: false
        }
    }
}

/// How much the nodes of a file may come to, with every alias in place of what it stands for.
struct NodeBudget {
    private var rest: Int

    /// - Parameter octets: the file's size.
    init(octets: Int) {
        // A node takes an octet at least; a few aliases are fair.
        rest = 2 * octets + 10_000
    }

    /// Counts a node and all in it.
    ///
    /// - Returns: whether it was within the budget.
    /// - Complexity: O(the rest of the budget) at most.
    mutating func take(_ node: Node, depth: Int = 0) -> Bool {
        rest -= 1
        guard rest >= 0, depth < 64 else { return false }
        switch node {
        case .scalar, .alias: return true
        case .sequence(let items): return items.allSatisfy { take($0, depth: depth + 1) }
        case .mapping(let pairs):
            return pairs.allSatisfy { take($0.key, depth: depth + 1) && take($0.value, depth: depth + 1) }
        }
    }
}
