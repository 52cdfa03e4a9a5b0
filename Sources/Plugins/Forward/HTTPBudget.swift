/// How many octets of unfinished responses the streams of a connection hold.
///
/// Used on the connection's event loop only.
final class HTTPBudget {
    /// Sixty-four of the longest replies.
    static let limit = 64 * HTTPMessage.longest
    private(set) var held = 0

    /// Takes room for `count` octets; false when there is none.
    func take(_ count: Int) -> Bool {
        guard held + count <= Self.limit else { return false }
        held += count
        return true
    }

    func giveBack(_ count: Int) {
        held -= count
    }
}
