import DNSWire

/// The metadata of a query: what its name means in the cluster, and which pod asks.
///
/// The names are CoreDNS's, without the `kubernetes/` in front.
enum ClusterMetadata {
    /// A pod, as the one that asks.
    struct Client: Sendable, Hashable {
        var namespace: String
        var name: String
        var labels: [String: String] = [:]
    }

    private static let parseError = "invalid query name"

    /// The names of the values that a question has.
    static func names(of question: ClusterQuestion, _ policy: AnswerPolicy) -> [String] {
        guard isSound(question, policy) else { return ["parse-error"] }
        var names = ["endpoint", "kind", "namespace", "port-name", "protocol", "service"]
        if question.isInMulticlusterZone { names.append("cluster") }
        if policy.isZonal { names.append("zone") }
        return names
    }

    /// The value of `name`, a name of ``names(of:_:)``; empty where the question's name does not say, and nil for other names.
    static func value(_ name: String, of question: ClusterQuestion, _ policy: AnswerPolicy) -> String? {
        guard isSound(question, policy) else { return name == "parse-error" ? parseError : nil }
        switch name {
        case "kind": return question.labelCount > 1 ? question.text(0) : ""
        case "namespace": return question.labelCount > 1 ? question.text(1) : ""
        case "service": return question.labelCount > 2 ? question.text(2) : ""
        case "endpoint":
            return question.namesEndpoint ? question.text(question.labelCount - 1) : ""
        case "protocol": return question.namesPort ? question.portText(3) : ""
        case "port-name": return question.namesPort ? question.portText(4) : ""
        case "cluster" where question.isInMulticlusterZone:
            return question.namesEndpoint && question.labelCount == 5 ? question.text(3) : ""
        case "zone" where policy.isZonal:
            return question.topology.map { question.text($0.zone) } ?? ""
        default: return nil
        }
    }

    /// The names of the values that an asking pod has.
    static func names(of client: Client) -> [String] {
        ["client-namespace", "client-pod-name"] + client.labels.keys.sorted().map { "client-label/\($0)" }
    }

    /// The value of `name`, a name of ``names(of:)``; nil for other names.
    static func value(_ name: String, of client: Client) -> String? {
        switch name {
        case "client-namespace": client.namespace
        case "client-pod-name": client.name
        default: name.hasPrefix("client-label/") ? client.labels[String(name.dropFirst(13))] : nil
        }
    }

    /// Whether the name is of a form that names of the cluster have, whatever there is.
    private static func isSound(_ question: ClusterQuestion, _ policy: AnswerPolicy) -> Bool {
        guard !question.isApex else { return true }
        let isService = question.hasLabel("svc", fromZone: 0)
        guard isService || question.hasLabel("pod", fromZone: 0) else { return false }
        return question.labelCount <= 5 || (isService && policy.isZonal && question.topology != nil)
    }
}

extension ClusterQuestion {
    /// Whether the labels in front of the service are those of a port.
    fileprivate var namesPort: Bool { labelCount == 5 && !namesEndpoint }

    /// The label that is the `number`th from the zone, as text.
    fileprivate func text(_ number: Int) -> String { text(label(fromZone: number)..<end(fromZone: number)) }

    /// The labels in `range`, as text without a final dot.
    fileprivate func text(_ range: Range<Int>) -> String {
        String(Name(uncheckedWire: name.copy(range) + [0]).text.dropLast())
    }

    /// The same for a label that can begin with an underscore, which is left out.
    fileprivate func portText(_ number: Int) -> String {
        let text = text(number)
        return text.hasPrefix("_") ? String(text.dropFirst()) : text
    }
}
