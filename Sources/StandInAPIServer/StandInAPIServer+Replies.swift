import NIOCore
import NIOHTTP1
import Synchronization

extension StandInAPIServer {
    /// What a request gets, faults included.
    func reply(to request: IncomingRequest) async -> Reply {
        record(request)
        if let token = requiredToken, request.headers["authorization"] != "Bearer \(token)" {
            return .status(401, reason: "Unauthorized", message: "Unauthorized")
        }
        if request.path == "/version" {
            return .whole(
                status: .ok, body: ByteBuffer(string: #"{"major":"1","minor":"36","gitVersion":"v1.36.2"}"#))
        }
        guard state.withLock({ $0.store.collections[request.collectionPath] != nil }) else {
            return .status(404, reason: "NotFound", message: "the server could not find the requested resource")
        }
        if let effect = takeFault(for: request), let reply = await Self.reply(effect, request) { return reply }
        return request.isWatch ? watch(request) : list(request)
    }

    /// What a fault makes of a request; nothing when the request goes on as usual.
    private static func reply(_ effect: Fault.Effect, _ request: IncomingRequest) async -> Reply? {
        switch effect {
        case .refuse(let status, let reason, let message, let retryAfter):
            return .status(status, reason: reason, message: message, retryAfter: retryAfter)
        case .garbage:
            let body = ByteBuffer(string: "\u{1}<html>this is not what you came for\n")
            return request.isWatch ? .stream(body, ends: .never) : .whole(status: .ok, body: body)
        case .expireInStream: return .stream(Reply.expiredLine, ends: .inOrder)
        case .cutMidLine: return .stream(Reply.halfLine, ends: .cut)
        case .stallBody: return .stream(ByteBuffer(string: "{"), ends: .never)
        case .stall: return .silence
        case .drop: return .close
        case .redirect(let location):
            return .whole(status: .found, headers: [("Location", location)], body: ByteBuffer())
        case .longLine(let bytes): return .stream(ByteBuffer(repeating: UInt8(ascii: "x"), count: bytes), ends: .never)
        case .delay(let duration):
            try? await Task.sleep(for: duration)
            return nil
        }
    }

    private func list(_ request: IncomingRequest) -> Reply {
        var token: ContinueToken?
        if let text = request.query["continue"], !text.isEmpty {
            token = ContinueToken(text)
            if token == nil { return .status(400, reason: "BadRequest", message: "continue key is not valid") }
        }
        let limit = max(0, request.query["limit"].flatMap { Int($0) } ?? 0)
        let page = state.withLock {
            $0.store.page(request.collectionPath, request.selection, limit: limit, token: token)
        }
        guard let page else {
            return .status(410, reason: "Expired", message: "The provided continue parameter is too old")
        }
        return .whole(status: .ok, body: page)
    }

    private func watch(_ request: IncomingRequest) -> Reply {
        let text = request.query["resourceVersion"] ?? ""
        guard !text.isEmpty, text != "0" else { return .watch(request, start: nil) }
        guard let start = UInt64(text) else {
            return .status(400, reason: "BadRequest", message: "invalid resource version")
        }
        return .watch(request, start: start)
    }
}
