/// What was waited for has not come.
package struct OutOfPatience: Error, CustomStringConvertible {
    package let description: String

    /// - Parameter description: what has not come, and what is known of the reason.
    package init(description: String) {
        self.description = description
    }
}

/// Looks again and again whether another process has come so far, until it has or the time is over.
///
/// - Parameters:
///   - what: what is waited for, for the error.
///   - log: what the other process has written, for the error.
/// - Throws: ``OutOfPatience``, and the errors of `condition`.
package func wait(
    within time: Duration = .seconds(15), for what: String, log: () -> String = { "" },
    until condition: () async throws -> Bool
) async throws {
    let end = ContinuousClock.now + time
    while try await !condition() {
        guard ContinuousClock.now < end else {
            throw OutOfPatience(description: "waited \(time) in vain for \(what)\n\(log())")
        }
        try await Task.sleep(for: .milliseconds(5))
    }
}
