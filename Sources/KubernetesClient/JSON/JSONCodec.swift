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

    func decodeEvent(_ frame: ByteBuffer, context: DecodingContext) throws(APIFailure) -> WatchEvent<Resource> {
        try JSONReader.read(EventForm<Resource>.self, from: frame.readableBytesView, context: context).event
    }

    /// What is read of the objects that come in events in place of one of the kind: a bookmark, a status.
    private static var eventParts: JSONParts {
        [
            "metadata": ["resourceVersion": .all, "annotations": [WatchEvent<Resource>.initialEventsEnd]],
            "code": .all, "reason": .all, "message": .all, "details": ["retryAfterSeconds"],
        ]
    }
}

/// An event of a watch as the API server writes it.
private struct EventForm<Resource: KubernetesResource & JSONReadable>: JSONReadable {
    let event: WatchEvent<Resource>

    init(from json: inout JSONReader, _ context: DecodingContext) throws(APIFailure) {
        guard try json.beginObject() else { throw json.fault("no event") }
        var (type, event, object): (String?, WatchEvent<Resource>?, JSONReader?)
        while let member = try json.member() {
            switch (member, type) {
            case ("type", _): type = try json.string()
            case ("object", let type?): event = try Self.event(type, &json, context)
            case ("object", nil):
                // What it is stands behind it.
                object = json
                try json.skip()
            default: try json.skip()
            }
        }
        if event == nil, let type, var object { event = try Self.event(type, &object, context) }
        guard let event else { throw json.fault("no event") }
        self.event = event
    }

    private static func event(
        _ type: String, _ json: inout JSONReader, _ context: DecodingContext
    ) throws(APIFailure) -> WatchEvent<Resource> {
        switch type {
        case "ADDED": .added(try Resource(from: &json, context))
        case "MODIFIED": .modified(try Resource(from: &json, context))
        case "DELETED": .deleted(try Resource(from: &json, context))
        case "BOOKMARK": try bookmark(&json)
        case "ERROR": .error(try StatusForm(from: &json, context).failure(code: 500))
        default: throw json.fault("unknown type of event")
        }
    }

    private static func bookmark(_ json: inout JSONReader) throws(APIFailure) -> WatchEvent<Resource> {
        var (version, annotations): (String?, [String: String]) = (nil, [:])
        guard try json.beginObject() else { throw json.fault("no object") }
        while let member = try json.member() {
            guard member == "metadata", try json.beginObject() else {
                if member != "metadata" { try json.skip() }
                continue
            }
            while let member = try json.member() {
                switch member {
                case "resourceVersion": version = try json.string()
                case "annotations": annotations = try json.stringMap { $0 == WatchEvent<Resource>.initialEventsEnd }
                default: try json.skip()
                }
            }
        }
        guard let version else { throw json.fault("a bookmark without a version") }
        return .bookmark(
            resourceVersion: version,
            endsInitialEvents: annotations[WatchEvent<Resource>.initialEventsEnd] == "true")
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
