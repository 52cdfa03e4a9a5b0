import FuzzBodies
import NIOCore

@testable import KubernetesClient
@testable import Plugins

extension FuzzBody {
    /// A page of a list from the API server: the first octet says of what and in which encoding, the second how it is cut into pieces.
    ///
    /// However it comes, the objects are the same; they can be answered from, and be saved.
    static let clusterList = FuzzBody(name: "FuzzClusterList") { octets in
        ClusterObjects.check(octets) { kind, said, size in kind.checkList(said, size) }
    }

    /// One event of a watch, with the same first octet; the second is of no account.
    static let clusterEvent = FuzzBody(name: "FuzzClusterEvent") { octets in
        ClusterObjects.check(octets) { kind, said, _ in kind.checkEvent(said) }
    }
}

/// The kinds of objects, by the low three bits of an octet.
private enum ClusterObjects {
    static func check(
        _ octets: [UInt8], _ check: (any ObjectKind, ByteBuffer, Int) -> String?
    ) -> String? {
        guard octets.count >= 2 else { return nil }
        let usesProtobuf = octets[0] & 8 != 0
        let said = ByteBuffer(bytes: octets.dropFirst(2))
        let kind: any ObjectKind =
            switch octets[0] & 7 {
            case 0: KindOf<Service>(usesProtobuf) { $0.apply($1) }
            case 1: KindOf<EndpointSlice>(usesProtobuf) { $0.apply($1) }
            case 2: KindOf<Namespace>(usesProtobuf) { $0.apply($1) }
            case 3: KindOf<Pod>(usesProtobuf) { $0.apply($1) }
            default: KindOf<ServiceImport>(usesProtobuf) { $0.apply($1) }
            }
        return check(kind, said, 1 + Int(octets[1]))
    }
}

private protocol ObjectKind {
    func checkList(_ said: ByteBuffer, _ size: Int) -> String?
    func checkEvent(_ said: ByteBuffer) -> String?
}

/// Objects of one kind in one encoding.
private struct KindOf<Resource: KubernetesResource>: ObjectKind {
    private let codec: any ResourceCodec<Resource>
    private let apply: (inout ClusterModel, ResourceEvent<Resource>) -> Void

    init(_ usesProtobuf: Bool, _ apply: @escaping (inout ClusterModel, ResourceEvent<Resource>) -> Void) {
        let encodings = Resource.encodings
        codec = usesProtobuf ? encodings.protobuf ?? encodings.json : encodings.json
        self.apply = apply
    }

    // MARK: Lists

    private struct Page: Equatable {
        var objects: [Resource] = []
        var end: ListEnd?
    }

    func checkList(_ said: ByteBuffer, _ size: Int) -> String? {
        let whole = read(said, cutInto: max(1, said.readableBytes))
        for size in [size, 1] where read(said, cutInto: size) != whole { return "other objects, cut into \(size)" }
        guard let whole else { return nil }
        guard whole.objects.count <= said.readableBytes else { return "\(whole.objects.count) objects" }
        var model = SavedState.empty
        apply(&model, .listBegan)
        apply(&model, .listed(whole.objects))
        apply(&model, .listEnded(resourceVersion: whole.end?.resourceVersion ?? ""))
        return SavedState.complaint(model)
    }

    /// Reads a page; nil when it is none.
    private func read(_ said: ByteBuffer, cutInto size: Int) -> Page? {
        let limits = DecodingLimits(reply: 1 << 20, object: 1 << 18)
        var (reader, rest, page) = (codec.makeListReader(limits: limits, context: DecodingContext()), said, Page())
        do throws(APIFailure) {
            while rest.readableBytes > 0, let piece = rest.readSlice(length: min(size, rest.readableBytes)) {
                try reader.read(piece, into: &page.objects)
            }
            page.end = try reader.finish(into: &page.objects)
            return page
        } catch {
            return nil
        }
    }

    // MARK: Events

    func checkEvent(_ said: ByteBuffer) -> String? {
        guard let event = decode(said) else { return nil }
        guard decode(said) == event else { return "decoded differently the second time" }
        var model = SavedState.empty
        apply(&model, .listBegan)
        apply(&model, .listEnded(resourceVersion: ""))
        switch event {
        case .added(let object):
            apply(&model, .added(object))
        case .modified(let object):
            apply(&model, .added(object))
            apply(&model, .modified(object))
        case .deleted(let object):
            apply(&model, .added(object))
            _ = model.commit(serial: 1)
            apply(&model, .deleted(object))
            _ = model.commit(serial: 2)
            guard model.snapshot.services.entries.isEmpty else { return "deleted, and still there" }
        case .bookmark, .error:
            return nil
        }
        return SavedState.complaint(model)
    }

    private func decode(_ said: ByteBuffer) -> WatchEvent<Resource>? {
        try? codec.decodeEvent(said, context: DecodingContext())
    }
}
