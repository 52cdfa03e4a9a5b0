/// How long the clients of connections are waited for, and how much each may ask.
package struct ConnectionSettings: Equatable, Sendable {
    /// From the beginning of a connection until its first query is there, whole.
    package var readTime = Duration.seconds(3)
    /// Until the client has taken a reply, from when it could be sent.
    package var writeTime = Duration.seconds(5)
    /// From when the client has all its replies until its next query is there, whole.
    package var idleTime = Duration.seconds(10)
    /// How many queries a connection may ask; `.max` for any number.
    package var queryLimit = Int.max

    package init() {}

    /// The idle time in tenths of a second, as clients are told it; 0 when that is less than one (RFC 7828 §3.1).
    var keepaliveTime: UInt16 {
        UInt16(clamping: Int(min(idleTime, .seconds(7_000)) / .milliseconds(100)))
    }
}

extension ConnectionSettings {
    /// What a server block wants otherwise; nil leaves a setting as it is.
    package struct Changes: Equatable, Sendable {
        package var readTime: Duration?
        package var writeTime: Duration?
        package var idleTime: Duration?
        package var queryLimit: Int?

        package init() {}

        /// Whether it wants nothing.
        package var isEmpty: Bool { self == Changes() }

        /// These changes, and then `others`.
        package func followed(by others: Changes) -> Changes {
            var result = self
            result.readTime = others.readTime ?? readTime
            result.writeTime = others.writeTime ?? writeTime
            result.idleTime = others.idleTime ?? idleTime
            result.queryLimit = others.queryLimit ?? queryLimit
            return result
        }
    }

    /// Takes over what `changes` has.
    mutating func apply(_ changes: Changes) {
        readTime = changes.readTime ?? readTime
        writeTime = changes.writeTime ?? writeTime
        idleTime = changes.idleTime ?? idleTime
        queryLimit = changes.queryLimit ?? queryLimit
    }
}

/// A plugin that says how the connections to its block's addresses are treated: `timeouts`.
package protocol ConnectionSettingsProvider {
    var connectionChanges: ConnectionSettings.Changes { get }
}
