/// How far a reply agrees with the recorded one.
struct Agreement: Equatable {
    /// Response code, answer and authority records.
    var inAnswers: Bool
    /// Also flags, question, additional records and EDNS.
    var inWhole: Bool

    init(recorded: RecordedReply, got: RecordedReply) {
        if recorded.error != nil || got.error != nil {
            inAnswers = (recorded.error == nil) == (got.error == nil)
            inWhole = recorded.error == got.error
            return
        }
        let hasSameFlags = recorded.flags?.sorted() == got.flags?.sorted()
        let hasSameFrame = hasSameFlags && recorded.question == got.question && recorded.edns == got.edns
        if recorded.flags?.contains("TC") == true {
            // Which records fit is left to chance: the order is shuffled.
            inAnswers = recorded.rcode == got.rcode && hasSameFlags
            inWhole = inAnswers && hasSameFrame
            return
        }
        inAnswers =
            recorded.rcode == got.rcode && Self.areSame(recorded.answer, got.answer)
            && Self.areSame(recorded.authority, got.authority)
        inWhole = inAnswers && hasSameFrame && Self.areSame(recorded.additional, got.additional)
    }

    /// TTLs that come from a cache may have aged by a second or two while recording.
    private static func areSame(_ left: [String]?, _ right: [String]?) -> Bool {
        guard left != right else { return true }
        let (left, right) = (aged(left ?? []), aged(right ?? []))
        return left.map(\.text) == right.map(\.text) && zip(left, right).allSatisfy { abs($0.ttl - $1.ttl) <= 2 }
    }

    /// Records without their TTL, and the TTL.
    private static func aged(_ records: [String]) -> [(text: String, ttl: Int)] {
        records.map { record in
            var fields = record.split(separator: " ")
            let ttl = fields.count > 1 ? Int(fields.remove(at: 1)) ?? -1 : -1
            return (fields.joined(separator: " "), ttl)
        }.sorted { ($0.text, $0.ttl) < ($1.text, $1.ttl) }
    }
}
