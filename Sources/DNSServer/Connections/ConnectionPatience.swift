import NIOCore

/// Whom a connection waits for, and until when.
///
/// A value: it is told what happens and what time it is. Octets that do not make up a query yet do not count as a sign of life, nor do
/// messages that are none, so that nobody keeps a connection by sending something now and then.
struct ConnectionPatience {
    /// What is waited for.
    enum Cause: Equatable {
        /// The first query.
        case read
        /// That the client takes a reply.
        case write
        /// The next query.
        case idle
        /// The end of the stream, after the last reply that this side sends.
        case end
    }

    private let settings: ConnectionSettings
    /// What is waited for; nil while the client waits for the server.
    private(set) var cause: Cause?
    /// When the patience is over; nil while nothing of the client's is waited for.
    private(set) var deadline: NIODeadline?
    /// Until when a query was waited for when the last message came.
    private var former: NIODeadline?
    /// Whether that message was no query.
    private var wasNoQuery = false

    /// How long a client has to end its side when this one is done.
    private static let endTime = TimeAmount.seconds(2)

    init(_ settings: ConnectionSettings) {
        self.settings = settings
    }

    /// Waits for what is to come next.
    ///
    /// - Parameter isProgress: whether a reply was taken, so that the next one has its whole time.
    mutating func wait(for cause: Cause?, now: NIODeadline, isProgress: Bool = false) {
        guard cause != self.cause || isProgress else { return }
        if self.cause == .read || self.cause == .idle { former = deadline }
        self.cause = cause
        deadline = cause.map { now + time(for: $0) }
        guard cause == .read || cause == .idle else { return }
        if wasNoQuery, let former { deadline = former }
        wasNoQuery = false
    }

    /// What the server made of the last message.
    mutating func hear(isQuery: Bool) {
        wasNoQuery = !isQuery
    }

    private func time(for cause: Cause) -> TimeAmount {
        switch cause {
        case .read: TimeAmount(settings.readTime)
        case .write: TimeAmount(settings.writeTime)
        case .idle: TimeAmount(settings.idleTime)
        case .end: Self.endTime
        }
    }
}
