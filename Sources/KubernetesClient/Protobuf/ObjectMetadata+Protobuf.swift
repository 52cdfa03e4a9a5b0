import Basics
import FoundationEssentials
import SwiftProtobuf

extension ObjectMetadata {
    /// Reads a message; nothing when it has no name.
    init?(_ message: ProtoObjectMeta, _ context: DecodingContext) {
        guard !message.name.isEmpty else { return nil }
        self.init(
            name: message.name, namespace: context.strings.shared(message.namespace),
            resourceVersion: message.resourceVersion, isTerminating: message.hasDeletionTimestamp)
    }
}

extension Namespace {
    /// Reads a message; nothing when it is no such object.
    init?(_ message: ProtoNamespace, _ context: DecodingContext) {
        guard let metadata = ObjectMetadata(message.metadata, context) else { return nil }
        self.init(metadata: metadata, labels: context.details.contains(.labels) ? message.metadata.labelTexts : [:])
    }
}

extension Pod {
    /// Reads a message; nothing when it is no such object.
    init?(_ message: ProtoPod, _ context: DecodingContext) {
        guard let metadata = ObjectMetadata(message.metadata, context) else { return nil }
        let status = message.status
        var all = AddressList(status.podIps.map(\.ip))
        // An API server from before dual stack gives only the one address.
        if all.addresses.isEmpty, all.malformedCount == 0, !status.podIp.isEmpty { all.append(status.podIp) }
        self.init(
            metadata: metadata, podIP: IPAddress(status.podIp), podIPs: all.addresses,
            phase: Phase(spelling: status.phase),
            labels: context.details.contains(.labels) ? message.metadata.labelTexts : [:],
            malformedAddressCount: all.malformedCount)
    }
}

extension ProtoObjectMeta {
    /// The value of a label.
    func label(_ name: String) -> String? { Self.value(of: name, in: labels) }

    /// The value of an annotation; what is not UTF-8 in it is replaced.
    func annotation(_ name: String) -> String? { Self.value(of: name, in: annotations) }

    /// All labels.
    var labelTexts: [String: String] {
        var texts: [String: String] = [:]
        for entry in labels {
            guard let entry = try? ProtoMapEntry(serializedBytes: entry) else { continue }
            texts[String(decoding: entry.key, as: UTF8.self)] = String(decoding: entry.value, as: UTF8.self)
        }
        return texts
    }

    /// Looks at the length of an entry's key first, which stands behind its tag.
    private static func value(of name: String, in entries: [Data]) -> String? {
        let length = UInt8(truncatingIfNeeded: name.utf8.count)
        for entry in entries.reversed() {
            guard entry.count > 2, entry.first != 0x0A || entry[entry.startIndex + 1] == length,
                let entry = try? ProtoMapEntry(serializedBytes: entry), entry.key.elementsEqual(name.utf8)
            else { continue }
            return String(decoding: entry.value, as: UTF8.self)
        }
        return nil
    }
}
