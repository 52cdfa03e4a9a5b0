package import DNSWire

/// What a plugin says of a query on the way down the chain.
package enum Verdict {
    /// The next plugin shall look at it.
    case next
    /// The reply stands in ``Query/reply``.
    case reply
    /// There is no answer: the asker gets a bare reply with this code, and the failure is logged by `errors`.
    case fail(QueryFailure)
    /// The asker gets nothing at all.
    case drop
    /// The body has something to wait for; it runs on the query's worker and then says one of the others.
    ///
    /// A query whose ``Query/deadline`` has come does not begin to wait, it fails. What else the body waits for than
    /// other queries must end by the deadline.
    case wait((Query) async -> Verdict)
    /// The plugin keeps the query and says one of the others later, by ``Query/resume(_:)``, at its ``Query/deadline`` at the latest.
    ///
    /// It is what `wait` is without a task: for a plugin that is called back on the worker's thread anyway.
    case parked
}

/// What a plugin says of a reply on the way up the chain.
package enum ReplyVerdict {
    case done
    /// The body has something to wait for; the reply goes on upward when it ends.
    case wait((Query) async -> Void)
}

/// Why a query got no proper answer.
package struct QueryFailure: Error, Sendable {
    /// What the asker is told: usually SERVFAIL or REFUSED.
    package let responseCode: ResponseCode
    /// ``extendedError``, or 0: beside the code it takes no room in a ``Verdict``, which each query is told by each plugin.
    private let extendedErrorNumber: UInt16
    /// What the operator is told, in one sentence; empty when there is nothing to say.
    package let reason: String

    package init(_ responseCode: ResponseCode, _ reason: String = "", _ extendedError: ExtendedErrorCode? = nil) {
        self.responseCode = responseCode
        self.reason = reason
        extendedErrorNumber = extendedError?.rawValue ?? 0
    }

    /// What an asker that speaks EDNS is told besides.
    package var extendedError: ExtendedErrorCode? {
        extendedErrorNumber == 0 ? nil : ExtendedErrorCode(rawValue: extendedErrorNumber)
    }

    /// Whether those failed who could have answered, so that others who ask the same need not try for a moment (RFC 9520 §2).
    package var isOfResolution: Bool { extendedError == .noReachableAuthority || extendedError == .networkError }

    /// The query's ``Query/deadline`` came before its answer.
    package static let deadlineExceeded = QueryFailure(.serverFailure, "context deadline exceeded")
}
