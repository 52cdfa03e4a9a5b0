import Synchronization
import Telemetry

/// All TCP connections of a server, the one whose client has said nothing for longest first.
///
/// At the limit that one is closed for a new one, unless it has queries that are being answered (RFC 7766 §6.2.3 lets a server close
/// idle connections when it must). So a crowd of silent connections keeps nobody out.
///
/// Unchecked Sendable: used on the one event loop that all connections have, but for `count`.
final class TCPConnections: @unchecked Sendable {
    /// Why a connection was closed, or not accepted.
    enum Closing: Int, CaseIterable {
        /// It was idle for longest when a new one came.
        case idleForNew
        /// All others were busy.
        case refused
        /// It held more of messages than there was room for.
        case buffers

        var label: String {
            switch self {
            case .idleForNew: "idle_for_new"
            case .refused: "refused"
            case .buffers: "buffers"
            }
        }
    }

    let limit: Int
    private let closings: CounterMatrix
    private let shard: MetricShard
    private let number = Atomic<Int>(0)
    private var oldest: TCPConnection?
    private var newest: TCPConnection?

    /// - Throws: a conflict with another metric.
    init(limit: Int, _ metrics: MetricsRegistry) throws(MetricError) {
        self.limit = limit
        shard = metrics.shared
        closings = try metrics.counterMatrix(
            "needletail_connections_closed_total", help: "TCP connections closed or refused at a limit, by reason.",
            fixedLabels: [], dimensions: [MetricDimension("reason", Closing.allCases.map(\.label))],
            exposesZeroes: true)
    }

    /// How many there are.
    var count: Int { number.load(ordering: .relaxed) }

    func countClosing(_ reason: Closing) {
        closings.increment(reason.rawValue, in: shard)
    }

    /// Makes room for one more.
    ///
    /// - Returns: false when all that could be closed are busy.
    func makeRoom() -> Bool {
        guard count >= limit, !closeIdle() else { return true }
        countClosing(.refused)
        return false
    }

    /// Closes the one that has been idle for longest.
    ///
    /// Those that are busy are not idle, however long ago they asked: they go to the end, so that they are not looked at each time.
    ///
    /// - Returns: false when all are busy.
    @discardableResult
    func closeIdle() -> Bool {
        for _ in 0..<count {
            guard let connection = oldest else { break }
            guard connection.isIdle else {
                touch(connection)
                continue
            }
            remove(connection)
            connection.close()
            countClosing(.idleForNew)
            return true
        }
        return false
    }

    /// Closes the one for which most replies wait; of equal ones that whose client has said nothing for longest.
    ///
    /// All are looked at. That is rare enough: each time one is closed, and somebody has to open another.
    ///
    /// - Returns: false when nothing waits for anybody.
    func closeHeaviest() -> Bool {
        var heaviest: TCPConnection?
        var candidate = oldest
        while let connection = candidate {
            if connection.replyRoom.octets > heaviest?.replyRoom.octets ?? 0 { heaviest = connection }
            candidate = connection.newer
        }
        guard let heaviest else { return false }
        remove(heaviest)
        heaviest.closeForWantOfRoom()
        return true
    }

    /// Closes those for which most replies wait until no more is taken of `budget` than there is.
    func makeRoom(in budget: OctetBudget) {
        // What is still on its way to one that was closed comes back a little later.
        for _ in 0..<Self.closedAtOnce where budget.isOverdrawn {
            guard closeHeaviest() else { return }
        }
    }

    private static let closedAtOnce = 8

    /// Ends those of a listening address, each when what is under way is answered.
    func end(listener: Int) {
        var candidate = oldest
        while let connection = candidate {
            candidate = connection.newer
            if connection.listener == listener { connection.end() }
        }
    }

    /// Takes in a new one.
    func add(_ connection: TCPConnection) {
        guard !connection.isListed else { return }
        connection.isListed = true
        number.add(1, ordering: .relaxed)
        append(connection)
    }

    /// Its client has said something.
    func touch(_ connection: TCPConnection) {
        guard connection.isListed, newest !== connection else { return }
        unlink(connection)
        append(connection)
    }

    /// Forgets one that is closed; a second time is no matter.
    func remove(_ connection: TCPConnection) {
        guard connection.isListed else { return }
        connection.isListed = false
        number.subtract(1, ordering: .relaxed)
        unlink(connection)
    }

    private func append(_ connection: TCPConnection) {
        connection.older = newest
        newest?.newer = connection
        newest = connection
        if oldest == nil { oldest = connection }
    }

    private func unlink(_ connection: TCPConnection) {
        if oldest === connection { oldest = connection.newer }
        if newest === connection { newest = connection.older }
        connection.older?.newer = connection.newer
        connection.newer?.older = connection.older
        connection.older = nil
        connection.newer = nil
    }
}
