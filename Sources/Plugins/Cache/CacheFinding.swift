/// What an entry is good for at the moment when its question is asked.
enum CacheFinding: Equatable, Sendable {
    /// It answers nobody, or there is none.
    case nothing
    case fresh
    /// Fresh, asked for by many, and about to expire: the source may be asked for it again.
    case freshAndDue
    /// Expired, and still good for an answer.
    case stale
    /// Expired, still good for an answer, and the source may be asked for it again.
    case staleAndDue

    /// Whether the source may be asked for it again.
    var isDue: Bool { self == .freshAndDue || self == .staleAndDue }
    /// Whether it has expired.
    var isStale: Bool { self == .stale || self == .staleAndDue }
}
