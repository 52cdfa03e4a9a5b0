import Corefile
import DNSWire

/// What a `k8s_external` block says.
struct K8sExternalConfiguration: Sendable {
    /// The zones, as in the Corefile; PTR records lead into the first.
    var zones: [String] = []
    /// The name below a zone that its name server stands under.
    var apex = Name(uncheckedWire: Array("\u{3}dns\u{0}".utf8))
    /// Units: seconds.
    var ttl = 5
    /// Whether headless services and endpoints have names, too.
    var servesHeadless = false
    /// The zones whose unknown names go on to the next plugin; nil for none.
    var fallthroughZones: [String]?

    static let directive = DirectiveDeclaration<K8sExternalConfiguration>(
        name: "k8s_external", summary: "answers for the external addresses of a cluster's services",
        arguments: .init(
            usage: "[ZONES...]", summary: "the zones to answer for", defaultText: "the zones of the server block"
        ) { configuration, reader throws(ConfigurationError) in
            configuration.zones = try reader.zones()
        },
        options: [
            .init("apex", usage: "APEX", "the name that the zone's name server stands under", defaultText: "dns") {
                configuration, reader throws(ConfigurationError) in
                configuration.apex = try readApex(&reader)
            },
            .integer(
                "ttl", usage: "SECONDS", "the TTL of the records", \.ttl, in: 0...3600, defaultText: "5"
            ) { problem in
                problem.kind == .outOfRange ? "ttl must be in range [0, 3600]: \(problem.text)" : nil
            },
            .flag("headless", "answer for headless services and for endpoints, too", \.servesHeadless),
            .init("fallthrough", usage: "[ZONES...]", "pass unknown names on", defaultText: "off") {
                configuration, reader throws(ConfigurationError) in
                configuration.fallthroughZones = try reader.zones(default: ["."])
            },
        ])

    private static func readApex(_ reader: inout ArgumentReader) throws(ConfigurationError) -> Name {
        let token = try reader.next("APEX")
        try reader.finish()
        guard let name = try? Name(parsing: token.text), !name.isRoot else {
            throw reader.fail(
                .invalidValue, "'\(QuotedText.excerpt(token.text))' is no domain name",
                hint: "APEX is a label, such as dns", at: token)
        }
        return name
    }
}
