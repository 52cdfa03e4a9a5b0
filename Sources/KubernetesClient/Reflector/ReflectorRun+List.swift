import AsyncHTTPClient
import NIOCore
import NIOHTTP1

extension ReflectorRun {
    /// Asks for a page of the list, and tells its objects as they arrive.
    func list(_ token: String?) async throws(APIFailure) -> ReflectorStateMachine.Event {
        let request = reflector.selection.listRequest(
            of: endpoint, pageSize: machine.pageSize, continueToken: token)
        let end = try await send(request) { response throws(APIFailure) in
            if token == nil { beginList() }
            return try await readPage(response)
        }
        if end.continueToken == nil { endList(at: end.resourceVersion) }
        return .page(resourceVersion: end.resourceVersion, continueToken: end.continueToken)
    }

    private func readPage(_ response: HTTPClientResponse) async throws(APIFailure) -> ListEnd {
        let limits = DecodingLimits(reply: settings.pageLimit, object: settings.objectLimit)
        var reader = Self.codec(of: response, Resource.encodings).makeListReader(limits: limits, context: context)
        var objects: [Resource] = []
        do {
            for try await piece in response.body {
                try reader.read(piece, into: &objects)
                note(reader.takeLeftOut())
                guard objects.count >= settings.batchSize else { continue }
                tell(objects)
                objects.removeAll(keepingCapacity: true)
            }
        } catch {
            throw APIFailure(error)
        }
        let end = try reader.finish(into: &objects)
        tell(objects)
        return end
    }

    /// The codec of the encoding that a reply has.
    static func codec<Object>(
        of response: HTTPClientResponse, _ encodings: ResourceEncodings<Object>
    ) -> any ResourceCodec<Object> {
        guard let protobuf = encodings.protobuf,
            MediaType.isProtobuf(response.headers.first(name: "Content-Type"))
        else { return encodings.json }
        return protobuf
    }
}
