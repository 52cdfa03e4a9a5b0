import NIOCore

/// Reads a page of a list written as JSON, one object at a time.
struct JSONListReader<Resource: KubernetesResource & JSONReadable>: ListReader {
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

    mutating func read(_ piece: ByteBuffer, into objects: inout [Resource]) throws(APIFailure) {
        pruner.append(piece)
        while let part = try pruner.next() {
            switch part {
            case .element(let octets): try take(octets, into: &objects)
            case .tooLarge(let metadata, _): leftOut.append(LeftOutObject(.tooLarge, metadata: metadata))
            case .whole(let octets):
                end = try JSONReader.read(ListEnd.self, from: octets)
            }
        }
    }

    private mutating func take(_ octets: [UInt8], into objects: inout [Resource]) throws(APIFailure) {
        do throws(APIFailure) {
            objects.append(try JSONReader.read(Resource.self, from: octets, context: context))
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

extension ListEnd: JSONReadable {
    /// Reads what a list is without its items.
    init(from json: inout JSONReader, _ context: DecodingContext) throws(APIFailure) {
        guard try json.beginObject() else { throw json.fault("no list") }
        var end: ListEnd?
        while let member = try json.member() {
            guard member == "metadata" else {
                try json.skip()
                continue
            }
            guard try json.beginObject() else { throw json.fault("no metadata") }
            var (version, token): (String?, String?)
            while let member = try json.member() {
                switch member {
                case "resourceVersion": version = try json.string()
                case "continue": token = try json.string()
                default: try json.skip()
                }
            }
            end = ListEnd(resourceVersion: version ?? "", continueToken: token?.isEmpty == true ? nil : token)
        }
        guard let end else { throw json.fault("no metadata") }
        self = end
    }
}

/// Cuts a watch written as JSON into its events, and leaves of these what is wanted.
///
/// An API server writes an event as one line. A short one that has arrived as a whole is taken as it is, and what is not wanted of it is
/// passed over when it is decoded: there is nothing in it that would be too large to hold.
struct JSONFrames: WatchFrames {
    /// The longest line that is taken as it is, in octets: an endpoint slice of 200 endpoints.
    private static let longestLine = 1 << 16

    private var pruner: JSONPruner
    private let lineLimit: Int

    init(_ parts: JSONParts, limits: DecodingLimits) {
        lineLimit = min(Self.longestLine, limits.object)
        // The event, the object.
        pruner = JSONPruner(parts, limits: limits, identityDepth: 2, isStream: true)
    }

    var isWithinFrame: Bool { !pruner.isBetweenValues }

    mutating func append(_ piece: ByteBuffer) {
        pruner.append(piece)
    }

    mutating func next() throws(APIFailure) -> WatchFrame? {
        if let line = pruner.takeLine(atMost: lineLimit) { return .event(line) }
        return switch try pruner.next() {
        case .whole(let octets), .element(let octets): .event(ByteBuffer(bytes: octets))
        case .tooLarge(let metadata, _): .leftOut(LeftOutObject(.tooLarge, metadata: metadata))
        case nil: nil
        }
    }
}

extension LeftOutObject {
    /// - Parameter json: the object's metadata, when they are known.
    fileprivate init(_ reason: Reason, metadata json: [UInt8]?) {
        self.init(reason, json.flatMap { try? JSONReader.read(ObjectMetadata.self, from: $0) })
    }
}
