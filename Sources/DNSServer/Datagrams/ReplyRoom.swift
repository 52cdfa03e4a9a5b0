import Synchronization

/// Room for the replies of one connection, from when a worker has made them until the client's side of the kernel has them.
///
/// ``ownOctets`` are the connection's own; more are taken from the budget that all connections share. Without it a burst of short
/// questions for something long would be held whole, on its way from the worker that answers to the event loop that writes.
final class ReplyRoom: Sendable {
    /// What a connection has without asking the others.
    private static let ownOctets = 4_096

    private let budget: OctetBudget
    private let held = Atomic<Int>(0)
    private let hasClient = Atomic<Bool>(true)

    init(_ budget: OctetBudget) {
        self.budget = budget
    }

    /// Whether somebody still wants replies.
    var isOpen: Bool { hasClient.load(ordering: .relaxed) }

    /// The connection is closed; what is held is still given back.
    func close() {
        hasClient.store(false, ordering: .relaxed)
    }

    /// Octets that are held now.
    var octets: Int { held.load(ordering: .relaxed) }

    /// Takes room for a reply of `octets`; from any thread.
    ///
    /// Who holds nothing else gets its reply although others have taken everything: the budget is overdrawn by half at most, until the
    /// event loop has closed whoever holds most (``TCPConnections/closeHeaviest()``).
    ///
    /// - Returns: whether there was room.
    func take(_ octets: Int) -> Bool {
        let change = held.add(octets, ordering: .relaxed)
        let borrowed = Self.borrowed(change.newValue) - Self.borrowed(change.oldValue)
        let overdraft = change.oldValue == 0 ? budget.limit / 2 : 0
        if borrowed == 0 || budget.take(borrowed, overdraft: overdraft) { return true }
        // Others may have come and gone meanwhile: what is borrowed follows what is held, step by step.
        let back = held.subtract(octets, ordering: .relaxed)
        budget.takeAnyway(borrowed - (Self.borrowed(back.oldValue) - Self.borrowed(back.newValue)))
        return false
    }

    /// Gives back what was taken for a reply.
    func give(_ octets: Int) {
        let change = held.subtract(octets, ordering: .relaxed)
        let returned = Self.borrowed(change.oldValue) - Self.borrowed(change.newValue)
        if returned > 0 { budget.give(returned) }
    }

    /// What is borrowed when `held` octets are held.
    private static func borrowed(_ held: Int) -> Int { max(0, held - ownOctets) }
}

/// How many queries of one connection may be answered at once.
///
/// It begins with a few and grows with every small reply. Where replies are large it is as many as fit into what may wait for a client:
/// nobody knows how long a reply will be before it is made.
struct QueryWindow {
    private(set) var size: Int
    private let limit: Int

    private static let initialSize = 16
    private static let smallReply = 1_024
    /// Octets of large replies on their way.
    private static let room = 32 << 10

    init(limit: Int) {
        self.limit = limit
        size = min(Self.initialSize, limit)
    }

    /// A reply of `octets` has come.
    mutating func note(_ octets: Int) {
        size = octets <= Self.smallReply ? min(size + 1, limit) : max(1, min(size, Self.room / octets))
    }
}
