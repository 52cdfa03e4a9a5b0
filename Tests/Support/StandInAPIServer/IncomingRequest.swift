import Foundation
import NIOHTTP1

/// A request, taken apart.
package struct IncomingRequest: Sendable {
    /// The path.
    package let path: String
    /// The query's values by name; the last one counts.
    package let query: [String: String]
    /// The headers.
    package let headers: [String: String]

    init(_ head: HTTPRequestHead) {
        let components = URLComponents(string: head.uri)
        path = components?.path ?? ""
        query = Dictionary(
            (components?.queryItems ?? []).map { ($0.name, $0.value ?? "") }, uniquingKeysWith: { $1 })
        headers = Dictionary(
            head.headers.map { ($0.name.lowercased(), $0.value) }, uniquingKeysWith: { $1 })
    }

    /// Whether the request is a watch.
    package var isWatch: Bool { query["watch"] == "true" || query["watch"] == "1" }

    /// The last part of the path: the plural of the objects.
    package var resource: String { path.split(separator: "/").last.map(String.init) ?? "" }

    var selection: Selection {
        Selection(
            namespace: namespace, labels: Selector(query["labelSelector"]), fields: Selector(query["fieldSelector"]))
    }

    /// The path of the whole collection, without the namespace.
    var collectionPath: String {
        guard let namespace else { return path }
        return path.replacing("/namespaces/\(namespace)/", with: "/")
    }

    private var namespace: String? {
        let parts = path.split(separator: "/")
        guard let place = parts.firstIndex(of: "namespaces"), place + 2 < parts.count else { return nil }
        return String(parts[place + 1])
    }
}
