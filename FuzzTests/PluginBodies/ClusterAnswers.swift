import Basics
import DNSServer
import DNSWire
import KubernetesClient

@testable import Plugins

/// Asks a snapshot what it must be able to answer, whatever its objects are.
enum ClusterAnswers {
    private static let types: [RecordType] = [.A, .AAAA, .SRV, .TXT, .PTR, .NS]
    /// More of a large snapshot would say nothing new.
    private static let mostViews = 8

    /// What is wrong with an answer, or nil.
    static func complaint(_ snapshot: ClusterSnapshot) -> String? {
        guard let zone = try? Name(parsing: "cluster.local."), let reverse = try? Name(parsing: "arpa."),
            let policy = AnswerPolicy(zones: [zone, reverse])
        else { return "no policy" }
        let responder = ClusterResponder(policy)
        for name in names(snapshot, below: zone) {
            for type in types {
                responder.room = type == .SRV ? 512 : 4_096
                if let complaint = ask(name, type, responder, snapshot) { return "\(name.text) \(type): \(complaint)" }
            }
        }
        return nil
    }

    /// The names of services and namespaces, and some below them.
    private static func names(_ snapshot: ClusterSnapshot, below zone: Name) -> [Name] {
        var names = [zone]
        for view in snapshot.services.entries.prefix(mostViews) {
            for prefix in [[], label("a"), label("_http") + label("_tcp"), Array(firstLabel(view))] {
                let wire = prefix + Array(view.wire) + label("svc") + zone.wire
                if wire.count <= 255 { names.append(Name(uncheckedWire: wire)) }
            }
            for address in (view.facts?.addresses).map({ list in (0..<list.count).map { list[$0] } }) ?? [] {
                if let name = reverseName(address) { names.append(name) }
            }
        }
        for namespace in snapshot.namespaces.entries.prefix(mostViews) {
            names.append(Name(uncheckedWire: Array(namespace.wire) + label("svc") + zone.wire))
            names.append(Name(uncheckedWire: label("10-0-0-1") + Array(namespace.wire) + label("pod") + zone.wire))
        }
        return names
    }

    private static func label(_ text: String) -> [UInt8] { [UInt8(text.utf8.count)] + text.utf8 }

    /// The label of the service's first endpoint.
    private static func firstLabel(_ view: ServiceView) -> ContiguousArray<UInt8> {
        guard let endpoints = view.endpoints, let item = endpoints.items.first else { return [] }
        return ContiguousArray(endpoints.label(item))
    }

    private static func reverseName(_ address: IPAddress) -> Name? {
        let octets = (12..<16).reversed().map { "\(address.byte(at: $0))" }
        return try? Name(parsing: octets.joined(separator: ".") + ".in-addr.arpa.")
    }

    private static func ask(
        _ asked: Name, _ type: RecordType, _ responder: ClusterResponder, _ snapshot: ClusterSnapshot
    ) -> String? {
        let (name, writer) = (asked.lowercased, MessageWriter())
        writer.begin(id: 1, flags: .init(rawValue: MessageHeader.Flags.response))
        writer.append(Question(asked, type))
        writer.setLimit(responder.room)
        guard let zone = responder.policy.zone(of: name.wire.span) else { return nil }
        let question = ClusterQuestion(
            name: name.wire.span, asked: asked.wire.span, zoneStart: zone.start, isInReverseZone: zone.isReverse,
            isInMulticlusterZone: zone.isMulticluster, type: type)
        switch responder.answer(question, from: snapshot, into: writer) {
        case .records: break
        case .alias(let chain): responder.write(chain, into: writer)
        case .noData, .nameError:
            responder.writeAuthority(question, snapshot.serial, into: writer, section: .authority)
        }
        writer.finish()
        guard writer.count <= responder.room else { return "\(writer.count) octets for \(responder.room)" }
        let message = try? Message(decoding: writer.bytes)
        guard let message, message.trailingLength == 0 else { return "no whole message: \(writer.bytes.copy())" }
        return message.questions == [Question(asked, type)] ? nil : "another question"
    }
}
