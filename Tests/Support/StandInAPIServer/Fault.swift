/// Something that goes wrong on purpose.
package struct Fault: Sendable {
    /// The kind of request that is hit.
    package enum Operation: Sendable {
        case list
        case watch
    }

    /// What happens to the request.
    package enum Effect: Sendable {
        /// A reply with this status, and a `Status` object as its body.
        case refuse(status: Int, reason: String, message: String = "", retryAfter: Int? = nil)
        /// Success, and a body that is no JSON. On a watch one such line, then silence.
        case garbage
        /// A watch that is opened, brings one `ERROR` event 410 and ends.
        case expireInStream
        /// A watch whose first event breaks off in the middle of a line.
        case cutMidLine
        /// A watch that ends in good order without an event.
        case emptyStream
        /// These lines of JSON, then silence; for a list, the whole reply.
        case lines([String])
        /// The head of a reply, then silence.
        case stallBody
        /// No reply at all.
        case stall
        /// The reply comes later.
        case delay(Duration)
        /// The connection is closed without a reply.
        case drop
        /// A reply that sends the client elsewhere.
        case redirect(location: String)
        /// A watch with a line of so many bytes.
        case longLine(bytes: Int)
    }

    /// The plural of the objects whose requests are hit; all when there is none.
    package var resource: String?
    /// The kind of request that is hit; all when there is none.
    package var operation: Operation?
    /// What happens.
    package var effect: Effect
    /// How many requests are hit before the fault is over; nothing means until it is cleared.
    package var remaining: Int?

    /// Creates a fault.
    package init(_ effect: Effect, resource: String? = nil, operation: Operation? = nil, times remaining: Int? = nil) {
        self.effect = effect
        self.resource = resource
        self.operation = operation
        self.remaining = remaining
    }

    func hits(resource: String, operation: Operation) -> Bool {
        (self.resource == nil || self.resource == resource) && (self.operation == nil || self.operation == operation)
            && remaining != 0
    }
}
