/// A request that reads from the API server.
package struct APIRequest: Sendable, Equatable {
    /// What is asked for.
    package enum Operation: String, Sendable, Hashable {
        case list
        case watch
        case get
    }

    /// What is asked for.
    package var operation: Operation
    /// The path below the server's prefix.
    package var path: String
    /// Names and values, not encoded yet.
    var query: [(name: String, value: String)] = []
    /// The media types of the reply, the best one first.
    var accept = MediaType.json

    /// Creates a request.
    package init(operation: Operation, path: String) {
        self.operation = operation
        self.path = path
    }

    package static func == (left: APIRequest, right: APIRequest) -> Bool {
        left.operation == right.operation && left.path == right.path && left.accept == right.accept
            && left.query.elementsEqual(right.query, by: ==)
    }
}

/// Which objects of a kind are followed.
package struct ResourceSelection: Sendable, Hashable {
    /// The namespace; all when there is none.
    package var namespace: String?
    /// A label selector in the API's syntax.
    package var labels: String?
    /// A field selector in the API's syntax.
    package var fields: String?

    /// Creates a selection.
    package init(namespace: String? = nil, labels: String? = nil, fields: String? = nil) {
        self.namespace = namespace
        self.labels = labels
        self.fields = fields
    }

    /// Everything.
    package static let all = ResourceSelection()

    /// The request for a page of the list.
    func listRequest(of endpoint: ResourceEndpoint, pageSize: Int, continueToken: String?) -> APIRequest {
        var request = APIRequest(operation: .list, path: endpoint.path(namespace: namespace))
        request.query = selectors + [("limit", String(pageSize))]
        if let continueToken { request.query.append(("continue", continueToken)) }
        return request
    }

    /// The request for a watch.
    func watchRequest(of endpoint: ResourceEndpoint, resourceVersion: String, timeout: Duration) -> APIRequest {
        var request = APIRequest(operation: .watch, path: endpoint.path(namespace: namespace))
        request.query =
            selectors + [
                ("watch", "true"), ("allowWatchBookmarks", "true"), ("resourceVersion", resourceVersion),
                ("timeoutSeconds", String(timeout.components.seconds)),
            ]
        return request
    }

    /// The request for a watch that tells the whole state first.
    ///
    /// Without a version the state is the latest one, never an old one of a cache.
    func streamRequest(of endpoint: ResourceEndpoint, timeout: Duration) -> APIRequest {
        var request = APIRequest(operation: .watch, path: endpoint.path(namespace: namespace))
        request.query =
            selectors + [
                ("watch", "true"), ("allowWatchBookmarks", "true"), ("sendInitialEvents", "true"),
                ("resourceVersionMatch", "NotOlderThan"), ("timeoutSeconds", String(timeout.components.seconds)),
            ]
        return request
    }

    /// The request for the names and versions of all objects, at a version or later.
    ///
    /// Without a page's size, so that the API server answers from memory.
    func checkRequest(of endpoint: ResourceEndpoint, resourceVersion: String) -> APIRequest {
        var request = APIRequest(operation: .list, path: endpoint.path(namespace: namespace))
        request.query =
            selectors + [("resourceVersion", resourceVersion), ("resourceVersionMatch", "NotOlderThan")]
        return request
    }

    private var selectors: [(name: String, value: String)] {
        [("labelSelector", labels), ("fieldSelector", fields)].compactMap { name, value in value.map { (name, $0) } }
    }
}
