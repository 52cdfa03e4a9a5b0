import DNSWire

/// What the source's reply does to the entry that it was asked for again for, as a value.
///
/// Source: RFC 8767 §4: NOERROR and NXDOMAIN take the place of what there was, all else has failed.
enum RefreshVerdict: Equatable, Sendable {
    /// The reply is kept in the entry's place.
    case replaces
    /// The source has spoken, and its reply may not be kept: the entry goes.
    case removes
    /// `prefer_positive`: a denial is kept beside the answer, which stays.
    case standsBeside
    /// There is no usable reply: the entry stays.
    case failed

    /// Judges a reply with its records.
    ///
    /// - Parameter isProtected: whether the entry is an answer that only an answer may replace (``StaleRules/protects(_:at:)``).
    init(_ policy: CachePolicy, code: ResponseCode, isTruncated: Bool, answerCount: UInt16, isProtected: Bool) {
        let taken: RefreshVerdict = policy.place == nil ? .removes : .replaces
        guard !isTruncated else {
            self = .failed
            return
        }
        switch policy.kind {
        case .serverError:
            self = .failed
        case .other:
            // Of the codes that are not kept, only NXDOMAIN says something of the name; it comes with an alias here.
            self = code == .nameError && !isProtected ? .removes : .failed
        case .nameError, .noData:
            self = !isProtected ? taken : policy.place == nil ? .failed : .standsBeside
        case .answer, .referral:
            // An alias that leads nowhere is half a reply.
            self = policy.isComplete && (!isProtected || answerCount > 0) ? taken : .failed
        }
    }
}
