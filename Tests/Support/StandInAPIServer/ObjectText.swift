import NIOCore
import Synchronization

/// One object in all its forms, each written when it is first asked for.
final class ObjectText: Sendable {
    private enum Source: Sendable {
        case text(ByteBuffer)
        case value([String: any Sendable])
    }

    private struct Forms: Sendable {
        var json: ByteBuffer?
        var protobuf: ByteBuffer?
        var metadata: (json: ByteBuffer, protobuf: ByteBuffer)?
    }

    private let source: Source
    private let schema: ProtobufSchema?
    private let forms = Mutex(Forms())

    /// Takes an object as JSON, without `kind` and `apiVersion`.
    init(json: ByteBuffer, schema: ProtobufSchema?) {
        source = .text(json)
        self.schema = schema
    }

    /// Takes an object's members, without `kind` and `apiVersion`.
    init(_ value: [String: any Sendable], schema: ProtobufSchema?) {
        source = .value(value)
        self.schema = schema
    }

    /// The object's members.
    var members: [String: Any] {
        switch source {
        case .text(let text): (try? JSONText.read(text.readableBytesView)) ?? [:]
        case .value(let value): value
        }
    }

    /// The object without `kind` and `apiVersion`, as it stands in a list.
    func form(_ presentation: Presentation) -> ByteBuffer {
        switch (presentation.encoding, presentation.isMetadataOnly) {
        case (.json, false): json
        case (.protobuf, false): protobuf
        case (.json, true): metadata.json
        case (.protobuf, true): metadata.protobuf
        }
    }

    var json: ByteBuffer {
        guard case .value(let value) = source else {
            if case .text(let text) = source { return text }
            return ByteBuffer()
        }
        return forms.withLock { forms in
            if let json = forms.json { return json }
            let json = (try? MemberWriter(value).bytes) ?? ByteBuffer()
            forms.json = json
            return json
        }
    }

    private var protobuf: ByteBuffer {
        forms.withLock { forms in
            if let protobuf = forms.protobuf { return protobuf }
            let protobuf = schema?.write(members) ?? ByteBuffer()
            forms.protobuf = protobuf
            return protobuf
        }
    }

    private var metadata: (json: ByteBuffer, protobuf: ByteBuffer) {
        forms.withLock { forms in
            if let metadata = forms.metadata { return metadata }
            let members = ["metadata": self.members["metadata"] ?? [:]]
            let partial = ProtobufSchema(["metadata": .init(1, .message(.objectMeta))])
            let metadata = ((try? JSONText.write(members)) ?? ByteBuffer(), partial.write(members))
            forms.metadata = metadata
            return metadata
        }
    }
}
