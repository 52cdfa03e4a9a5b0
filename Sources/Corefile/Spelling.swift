/// Finding the word that was probably meant.
enum Spelling {
    /// The longest word that is compared, in bytes; the cost is quadratic.
    private static let longest = 40

    /// The candidate nearest to the word, if it is near enough to be a slip of the keyboard.
    static func nearest(to word: String, among candidates: some Sequence<String>) -> String? {
        guard (2...longest).contains(word.utf8.count) else { return nil }
        let bytes = Array(word.lowercased().utf8)
        var best: (name: String, distance: Int)?
        for candidate in candidates where candidate.utf8.count <= longest {
            let distance = distance(bytes, Array(candidate.utf8))
            if distance < best?.distance ?? Int.max { best = (candidate, distance) }
        }
        guard let best, best.distance <= max(1, bytes.count / 3) else { return nil }
        return best.name
    }

    /// Insertions, removals, replacements and swaps of neighbours between two words.
    static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var (older, previous) = ([Int](), Array(0...right.count))
        for row in left.indices {
            var current = [row + 1]
            for column in right.indices {
                let cost = left[row] == right[column] ? 0 : 1
                var value = min(previous[column] + cost, previous[column + 1] + 1, current[column] + 1)
                if row > 0, column > 0, left[row] == right[column - 1], left[row - 1] == right[column] {
                    value = min(value, older[column - 1] + 1)
                }
                current.append(value)
            }
            (older, previous) = (previous, current)
        }
        return previous[right.count]
    }
}
