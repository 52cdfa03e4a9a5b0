import Basics

/// Why a request to the API server brought no result.
package enum APIFailure: Error, Sendable, Equatable {
    /// No connection, or the connection broke before the reply. The cause in words.
    case unreachable(String)
    /// No reply in time.
    case timedOut
    /// The API server answered with something other than success.
    case refused(APIRefusal)
    /// The stream ended within an object.
    case cut
    /// The reply is not what the API says it is. The place of the fault in words.
    case malformed(String)
    /// One object, or one page of a list, is larger than we hold.
    case tooLarge(limit: Int)
    /// The bearer token can not be read. The cause in words.
    case noCredentials(String)
    /// The API server's history went back, as after a restored backup.
    case historyWentBack
    /// The API server does not tell the first state where it was asked to.
    case noInitialEvents
    /// What the watch told is not what the API server has.
    case diverged

    /// Whether the history we ask for is gone, so that the state must be listed again.
    var isExpired: Bool {
        switch self {
        case .refused(let refusal): refusal.code == 410 || refusal.reason == "Expired"
        case .historyWentBack, .diverged: true
        default: false
        }
    }

    /// Whether it says that the API server is away, so that it is much the same for all kinds of objects.
    ///
    /// It is not, where the API server answers and refuses one kind, or answers something else than it should.
    var isOutage: Bool {
        switch self {
        case .unreachable, .timedOut, .cut, .noCredentials: true
        case .refused(let refusal): refusal.code >= 500 || refusal.code == 429 || refusal.code == 401
        case .malformed, .tooLarge, .historyWentBack, .noInitialEvents, .diverged: false
        }
    }

    /// The HTTP status of a refusal.
    var status: Int? {
        if case .refused(let refusal) = self { refusal.code } else { nil }
    }

    /// How long the API server asked us to stay away.
    var retryAfter: Duration? {
        if case .refused(let refusal) = self { refusal.retryAfter } else { nil }
    }
}

/// A reply other than success.
package struct APIRefusal: Sendable, Hashable {
    /// The HTTP status.
    package var code: Int
    /// The API's reason, one word (`Forbidden`); empty when the reply names none.
    package var reason: String
    /// The API's explanation; empty when the reply has none.
    package var message: String
    /// How long the API server asked us to stay away.
    package var retryAfter: Duration?

    /// Creates a refusal.
    package init(code: Int, reason: String = "", message: String = "", retryAfter: Duration? = nil) {
        self.code = code
        self.reason = reason.clipped(to: 64)
        self.message = message.clipped()
        self.retryAfter = retryAfter
    }

    /// A pause of so many seconds; nothing when the number is no sensible pause.
    static func pause(seconds: Int) -> Duration? {
        (1...86400).contains(seconds) ? .seconds(seconds) : nil
    }
}

extension APIFailure: CustomStringConvertible {
    package var description: String {
        switch self {
        case .unreachable(let cause): cause
        case .timedOut: "no reply in time"
        case .refused(let refusal): refusal.description
        case .cut: "the stream ended within an object"
        case .malformed(let place): "unreadable reply: \(place)"
        case .tooLarge(let limit): "reply larger than \(limit) bytes"
        case .noCredentials(let cause): cause
        case .historyWentBack: "the resource version went back"
        case .noInitialEvents: "the list is not streamed"
        case .diverged: "the state is not the API server's"
        }
    }

    /// A word for the kind of failure, the same for all failures of that kind.
    var kind: String {
        switch self {
        case .unreachable: "unreachable"
        case .timedOut: "timed out"
        case .refused(let refusal): String(refusal.code)
        case .cut: "cut"
        case .malformed: "malformed"
        case .tooLarge: "too large"
        case .noCredentials: "no credentials"
        case .historyWentBack: "history went back"
        case .noInitialEvents: "no initial events"
        case .diverged: "diverged"
        }
    }
}

extension APIRefusal: CustomStringConvertible {
    package var description: String {
        var text = String(code)
        if !reason.isEmpty { text += " \(reason)" }
        if !message.isEmpty { text += ": \(message)" }
        return text
    }
}
