import Basics
import FoundationEssentials
import KubernetesClient
import Yams

/// The objects of one manifest, as far as they matter here.
struct Manifests: Sendable, Equatable {
    var services: [Service] = []
    var slices: [EndpointSlice] = []
    var namespaces: [Namespace] = []
    var pods: [Pod] = []
    var imports: [ServiceImport] = []
    /// The labels of services and slices, which these do not keep.
    private var serviceLabels: [ObjectKey: [String: String]] = [:]
    private var sliceLabels: [ObjectKey: [String: String]] = [:]

    /// What is wrong with a manifest.
    struct Mistake: Error, CustomStringConvertible {
        /// Bounded, whatever the file says.
        let description: String

        init(description: String) {
            self.description = description.clipped()
        }
    }

    /// A manifest's largest size in octets.
    static let sizeLimit = 32 << 20

    init() {}

    /// Reads YAML or JSON: any number of documents, each an object or a list of objects.
    ///
    /// Kinds that DNS has no use for are passed over. Of the documents there is one in memory at a time.
    ///
    /// - Throws: what is wrong, with the document's number.
    init(parsing text: String) throws(Mistake) {
        var number = 0
        // What is repeated by alias may make up no more than a text of this size could say without.
        var budget = NodeBudget(octets: text.utf8.count)
        do {
            for part in try ManifestText.documents(of: text) {
                var documents = try Yams.compose_all(yaml: String(part))
                while let document = documents.next() {
                    number += 1
                    try take(document, &budget)
                }
                if let error = documents.error { throw error }
            }
        } catch let mistake as Mistake {
            throw number == 0 ? mistake : Mistake(description: "document \(number): \(mistake)")
        } catch let error as YamlError {
            throw Mistake(description: "document \(number + 1): " + "\(error)".clipped().replacing("\n", with: " "))
        } catch {
            throw Mistake(description: "document \(number): \(error)")
        }
    }

    private mutating func take(_ node: Node, _ budget: inout NodeBudget) throws(Mistake) {
        guard let object = node.mapping else {
            // An empty document is what stands in front of a first `---`.
            if node.null != nil || node.string == "" { return }
            throw Mistake(description: "not an object")
        }
        guard let kind = object["kind"]?.string else { throw Mistake(description: "an object without kind") }
        if kind.hasSuffix("List"), let items = object["items"]?.sequence {
            let kind = kind == "List" ? nil : String(kind.dropLast(4))
            for item in items { try take(item, kind: kind, &budget) }
        } else {
            try take(node, kind: kind, &budget)
        }
    }

    /// - Parameter kind: the object's kind; nil when it says so itself.
    private mutating func take(_ node: Node, kind: String?, _ budget: inout NodeBudget) throws(Mistake) {
        guard let kind = kind ?? node.mapping?["kind"]?.string, Self.kinds.contains(kind) else { return }
        guard budget.take(node) else { throw Mistake(description: "its aliases stand for too much") }
        switch kind {
        case "Service":
            let service: Service = try Self.placed(try Self.decode(node), \.metadata)
            services.append(service)
            serviceLabels[service.metadata.key] = Self.labels(of: node)
        case "EndpointSlice":
            let slice: EndpointSlice = try Self.placed(try Self.decode(node), \.metadata)
            slices.append(slice)
            sliceLabels[slice.metadata.key] = Self.labels(of: node)
        case "Pod": pods.append(try Self.placed(try Self.decode(node), \.metadata))
        case "ServiceImport": imports.append(try Self.placed(try Self.decode(node), \.metadata))
        case "Namespace": namespaces.append(try Self.decode(node))
        default: break
        }
    }

    private static let kinds: Set = ["Service", "EndpointSlice", "Pod", "ServiceImport", "Namespace"]

    /// An object that names no namespace is in `default`.
    private static func placed<Object>(
        _ object: Object, _ metadata: WritableKeyPath<Object, ObjectMetadata>
    ) throws(Mistake) -> Object {
        var object = object
        if object[keyPath: metadata].namespace.isEmpty { object[keyPath: metadata].namespace = "default" }
        return object
    }

    private static func decode<Object: Decodable>(_ node: Node) throws(Mistake) -> Object {
        do {
            return try YAMLDecoder().decode(Object.self, from: node)
        } catch let error as DecodingError {
            throw Mistake(description: "\(Object.self)\(name(of: node)): \(describe(error))")
        } catch {
            throw Mistake(description: "\(Object.self)\(name(of: node)): \(error)")
        }
    }

    private static func labels(of node: Node) -> [String: String] {
        var labels: [String: String] = [:]
        for (key, value) in node.mapping?["metadata"]?.mapping?["labels"]?.mapping ?? [:] {
            if let key = key.string, let value = value.string { labels[key] = value }
        }
        return labels
    }

    private static func name(of node: Node) -> String {
        (node.mapping?["metadata"]?.mapping?["name"]?.string).map { " '\($0.clipped(to: 253))'" } ?? ""
    }

    private static func describe(_ error: DecodingError) -> String {
        switch error {
        case .dataCorrupted(let context), .keyNotFound(_, let context), .typeMismatch(_, let context),
            .valueNotFound(_, let context):
            let path = context.codingPath.map { $0.intValue.map(String.init) ?? $0.stringValue }
            let text = context.debugDescription.prefix(200)
            return path.isEmpty ? "\(text)" : "\(path.joined(separator: ".")): \(text)"
        @unknown default:
            return "not readable"
        }
    }

    /// Adds the objects of `other`; of two with one name the later one counts.
    mutating func add(_ other: Manifests) {
        services += other.services
        slices += other.slices
        namespaces += other.namespaces
        pods += other.pods
        imports += other.imports
        serviceLabels.merge(other.serviceLabels) { $1 }
        sliceLabels.merge(other.sliceLabels) { $1 }
    }

    /// The objects without repetitions, and with a namespace for every object that names one: nothing else makes them here.
    var completed: Manifests {
        var result = self
        result.services = Self.unique(services)
        result.slices = Self.unique(slices)
        result.pods = Self.unique(pods)
        result.imports = Self.unique(imports)
        let named = (services.map(\.metadata) + slices.map(\.metadata) + pods.map(\.metadata)).map(\.namespace)
        let implied = Set(named + ["default"]).sorted().map { Namespace(metadata: ObjectMetadata(name: $0)) }
        result.namespaces = Self.unique(implied + namespaces)
        return result
    }

    /// The objects that the selectors let through, as an API server would tell of them.
    func selected(by labels: LabelSelector?, namespaces selector: LabelSelector?) -> Manifests {
        var result = self
        if let selector {
            result.namespaces.removeAll { namespace in
                // Every namespace of a cluster has this label.
                let name = ["kubernetes.io/metadata.name": namespace.metadata.name]
                return !selector.matches(namespace.labels.merging(name) { $1 })
            }
        }
        guard let labels else { return result }
        result.services.removeAll { !labels.matches(serviceLabels[$0.metadata.key] ?? [:]) }
        result.slices.removeAll { !labels.matches(sliceLabels[$0.metadata.key] ?? [:]) }
        result.pods.removeAll { !labels.matches($0.labels) }
        return result
    }

    private static func unique<Object: KubernetesResource>(_ objects: [Object]) -> [Object] {
        var places: [ObjectKey: Int] = [:]
        var result: [Object] = []
        for object in objects {
            if let place = places[object.metadata.key] {
                result[place] = object
            } else {
                places[object.metadata.key] = result.count
                result.append(object)
            }
        }
        return result
    }
}
