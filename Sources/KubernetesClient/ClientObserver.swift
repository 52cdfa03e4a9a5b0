/// Hears of what a client does, for metrics.
///
/// The functions are called from the tasks that do the work; they must be quick.
package protocol ClientObserver: Sendable {
    /// A request got its reply's head, or none.
    func requestFinished(_ report: RequestReport)
    /// How a reflector stands with the API server has changed.
    ///
    /// - Parameter resource: the plural of the kind of object.
    func reflectorChanged(resource: String, to standing: ReflectorStanding)
    /// Whether the observer tells people that the API server is away.
    ///
    /// The reflectors, which find out one after the other, then keep it to themselves.
    var tellsOutages: Bool { get }
    /// Addresses of objects were dropped because they are none.
    func addressesDropped(resource: String, count: Int)
    /// Objects were left out, so that all others could be taken.
    func objectsLeftOut(resource: String, reason: LeftOutObject.Reason, count: Int)
    /// A request that is subject to ``RequestLimits`` went on its way.
    ///
    /// - Parameters:
    ///   - host: host and port of the API server.
    ///   - duration: how long the limits held it up; zero for most.
    func requestWaited(operation: APIRequest.Operation, method: String, host: String, duration: Duration)
    /// A check found that the watch had told something other than the API server's list.
    ///
    /// - Parameter count: how many objects differ.
    func divergenceFound(resource: String, count: Int)
}

extension ClientObserver {
    package var tellsOutages: Bool { false }

    package func objectsLeftOut(resource: String, reason: LeftOutObject.Reason, count: Int) {}
    package func requestWaited(operation: APIRequest.Operation, method: String, host: String, duration: Duration) {}
    package func divergenceFound(resource: String, count: Int) {}
}

/// One request, as far as metrics are concerned.
package struct RequestReport: Sendable, Hashable {
    /// What was asked for: `list`, `watch` or `get`.
    package var operation: APIRequest.Operation
    /// The HTTP method.
    package var method: String
    /// Host and port of the API server.
    package var host: String
    /// The HTTP status in digits, `<error>` when there was no reply.
    package var code: String
    /// The time until the head of the reply; for a list its body comes on top.
    package var duration: Duration

    /// Creates a report.
    package init(operation: APIRequest.Operation, method: String, host: String, code: String, duration: Duration) {
        self.operation = operation
        self.method = method
        self.host = host
        self.code = code
        self.duration = duration
    }
}

/// An observer that is not interested.
package struct NoObserver: ClientObserver {
    /// Creates an observer.
    package init() {}

    package func requestFinished(_ report: RequestReport) {}
    package func reflectorChanged(resource: String, to standing: ReflectorStanding) {}
    package func addressesDropped(resource: String, count: Int) {}
}
