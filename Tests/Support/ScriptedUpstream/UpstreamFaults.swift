/// What a scripted upstream does wrong; nothing to begin with.
package struct UpstreamFaults: Sendable, Equatable {
    /// How long a reply is kept back.
    package var delay: Duration = .zero
    /// The share of queries that get no reply, from 0 to 1; they are spread evenly, so that a run can be repeated.
    package var dropShare = 0.0
    /// Replies carry another ID than the query.
    package var hasWrongID = false
    /// Replies are to another question.
    package var hasWrongQuestion = false
    /// Replies break off in the middle, without TC.
    package var isCutShort = false

    /// No faults.
    package init() {}
}
