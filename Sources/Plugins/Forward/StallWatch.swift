import NIOCore

/// Tells a connection that stalls from one whose peer takes its time.
///
/// A query that is given up says little: another upstream may have been faster. Only when nothing at all has come for a while
/// although something was asked is the connection no good. Time without questions does not count.
struct StallWatch: Sendable {
    /// How long a connection may say nothing.
    static let patience = TimeAmount.seconds(1)

    private var silentSince: NIODeadline?
    private var lastSent = NIODeadline.uptimeNanoseconds(0)

    /// A question is sent; `isAlone` when no other waits for a reply.
    mutating func sent(isAlone: Bool, at now: NIODeadline) {
        if isAlone, now - lastSent > Self.patience { silentSince = nil }
        if silentSince == nil { silentSince = now }
        lastSent = now
    }

    /// Something has come.
    mutating func heard() {
        silentSince = nil
    }

    func isStalled(at now: NIODeadline) -> Bool {
        silentSince.map { now - $0 >= Self.patience } ?? false
    }
}
