/// Who is connected to an HTTP address, the first comer first, and who has to go when another comes.
///
/// The newest wins, and whoever has the most connections pays: at the limit of a source its own first connection goes, at the limit
/// of all the first one of the source that has most. So a crowd from one address keeps nobody else out, nor itself.
///
/// - Complexity: of everything, linear in the number of connections, which is small.
struct HTTPRoster {
    private struct Entry {
        let number: Int
        let source: HTTPSource
        /// The page that it takes; nil when its reply is a small one, or none.
        var page: Int?
    }

    private let limits: HTTPLimits
    private var entries: [Entry] = []
    private var last = 0

    init(_ limits: HTTPLimits) {
        self.limits = limits
    }

    /// How many are connected.
    var count: Int { entries.count }

    /// Takes in a connection.
    ///
    /// - Returns: its number, and that of the one that has to be closed for it.
    mutating func admit(from source: HTTPSource) -> (number: Int, leaving: Int?) {
        let leaving = firstToLeave(for: source)
        if let leaving { remove(leaving) }
        last += 1
        entries.append(Entry(number: last, source: source))
        return (last, leaving)
    }

    private func firstToLeave(for source: HTTPSource) -> Int? {
        if entries.count(where: { $0.source == source }) >= limits.connectionsPerSource {
            return entries.first { $0.source == source }?.number
        }
        guard entries.count >= limits.connections else { return nil }
        let counts = Dictionary(entries.map { ($0.source, 1) }, uniquingKeysWith: +)
        let most = counts.values.max()
        return entries.first { counts[$0.source] == most }?.number
    }

    /// Forgets one that is closed; calling it again has no effect.
    mutating func remove(_ number: Int) {
        entries.removeAll { $0.number == number }
    }

    /// Connection `number` begins to take the page of this serial number.
    ///
    /// - Returns: those that still take a page that is too old to be kept for them.
    mutating func begin(page: Int, on number: Int) -> [Int] {
        guard let index = entries.firstIndex(where: { $0.number == number }) else { return [] }
        entries[index].page = page
        return entries.filter { $0.page.map { page - $0 > limits.laterPages } ?? false }.map(\.number)
    }

    /// Connection `number` has taken its reply.
    mutating func endReply(on number: Int) {
        guard let index = entries.firstIndex(where: { $0.number == number }) else { return }
        entries[index].page = nil
    }
}
