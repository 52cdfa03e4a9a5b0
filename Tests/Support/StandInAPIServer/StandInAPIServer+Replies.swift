import NIOCore
import NIOHTTP1
import Synchronization

extension StandInAPIServer {
    /// What a request gets, faults included.
    func reply(to request: IncomingRequest) async -> Reply {
        record(request)
        if let token = requiredToken, request.headers["authorization"] != "Bearer \(token)" {
            return .refusal(Refusal(code: 401, reason: "Unauthorized", message: "Unauthorized"), .json)
        }
        if request.path == "/version" {
            return .whole(
                status: .ok, body: ByteBuffer(string: #"{"major":"1","minor":"36","gitVersion":"v1.36.2"}"#))
        }
        let (collection, abilities) = state.withLock { ($0.store.collections[request.collectionPath], $0.abilities) }
        guard let collection else {
            let message = "the server could not find the requested resource"
            return .refusal(Refusal(code: 404, reason: "NotFound", message: message), .json)
        }
        let servesProtobuf = abilities.protobuf && collection.hasProtobuf
        guard let presentation = Presentation(accept: request.headers["accept"], servesProtobuf: servesProtobuf) else {
            let message = "only the following media types are accepted: application/json"
            return .refusal(Refusal(code: 406, reason: "NotAcceptable", message: message), .json)
        }
        if let effect = takeFault(for: request), let reply = await Self.reply(effect, request, presentation.encoding) {
            return reply
        }
        return request.isWatch
            ? watch(request, presentation.encoding, streamsLists: abilities.watchList) : list(request, presentation)
    }

    /// What a fault makes of a request; nothing when the request goes on as usual.
    private static func reply(
        _ effect: Fault.Effect, _ request: IncomingRequest, _ encoding: Encoding
    ) async -> Reply? {
        switch effect {
        case .refuse(let status, let reason, let message, let retryAfter):
            let refusal = Refusal(code: status, reason: reason, message: message, retryAfter: retryAfter)
            return .refusal(refusal, encoding)
        case .garbage:
            let body = ByteBuffer(string: "\u{1}<html>this is not what you came for\n")
            return request.isWatch
                ? .stream(encoding == .json ? body : ProtobufForm.framed(body), ends: .never, encoding: encoding)
                : .whole(status: .ok, body: body, encoding: encoding)
        case .expireInStream:
            return .stream(Refusal.expired.event(encoding), ends: .inOrder, encoding: encoding)
        case .cutMidLine: return .stream(Reply.halfEvent(encoding), ends: .cut, encoding: encoding)
        case .emptyStream: return .stream(ByteBuffer(), ends: .inOrder, encoding: encoding)
        case .lines(let lines):
            let body = ByteBuffer(string: lines.map { $0 + "\n" }.joined())
            return request.isWatch ? .stream(body, ends: .never) : .whole(status: .ok, body: body)
        case .stallBody: return .stream(ByteBuffer(bytes: [0x7B]), ends: .never, encoding: encoding)
        case .stall: return .silence
        case .drop: return .close
        case .redirect(let location):
            return .whole(status: .found, headers: [("Location", location)], body: ByteBuffer())
        case .longLine(let bytes):
            var body = ByteBuffer(repeating: UInt8(ascii: "x"), count: bytes)
            if encoding == .protobuf { body = ProtobufForm.framed(body) }
            return .stream(body, ends: .never, encoding: encoding)
        case .delay(let duration):
            try? await Task.sleep(for: duration)
            return nil
        }
    }

    // MARK: Lists

    private func list(_ request: IncomingRequest, _ presentation: Presentation) -> Reply {
        var token: ContinueToken?
        if let text = request.query["continue"], !text.isEmpty {
            token = ContinueToken(text)
            if token == nil {
                let message = "continue key is not valid"
                return .refusal(Refusal(code: 400, reason: "BadRequest", message: message), presentation.encoding)
            }
        }
        if let refusal = refusal(ofVersionIn: request) { return .refusal(refusal, presentation.encoding) }
        let limit = max(0, request.query["limit"].flatMap { Int($0) } ?? 0)
        let page = state.withLock {
            $0.store.page(request.collectionPath, request.selection, limit: limit, token: token, presentation)
        }
        guard let page else {
            let message = "The provided continue parameter is too old"
            return .refusal(Refusal(code: 410, reason: "Expired", message: message), presentation.encoding)
        }
        return .whole(status: .ok, body: page, encoding: presentation.encoding)
    }

    /// Why a list at the version that is asked for can not be given.
    private func refusal(ofVersionIn request: IncomingRequest) -> Refusal? {
        let (version, match) = (request.query["resourceVersion"] ?? "", request.query["resourceVersionMatch"] ?? "")
        guard !version.isEmpty || match.isEmpty else {
            return Self.invalid("resourceVersionMatch is forbidden unless resourceVersion is provided")
        }
        guard ["", "NotOlderThan", "Exact"].contains(match) else { return Self.invalid("resourceVersionMatch") }
        guard !version.isEmpty else { return nil }
        guard let number = UInt64(version) else { return Self.invalid("resourceVersion: \(version)") }
        guard number <= self.version else {
            return Refusal(code: 504, reason: "Timeout", message: "Too large resource version", retryAfter: 1)
        }
        return nil
    }

    // MARK: Watches

    private func watch(_ request: IncomingRequest, _ encoding: Encoding, streamsLists: Bool) -> Reply {
        if let refusal = Self.refusal(ofWatch: request, streamsLists: streamsLists) {
            return .refusal(refusal, encoding)
        }
        let text = request.query["resourceVersion"] ?? ""
        guard !text.isEmpty, text != "0" else { return .watch(request, start: nil, encoding) }
        guard let start = UInt64(text) else {
            return .refusal(Refusal(code: 400, reason: "BadRequest", message: "invalid resource version"), encoding)
        }
        return .watch(request, start: start, encoding)
    }

    private static func refusal(ofWatch request: IncomingRequest, streamsLists: Bool) -> Refusal? {
        let match = request.query["resourceVersionMatch"]
        guard let wish = request.query["sendInitialEvents"] else {
            return match == nil ? nil : invalid("resourceVersionMatch is forbidden for watch")
        }
        guard streamsLists else { return invalid("sendInitialEvents is forbidden for watch unless WatchList is on") }
        guard match == "NotOlderThan" else { return invalid("sendInitialEvents requires resourceVersionMatch") }
        guard wish == "false" || request.query["allowWatchBookmarks"] == "true" else {
            return invalid("sendInitialEvents requires allowWatchBookmarks")
        }
        return nil
    }

    private static func invalid(_ message: String) -> Refusal {
        Refusal(code: 422, reason: "Invalid", message: "ListOptions is invalid: \(message)")
    }
}
