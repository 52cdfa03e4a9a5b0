/// An object that is not taken, so that all others can be.
package struct LeftOutObject: Sendable, Hashable {
    /// Why it is not taken.
    package enum Reason: String, Sendable, Hashable {
        /// More of it would have to be kept than one object may take.
        case tooLarge = "too_large"
        /// It is none of its kind, which only the kinds of custom resource definitions can be.
        case unreadable
    }

    package let reason: Reason
    /// Which one it is, when that was known before it was given up.
    package let metadata: ObjectMetadata?

    init(_ reason: Reason, _ metadata: ObjectMetadata? = nil) {
        self.reason = reason
        self.metadata = metadata
    }
}
