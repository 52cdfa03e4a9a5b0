import NIOCore

/// Reads a page of a list written as JSON, one object at a time.
struct JSONListReader<Resource: KubernetesResource & Decodable>: ListReader {
    private let context: DecodingContext
    private var pruner: JSONPruner
    private var end: ListEnd?
    private var leftOut: [LeftOutObject] = []

    init(_ parts: JSONParts, limits: DecodingLimits, context: DecodingContext) {
        self.context = context
        pruner = JSONPruner(
            ["metadata": ["resourceVersion", "continue"], "items": .elements(parts)], limits: limits,
            // The list, its items, one of them.
            identityDepth: 3, isStream: false)
    }

    private struct ListForm: Decodable {
        struct Metadata: Decodable {
            var resourceVersion: String?
            var `continue`: String?
        }

        var metadata: Metadata
    }

    mutating func read(_ piece: ByteBuffer, into objects: inout [Resource]) throws(APIFailure) {
        pruner.append(piece)
        while let part = try pruner.next() {
            switch part {
            case .element(let octets): try take(octets, into: &objects)
            case .tooLarge(let metadata, _): leftOut.append(LeftOutObject(.tooLarge, metadata: metadata))
            case .whole(let octets):
                let metadata = try JSONDocument.decode(ListForm.self, from: octets, context: context).metadata
                end = ListEnd(
                    resourceVersion: metadata.resourceVersion ?? "",
                    continueToken: metadata.continue.flatMap { $0.isEmpty ? nil : $0 })
            }
        }
    }

    private mutating func take(_ octets: [UInt8], into objects: inout [Resource]) throws(APIFailure) {
        do throws(APIFailure) {
            objects.append(try JSONDocument.decode(Resource.self, from: octets, context: context))
        } catch {
            // What the API server checks is as it should be, or nothing is. Kinds that somebody else has defined need not be checked.
            guard Resource.endpoint.isOptional else { throw error }
            leftOut.append(LeftOutObject(.unreadable))
        }
    }

    mutating func takeLeftOut() -> [LeftOutObject] {
        defer { leftOut = [] }
        return leftOut
    }

    mutating func finish(into objects: inout [Resource]) throws(APIFailure) -> ListEnd {
        guard pruner.isBetweenValues, let end else { throw .malformed("JSON: the list is not complete") }
        return end
    }
}

/// Cuts a watch written as JSON into its events, and leaves of these what is wanted.
struct JSONFrames: WatchFrames {
    private var pruner: JSONPruner

    init(_ parts: JSONParts, limits: DecodingLimits) {
        // The event, the object.
        pruner = JSONPruner(parts, limits: limits, identityDepth: 2, isStream: true)
    }

    var isWithinFrame: Bool { !pruner.isBetweenValues }

    mutating func append(_ piece: ByteBuffer) {
        pruner.append(piece)
    }

    mutating func next() throws(APIFailure) -> WatchFrame? {
        switch try pruner.next() {
        case .whole(let octets), .element(let octets): .event(ByteBuffer(bytes: octets))
        case .tooLarge(let metadata, _): .leftOut(LeftOutObject(.tooLarge, metadata: metadata))
        case nil: nil
        }
    }
}

extension LeftOutObject {
    /// - Parameter json: the object's metadata, when they are known.
    fileprivate init(_ reason: Reason, metadata json: [UInt8]?) {
        self.init(reason, json.flatMap { try? JSONDocument.decode(ObjectMetadata.self, from: $0) })
    }
}
