import NIOCore

/// Objects written as JSON.
struct JSONCodec<Resource: KubernetesResource & JSONReadable>: ResourceCodec {
    /// What of an object is read.
    let parts: JSONParts

    func makeListReader(limits: DecodingLimits, context: DecodingContext) -> any ListReader<Resource> {
        JSONListReader(parts, limits: limits, context: context)
    }

    func makeFrames(limits: DecodingLimits) -> any WatchFrames {
        JSONFrames(["type": .all, "object": parts.merging(Self.eventParts)], limits: limits)
    }

    @specialized(where Resource == EndpointSlice)
    @specialized(where Resource == Service)
    @specialized(where Resource == Pod)
    func decodeEvent(_ frame: ByteBuffer, context: DecodingContext) throws(APIFailure) -> WatchEvent<Resource> {
        var json = JSONReader(frame, in: context.scratch.take())
        defer { context.scratch.giveBack(json.octets) }
        let (type, place) = try Self.findObject(&json)
        // Where the type stands behind the object, that is read now.
        if let place { json.index = place }
        let event = try event(type, &json, context)
        if place == nil {
            while try json.member() != nil { try json.skip() }
            try json.end()
        }
        return event
    }

    /// Reads an event as the API server writes it up to its object.
    ///
    /// - Returns: the event's type, and the place of the object where all else of the event has been read.
    private static func findObject(_ json: inout JSONReader) throws(APIFailure) -> (EventType, place: Int?) {
        guard try json.beginObject() else { throw json.fault("no event") }
        var (type, place): (EventType?, Int?) = (nil, nil)
        while let member = try json.member() {
            switch member {
            case "type":
                type = EventType(try json.token())
                if type == nil { throw json.fault("unknown type of event") }
            case "object":
                if let type, place == nil { return (type, nil) }
                _ = try json.next()
                place = json.index
                try json.skip()
            default: try json.skip()
            }
        }
        try json.end()
        guard let type, let place else { throw json.fault("no event") }
        return (type, place)
    }

    @inline(__always)
    private func event(
        _ type: EventType, _ json: inout JSONReader, _ context: DecodingContext
    ) throws(APIFailure) -> WatchEvent<Resource> {
        switch type {
        case .added: .added(try Resource(from: &json, context))
        case .modified: .modified(try Resource(from: &json, context))
        case .deleted: .deleted(try Resource(from: &json, context))
        case .bookmark: try bookmark(&json)
        case .error: .error(try StatusForm(from: &json, context).failure(code: 500))
        }
    }

    private func bookmark(_ json: inout JSONReader) throws(APIFailure) -> WatchEvent<Resource> {
        let bookmark = try BookmarkForm(from: &json, DecodingContext())
        return .bookmark(resourceVersion: bookmark.version, endsInitialEvents: bookmark.endsInitialEvents)
    }

    /// What is read of the objects that come in events in place of one of the kind: a bookmark, a status.
    private static var eventParts: JSONParts {
        [
            "metadata": ["resourceVersion": .all, "annotations": [WatchEvent<Resource>.initialEventsEnd]],
            "code": .all, "reason": .all, "message": .all, "details": ["retryAfterSeconds"],
        ]
    }
}

/// What an event tells of its object.
private enum EventType {
    case added, modified, deleted, bookmark, error

    /// Reads the API's spelling; nil for another.
    init?(_ token: JSONToken?) {
        switch token {
        case .some("ADDED"): self = .added
        case .some("MODIFIED"): self = .modified
        case .some("DELETED"): self = .deleted
        case .some("BOOKMARK"): self = .bookmark
        case .some("ERROR"): self = .error
        default: return nil
        }
    }
}

/// An object with nothing but metadata, which says how far a watch has come.
private struct BookmarkForm: JSONReadable {
    let version: String
    private(set) var endsInitialEvents = false

    init(from json: inout JSONReader, _ context: DecodingContext) throws(APIFailure) {
        var (version, endsInitialEvents): (String?, Bool) = (nil, false)
        guard try json.beginObject() else { throw json.fault("no object") }
        while let member = try json.member() {
            guard member == "metadata" else {
                try json.skip()
                continue
            }
            guard try json.beginObject() else { continue }
            while let member = try json.member() {
                switch member {
                case "resourceVersion": version = try json.string()
                case "annotations": endsInitialEvents = try Self.endsInitialEvents(&json)
                default: try json.skip()
                }
            }
        }
        guard let version else { throw json.fault("a bookmark without a version") }
        (self.version, self.endsInitialEvents) = (version, endsInitialEvents)
    }

    private static func endsInitialEvents(_ json: inout JSONReader) throws(APIFailure) -> Bool {
        guard try json.beginObject() else { return false }
        var endsInitialEvents = false
        while let name = try json.member() {
            // `WatchEvent.initialEventsEnd`
            if name == "k8s.io/initial-events-end" {
                endsInitialEvents = try json.string() == "true"
            } else {
                try json.skip()
            }
        }
        return endsInitialEvents
    }
}

/// The API's `Status` object: why a request was refused.
struct StatusForm: JSONReadable {
    private var code: Int?
    private var reason = ""
    private var message = ""
    private var retryAfterSeconds: Int?

    init(from json: inout JSONReader, _ context: DecodingContext) throws(APIFailure) {
        guard try json.beginObject() else { throw json.fault("no status") }
        while let member = try json.member() {
            switch member {
            case "code": code = try json.integer()
            case "reason": reason = try json.string() ?? ""
            case "message": message = try json.string() ?? ""
            case "details": try readDetails(&json)
            default: try json.skip()
            }
        }
    }

    private mutating func readDetails(_ json: inout JSONReader) throws(APIFailure) {
        guard try json.beginObject() else { return }
        while let member = try json.member() {
            if member == "retryAfterSeconds" { retryAfterSeconds = try json.integer() } else { try json.skip() }
        }
    }

    /// The failure that the object tells of.
    ///
    /// - Parameter code: the HTTP status, for objects that name none.
    func failure(code httpCode: Int) -> APIFailure {
        .refused(
            APIRefusal(
                code: code ?? httpCode, reason: reason, message: message,
                retryAfter: retryAfterSeconds.flatMap(APIRefusal.pause(seconds:))))
    }
}
